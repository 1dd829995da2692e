// How a program that serves is run by the command line: with its log, until it is asked to stop, and with an exit code
// that says why it did not start.

import { LedgerFault } from '#core/evidence/ledger.ts';
import { createClock } from '#platform/process/clock.ts';
import { createLogger, type Logger, type LogLevel } from '#platform/process/log.ts';
import type { CommandIo } from './command.ts';
import { EXIT_CONFIG, EXIT_EVIDENCE, isStartFault } from './start-faults.ts';

export interface Serving {
  readonly logLevel: LogLevel;
  readonly serve: (log: Logger) => Promise<void>;
  /** What to do when evidence cannot be written. */
  readonly advice: string;
}

/** Resolves to the exit code; rejects with what is a fault of ours. */
export async function runServing(io: CommandIo, serving: Serving): Promise<number> {
  const clock = createClock();
  const log = createLogger({
    level: serving.logLevel,
    write: io.stderr,
    now: () => clock.timestamp(),
  });
  try {
    await serving.serve(log);
    return 0;
  } catch (error) {
    if (error instanceof LedgerFault) {
      io.stderr(`gatehouse: evidence cannot be written${codeOf(error)}; ${serving.advice}\n`);
      return EXIT_EVIDENCE;
    }
    if (!isStartFault(error)) throw error;
    io.stderr(`gatehouse: ${error.message}\n`);
    return EXIT_CONFIG;
  } finally {
    log.flush();
  }
}

function codeOf({ cause }: LedgerFault): string {
  return cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
}
