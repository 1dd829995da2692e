// Where people sign in to decide. Calls that wait send them there, so nobody in between may pose as it.

import { isLoopback } from './loopback.ts';

/** What it must be; undefined when it is that. */
export function consoleUrlProblem({
  protocol,
  hostname,
  pathname,
  search,
}: URL): string | undefined {
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback(hostname))) {
    return 'must be https, or http on loopback: people sign in there';
  }
  return pathname === '/' && search === '' ? undefined : 'must have no path';
}
