// Rounds of waiting (MRTR, 2026-07-28): the client is sent home with a sealed state and comes back by
// itself. Each round is taken once, by the client it was given to, for the call it was given for.

import type { Approval, PendingApproval } from '#core/approvals/approval.ts';
import { eraOf } from '#core/mcp/revisions.ts';
import { locate } from '#core/mcp/spans.ts';
import type { Refusal } from '#core/refusal.ts';
import { isEnded, refusalBy, roundRefusal } from './approval-refusals.ts';
import type { AskedCall } from './approval-request.ts';
import type { Gate } from './gate.ts';
import type { WaitingCall } from './obtain-approval.ts';
import type { Obtained } from './settle.ts';
import type { RoundState } from './state.ts';

/** SDK clients of the modern era give up after ten rounds (protocol reference 3.1). */
export const MAX_ROUNDS = 8;
/** What a round may carry for the server, in bytes: far below what the sealer opens. */
const MAX_CARRIED_BYTES = 8 * 1024;

/** MRTR exists for these alone. */
const ROUND_METHODS: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'resources/read']);

/** Spends the round a client comes back with; a refusal when it may not, or has waited in vain. */
export async function spendRound(
  { request }: AskedCall,
  { admission }: WaitingCall,
  { approvals: { store, urlOf } }: Gate,
): Promise<Extract<Obtained, { kind: 'refused' }> | undefined> {
  const { carried } = admission;
  if (carried.kind !== 'round') return undefined;
  const { approvalId, nonce } = carried.round;
  const spent = await store.spendNonce(nonce, carried.expiresAtSeconds * 1000);
  if (spent !== 'spent') return refused(TAKEN);
  const approval = await store.get(approvalId);
  const refusal = approval === undefined ? undefined : refusalOf(approval, request.binding, urlOf);
  return refusal === undefined ? undefined : refused(refusal);
}

const TAKEN: Refusal = {
  code: 'state_invalid',
  reason: 'params.requestState: this round has been taken already',
};

const CHANGED: Refusal = {
  code: 'approval_refused',
  reason:
    'the call, the tool or the policy has changed since this approval was asked for; call again without requestState to ask anew',
};

/** Another request in its place would be one that nobody wished for. */
function refusalOf(
  approval: Approval,
  binding: string,
  urlOf: (id: string) => string,
): Refusal | undefined {
  if (approval.request.binding !== binding) return CHANGED;
  return isEnded(approval) ? refusalBy(approval, urlOf) : undefined;
}

/** The round that comes next; undefined where the client knows none, or none are left. */
export function nextRound(
  approval: PendingApproval,
  { admission, exchange, request }: WaitingCall,
  gate: Gate,
): Refusal | undefined {
  const { carried } = admission;
  const { principal, revision } = exchange.facts;
  const count = carried.kind === 'round' ? carried.round.count + 1 : 1;
  if (eraOf(revision) !== 'modern' || !ROUND_METHODS.has(request.method)) return undefined;
  const forServer = carriedForServer(admission);
  if (count > MAX_ROUNDS || forServer === undefined) return undefined;
  const round = { approvalId: approval.request.id, nonce: gate.newId(), count };
  const state = { kind: 'round', round, ...forServer } as const;
  const sealed = gate.states.seal(state, request, principal, gate.clock.epochSeconds());
  return sealed === undefined ? undefined : roundRefusal(approval, gate.approvals.urlOf, sealed);
}

/** A client repeats what it asked, but neither the server's state nor its answers to the server. */
function carriedForServer({
  carried,
  received: { bytes },
}: WaitingCall['admission']): Pick<RoundState, 'state' | 'responses'> | undefined {
  const state = carried.kind === 'none' ? undefined : carried.state;
  const span = locate(bytes, ['params', 'inputResponses']);
  const responses =
    span === undefined
      ? undefined
      : Buffer.from(bytes.subarray(span.start, span.end)).toString('utf8');
  const size = Buffer.byteLength(state ?? '') + Buffer.byteLength(responses ?? '');
  if (size > MAX_CARRIED_BYTES) return undefined;
  return {
    ...(state === undefined ? {} : { state }),
    ...(responses === undefined ? {} : { responses }),
  };
}

function refused(refusal: Refusal): Extract<Obtained, { kind: 'refused' }> {
  return { kind: 'refused', refusal };
}
