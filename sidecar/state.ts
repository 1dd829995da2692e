// The `requestState` a client carries between rounds of one request (MRTR): the server's own state,
// sealed to the principal, method and target it was given for, for a bounded time.

import type { Principal } from '#core/identity/principal.ts';
import type { RequestMessage } from '#core/mcp/messages.ts';
import type { Refusal } from '#core/refusal.ts';
import type { Sealer } from './seal.ts';

/** How long a person may take to answer one round. */
const STATE_TTL_SECONDS = 60 * 60;

/** Short names keep what the client carries short. */
interface Envelope {
  readonly u: string;
  readonly i: string;
  readonly s: string;
  readonly m: string;
  readonly t: string;
  readonly e: number;
}

export class RequestStates {
  readonly #sealer: Sealer;

  constructor(sealer: Sealer) {
    this.#sealer = sealer;
  }

  seal(state: string, asked: RequestMessage, by: Principal, nowSeconds: number): string {
    const envelope: Envelope = {
      u: state,
      i: by.issuer,
      s: by.subject,
      m: asked.method,
      t: asked.target?.name ?? '',
      e: Math.floor(nowSeconds) + STATE_TTL_SECONDS,
    };
    return this.#sealer.seal('state', envelope);
  }

  /** The server's own state, or why this one is not taken: one reason for every kind of forgery. */
  open(asked: RequestMessage, by: Principal, nowSeconds: number): string | Refusal | undefined {
    const sealed = asked.params.requestState;
    if (sealed === undefined) return undefined;
    const envelope =
      typeof sealed === 'string' ? (this.#sealer.open('state', sealed) as Envelope) : undefined;
    const isOurs =
      envelope !== undefined &&
      envelope.i === by.issuer &&
      envelope.s === by.subject &&
      envelope.m === asked.method &&
      envelope.t === (asked.target?.name ?? '') &&
      envelope.e >= nowSeconds;
    return isOurs
      ? envelope.u
      : {
          code: 'state_invalid',
          reason: 'params.requestState: not one that was given for this request, or it has expired',
        };
  }
}
