// The `requestState` a client carries between rounds of one request (MRTR): the server's own state, or
// a round of waiting for an approval. Sealed to the principal, the method and the target it was given
// for, for a bounded time.

import type { Principal } from '#core/identity/principal.ts';
import type { RequestMessage } from '#core/mcp/messages.ts';
import type { Refusal } from '#core/refusal.ts';
import { MAX_SEALED_CHARS, type Sealer } from '#platform/process/seal.ts';

/** How long a person may take to answer one round. */
const STATE_TTL_SECONDS = 60 * 60;

/** One round of waiting; its nonce is spent when the client comes back with it. */
export interface Round {
  readonly approvalId: string;
  readonly nonce: string;
  /** 1, 2, 3 … */
  readonly count: number;
}

/** The approval under which the server asked for more input; its nonce lets one answer go on. */
export interface Approved {
  readonly approvalId: string;
  readonly nonce: string;
}

/** What the server gave, to be put back before the request goes on; without `state` it gave none. */
export interface ServerState {
  readonly kind: 'server';
  readonly state?: string;
  readonly approved?: Approved;
}

/** Clients send their answers once: while they wait, the answers travel with the server's state. */
export interface RoundState {
  readonly kind: 'round';
  readonly round: Round;
  readonly state?: string;
  /** The bytes of `inputResponses`, as text. */
  readonly responses?: string;
}

export type CarriedState =
  | { readonly kind: 'none' }
  | ((ServerState | RoundState) & { readonly expiresAtSeconds: number })
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/**
 * Short names keep what the client carries short. `w` makes it a round; `u` is the server's state, `r`
 * the answers to the server, `g` the grant that goes on.
 */
interface Envelope {
  readonly u?: string;
  readonly r?: string;
  readonly w?: readonly [approvalId: string, nonce: string, count: number];
  readonly g?: readonly [approvalId: string, nonce: string];
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

  /** Undefined when it is longer than what is taken back. */
  seal(
    carried: ServerState | RoundState,
    asked: RequestMessage,
    by: Principal,
    nowSeconds: number,
  ): string | undefined {
    const said = carried.kind === 'round' ? roundWords(carried) : serverWords(carried);
    const sealed = this.#sealer.seal('state', { ...said, ...givenFor(asked, by, nowSeconds) });
    return sealed.length > MAX_SEALED_CHARS ? undefined : sealed;
  }

  /** What the request carries; one reason for every kind of forgery. */
  open(asked: RequestMessage, by: Principal, nowSeconds: number): CarriedState {
    const sealed = asked.params.requestState;
    if (sealed === undefined) return { kind: 'none' };
    const envelope =
      typeof sealed === 'string' ? (this.#sealer.open('state', sealed) as Envelope) : undefined;
    if (envelope === undefined || !isFor(envelope, asked, by, nowSeconds)) return FORGED;
    const state = envelope.u === undefined ? {} : { state: envelope.u };
    const expiresAtSeconds = envelope.e;
    if (envelope.w === undefined) {
      return { kind: 'server', ...state, ...approvedIn(envelope), expiresAtSeconds };
    }
    const [approvalId, nonce, count] = envelope.w;
    const responses = envelope.r === undefined ? {} : { responses: envelope.r };
    const round = { approvalId, nonce, count };
    return { kind: 'round', round, ...state, ...responses, expiresAtSeconds };
  }
}

const FORGED: CarriedState = {
  kind: 'refused',
  refusal: {
    code: 'state_invalid',
    reason: 'params.requestState: not one that was given for this request, or it has expired',
  },
};

function serverWords({ state, approved }: ServerState): Partial<Envelope> {
  return {
    ...(state === undefined ? {} : { u: state }),
    ...(approved === undefined ? {} : { g: [approved.approvalId, approved.nonce] }),
  };
}

function roundWords({ round, state, responses }: RoundState): Partial<Envelope> {
  return {
    w: [round.approvalId, round.nonce, round.count],
    ...(state === undefined ? {} : { u: state }),
    ...(responses === undefined ? {} : { r: responses }),
  };
}

function approvedIn({ g }: Envelope): Pick<ServerState, 'approved'> {
  if (g === undefined) return {};
  const [approvalId, nonce] = g;
  return { approved: { approvalId, nonce } };
}

function givenFor(asked: RequestMessage, by: Principal, nowSeconds: number) {
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
