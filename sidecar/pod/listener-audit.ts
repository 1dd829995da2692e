// Looks every few seconds whether something in the pod takes connections past the gateway: a socket that is
// neither loopback, nor ours, nor allowed. Each change is a record, and the operator hears of it.

import type { Ledger } from '#core/evidence/ledger.ts';
import { PORT_NUMBERS } from '#crds/names.ts';
import type { Clock } from '#platform/process/clock.ts';
import {
  isLoopbackAddress,
  type ListeningSocket,
  listeningSockets,
  placeOf,
} from '#platform/process/listening-sockets.ts';
import type { Logger } from '#platform/process/log.ts';
import type { Capture } from './settings.ts';

export interface ListenerAuditDeps {
  readonly capture: Capture;
  /** Where the gateway itself takes calls. */
  readonly ownPort: number;
  /** Other ports that policy lets be reached. */
  readonly allowed: () => ReadonlySet<number>;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onChange: (exposed: readonly string[]) => void;
  readonly read?: () => Promise<readonly ListeningSocket[]>;
}

const LOOK_MS = 5_000;
/** A server that opens ports without end fills no record, and the operator takes no more. */
const MAX_NAMED = 16;

export interface ListenerAudit {
  readonly exposed: number;
  close(): void;
}

export function startListenerAudit(deps: ListenerAuditDeps): ListenerAudit {
  let exposed: readonly string[] = [];
  const look = async (): Promise<void> => {
    const found = await exposedNow(deps);
    if (found === undefined || found.join() === exposed.join()) return;
    exposed = found;
    tell(exposed, deps);
  };
  const timer = setInterval(() => void look(), LOOK_MS).unref();
  void look();
  return {
    get exposed() {
      return exposed.length;
    },
    close: () => clearInterval(timer),
  };
}

/** What others reach: with Redirect, nft rejects whatever is not allowed before it gets to a socket. */
export function exposedOf(
  sockets: readonly ListeningSocket[],
  { capture, ownPort, allowed }: Pick<ListenerAuditDeps, 'capture' | 'ownPort' | 'allowed'>,
): readonly string[] {
  if (capture === 'Redirect') return [];
  const own = new Set<number>([ownPort, ...Object.values(PORT_NUMBERS), ...allowed()]);
  const open = sockets.filter(({ address, port }) => !isLoopbackAddress(address) && !own.has(port));
  return [...new Set(open.map(placeOf))].sort().slice(0, MAX_NAMED);
}

async function exposedNow(deps: ListenerAuditDeps): Promise<readonly string[] | undefined> {
  try {
    const sockets = await (deps.read ?? listeningSockets)();
    return exposedOf(sockets, deps);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    deps.log.warn('the listeners of the pod cannot be read', { code });
    return undefined;
  }
}

function tell(
  listeners: readonly string[],
  { ledger, clock, log, onChange }: ListenerAuditDeps,
): void {
  if (listeners.length > 0) log.error('the server can be reached past the gateway', { listeners });
  else log.info('nothing can be reached past the gateway any more');
  const detail = { listeners, count: listeners.length };
  ledger.append({ type: 'listeners.exposed', ts: clock.timestamp(), detail }).catch(() => {});
  onChange(listeners);
}
