// A file that may not grow (RLIMIT_FSIZE) must fail a write like a full disk does. By default the
// system ends the process instead; it does not when somebody listens.

import { constants } from 'node:os';

/** Returns what gives the system its default back. */
export function ignoreFileSizeSignal(): () => void {
  if (!('SIGXFSZ' in constants.signals)) {
    return () => {};
  }
  const ignore = (): void => {};
  process.on('SIGXFSZ', ignore);
  return () => {
    process.off('SIGXFSZ', ignore);
  };
}
