// What a client carries sealed, taken out of its request before anything is judged: the server gets its
// own state and the answers that are for it, and never a word of ours.

import type { Principal } from '#core/identity/principal.ts';
import { readJson } from '#core/mcp/json.ts';
import { parseMessage } from '#core/mcp/message.ts';
import type { JsonValue, Message } from '#core/mcp/messages.ts';
import { locate } from '#core/mcp/spans.ts';
import { removeMember, setMember, splice } from '#core/mcp/splice.ts';
import type { Refusal } from '#core/refusal.ts';
import type { CarriedState, RequestStates, RoundState, ServerState } from './state.ts';

/** Since a request with a state that is not ours is refused, there is no such case here. */
export type Carried = Exclude<CarriedState, { readonly kind: 'refused' }>;

export interface Received {
  readonly message: Message;
  readonly bytes: Uint8Array;
  readonly value: JsonValue;
}

export interface Taken {
  readonly message: Message;
  /** For the server. */
  readonly bytes: Uint8Array;
  /** For masking and recording: whole, with what the client carried still sealed. */
  readonly received: { readonly bytes: Uint8Array; readonly value: JsonValue };
  readonly carried: Carried;
}

export function takeState(
  { message, bytes, value }: Received,
  principal: Principal,
  { states, nowSeconds }: { readonly states: RequestStates; readonly nowSeconds: number },
): Taken | Refusal {
  const asItCame = { message, bytes, received: { bytes, value }, carried: NONE };
  if (message.kind !== 'request') return asItCame;
  const carried = states.open(message, principal, nowSeconds);
  switch (carried.kind) {
    case 'none':
      return asItCame;
    case 'refused':
      return carried.refusal;
    case 'server':
      return { ...asItCame, bytes: withState(bytes, carried), carried };
    case 'round': {
      const whole = withResponses({ message, bytes, value }, carried);
      if (whole === undefined) return UNREADABLE;
      const { bytes: received, ...said } = whole;
      return {
        message: said.message,
        bytes: withState(received, carried),
        received: { bytes: received, value: said.value },
        carried,
      };
    }
  }
}

const NONE = { kind: 'none' } as const;

const UNREADABLE: Refusal = {
  code: 'state_invalid',
  reason: 'params.requestState: what it carries does not go into this request',
};

/** The server's own state in place of ours; nothing where it gave none. */
function withState(bytes: Uint8Array, { state }: ServerState | RoundState): Uint8Array {
  const params = locate(bytes, ['params']);
  if (params === undefined) return bytes;
  const edit =
    state === undefined
      ? removeMember(bytes, params, 'requestState')
      : setMember(bytes, params, 'requestState', JSON.stringify(state));
  return splice(bytes, edit === undefined ? [] : [edit]);
}

/** A client repeats its state but not its answers: they are put where it had put them. */
function withResponses(came: Received, { responses }: RoundState): Received | undefined {
  const { message, bytes } = came;
  const params = locate(bytes, ['params']);
  if (responses === undefined || params === undefined || message.kind !== 'request') return came;
  // It answers anew: then these are its answers, and whatever they are bound to is judged by them.
  if (message.params.inputResponses !== undefined) return came;
  const whole = splice(bytes, [setMember(bytes, params, 'inputResponses', responses)]);
  // Judged once more as it goes on; the bounds of the policy held for each part of it.
  const json = readJson(whole, {
    maxBytes: whole.byteLength,
    maxDepth: MAX_DEPTH,
    numbers: 'exact',
  });
  const parsed = json.ok ? parseMessage(json.value) : undefined;
  if (!json.ok || parsed?.ok !== true) return undefined;
  return { message: parsed.message, bytes: whole, value: json.value };
}

/** The deepest that `spec.limits.maxDepth` may allow. */
const MAX_DEPTH = 512;
