// The way out of a gateway that others still send to: first only announced, since load balancers learn late
// that it leaves; then no new sessions, answers that close their connection, and streams that end one by one.

import type { IncomingMessage } from 'node:http';
import type { Refusal } from '#core/refusal.ts';

export class Departure {
  readonly #leaving = new AbortController();
  #isAnnounced = false;

  /** Not ready any more; everything is still taken. */
  get isAnnounced(): boolean {
    return this.#isAnnounced;
  }

  /** Aborted when new sessions are refused and streams end. */
  get leaving(): AbortSignal {
    return this.#leaving.signal;
  }

  announce(): void {
    this.#isAnnounced = true;
  }

  leave(): void {
    this.#isAnnounced = true;
    this.#leaving.abort();
  }

  /** Why a message is not taken any more: its session ends here, or would. Undefined when it is taken. */
  refuse(message: Arriving, isInSession: boolean): Refusal | undefined {
    if (!this.leaving.aborted || message.kind !== 'request') return undefined;
    if (isInSession) {
      const reason = 'this replica is leaving, and its sessions end; initialize again';
      return { code: 'session_unknown', reason };
    }
    if (message.method !== 'initialize') return undefined;
    const reason = 'this replica is leaving; open the session again, at another one';
    return { code: 'draining', reason, retryAfterSeconds: 1 };
  }
}

interface Arriving {
  readonly kind: string;
  readonly method?: string;
}

/** Only from this machine, which in a pod means this pod. */
export function isFromHere({ socket }: Pick<IncomingMessage, 'socket'>): boolean {
  const address = socket.remoteAddress ?? '';
  return address === '::1' || /^(?:::ffff:)?127\./.test(address);
}
