// The `requestState` a client carries between rounds of one request (MRTR): the server's own state, or
// a round of waiting for an approval. Sealed to the principal, the method and the target it was given
// for, for a bounded time.

import type { Principal } from '#core/identity/principal.ts';
import type { RequestMessage } from '#core/mcp/messages.ts';
import type { Refusal } from '#core/refusal.ts';
import type { Sealer } from '#platform/process/seal.ts';

/** How long a person may take to answer one round. */
const STATE_TTL_SECONDS = 60 * 60;

/** One round of waiting; its nonce is spent when the client comes back with it. */
export interface Round {
  readonly approvalId: string;
  readonly nonce: string;
  /** 1, 2, 3 … */
  readonly count: number;
}

export type CarriedState =
  | { readonly kind: 'none' }
  /** What the server gave, to be put back before the request goes on. */
  | { readonly kind: 'server'; readonly state: string }
  | { readonly kind: 'round'; readonly round: Round; readonly expiresAtSeconds: number }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** Short names keep what the client carries short; `u` or `w` says whose state it is. */
interface Envelope {
  readonly u?: string;
  readonly w?: readonly [approvalId: string, nonce: string, count: number];
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

  sealServerState(state: string, asked: RequestMessage, by: Principal, nowSeconds: number): string {
    return this.#sealer.seal('state', { ...envelopeOf(asked, by, nowSeconds), u: state });
  }

  sealRound(round: Round, asked: RequestMessage, by: Principal, nowSeconds: number): string {
    const { approvalId, nonce, count } = round;
    const waiting = { ...envelopeOf(asked, by, nowSeconds), w: [approvalId, nonce, count] };
    return this.#sealer.seal('state', waiting);
  }

  /** What the request carries; one reason for every kind of forgery. */
  open(asked: RequestMessage, by: Principal, nowSeconds: number): CarriedState {
    const sealed = asked.params.requestState;
    if (sealed === undefined) return { kind: 'none' };
    const envelope =
      typeof sealed === 'string' ? (this.#sealer.open('state', sealed) as Envelope) : undefined;
    if (envelope === undefined || !isFor(envelope, asked, by, nowSeconds)) return FORGED;
    if (envelope.u !== undefined) return { kind: 'server', state: envelope.u };
    if (envelope.w === undefined) return FORGED;
    const [approvalId, nonce, count] = envelope.w;
    const round = { approvalId, nonce, count };
    return { kind: 'round', round, expiresAtSeconds: envelope.e };
  }
}

const FORGED: CarriedState = {
  kind: 'refused',
  refusal: {
    code: 'state_invalid',
    reason: 'params.requestState: not one that was given for this request, or it has expired',
  },
};

function envelopeOf(asked: RequestMessage, by: Principal, nowSeconds: number): Envelope {
  return {
    i: by.issuer,
    s: by.subject,
    m: asked.method,
    t: asked.target?.name ?? '',
    e: Math.floor(nowSeconds) + STATE_TTL_SECONDS,
  };
}

function isFor(
  envelope: Envelope,
  asked: RequestMessage,
  by: Principal,
  nowSeconds: number,
): boolean {
  return (
    envelope.i === by.issuer &&
    envelope.s === by.subject &&
    envelope.m === asked.method &&
    envelope.t === (asked.target?.name ?? '') &&
    envelope.e >= nowSeconds
  );
}
