// The waiting ladder of one call (design section 9): a grant that is there, else a request that people
// see, and a wait as long as its client can bear. Whatever ends the wait, the request stays.

import type {
  Approval,
  GrantedApproval,
  PendingApproval,
  SpentApproval,
} from '#core/approvals/approval.ts';
import { approvalRecord } from '#core/approvals/recorded.ts';
import { type ApprovalStore, ApprovalStoreFault } from '#core/approvals/store.ts';
import type { RequestMessage } from '#core/mcp/messages.ts';
import { eraOf } from '#core/mcp/revisions.ts';
import type { RequireApproval } from '#core/policy/decision.ts';
import { evaluate } from '#core/policy/evaluate.ts';
import type { Refusal } from '#core/refusal.ts';
import type { Admission } from './admit-body.ts';
import { pendingRefusal, refusalBy, roundRefusal, UNAVAILABLE } from './approval-refusals.ts';
import { approvalRequest } from './approval-request.ts';
import type { ClientReply } from './client-reply.ts';
import type { Exchange } from './exchange.ts';
import type { Gate } from './gate.ts';
import { type HoldLimits, holdSeconds, keepInformed } from './hold.ts';
import type { Obtained, Permit } from './settle.ts';

/** What the ladder needs besides the gate: where requests stand, and how people find them. */
export interface Approvals {
  readonly store: ApprovalStore;
  readonly hold: HoldLimits;
  readonly urlOf: (approvalId: string) => string;
}

export interface AskingCall {
  readonly exchange: Exchange;
  readonly admission: Admission;
  readonly client: ClientReply;
}

export interface WaitingCall extends AskingCall {
  readonly request: RequestMessage;
}

/** Rounds that modern SDK clients take before they give up is ten (protocol reference 3.1). */
const MAX_ROUNDS = 8;
/** A grant that somebody else spends first sends this call back to ask anew, a few times. */
const MAX_ATTEMPTS = 5;

export async function obtainApproval(
  decision: RequireApproval,
  asking: AskingCall,
  gate: Gate,
): Promise<Obtained> {
  const { request } = asking.exchange.facts;
  if (request === undefined) return { kind: 'refused', refusal: ONE_WAY };
  const call = { ...asking, request };
  try {
    const stale = await spendRound(call, gate.approvals.store);
    return stale ?? (await climb(decision, call, gate));
  } catch (error) {
    if (!(error instanceof ApprovalStoreFault)) throw error;
    gate.log.error('approvals are unavailable', { code: error.code });
    return { kind: 'refused', refusal: UNAVAILABLE };
  }
}

/** The call that spent a use is over: its grant is DONE, unless other uses are left. */
export async function closeApproval(permit: Permit, exchange: Exchange, gate: Gate): Promise<void> {
  if (permit.approvalId === undefined) return;
  try {
    await gate.approvals.store.settle(permit.approvalId, exchange.facts.id);
  } catch (error) {
    // It stays CONSUMED, which is as spent; what came of the call is in the evidence.
    if (!(error instanceof ApprovalStoreFault)) throw error;
    gate.log.warn('an approval was not closed', { id: permit.approvalId, code: error.code });
  }
}

const ONE_WAY: Refusal = {
  code: 'approval_refused',
  reason: 'a message that awaits no answer cannot wait for an approval',
};

/** A round is taken once: whoever sends its state again is not the client that was told to wait. */
async function spendRound(
  { admission }: WaitingCall,
  store: ApprovalStore,
): Promise<Obtained | undefined> {
  const { round } = admission;
  if (round === undefined) return undefined;
  const spent = await store.spendNonce(round.round.nonce, round.expiresAtSeconds * 1000);
  if (spent === 'spent') return undefined;
  const reason = 'params.requestState: this round has been taken already';
  return { kind: 'refused', refusal: { code: 'state_invalid', reason } };
}

async function climb(decision: RequireApproval, call: WaitingCall, gate: Gate): Promise<Obtained> {
  const { snapshot } = call.exchange.facts;
  const asked = approvalRequest(decision, call, snapshot, gate);
  if (!asked.ok) return { kind: 'refused', refusal: asked.refusal };
  const endsAtMs = performance.now() + holdSeconds(call.exchange, gate.approvals.hold) * 1000;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const attached = await gate.approvals.store.attachOrCreate(asked.request);
    if (attached.kind === 'refused') {
      return { kind: 'refused', refusal: { code: 'approval_refused', reason: attached.reason } };
    }
    if (attached.kind === 'created') await announce(attached.approval, gate);
    const obtained = await follow(attached.approval, { decision, call, endsAtMs }, gate);
    if (obtained !== 'spent by another') return obtained;
  }
  return { kind: 'refused', refusal: UNAVAILABLE };
}

async function announce(approval: PendingApproval, gate: Gate): Promise<void> {
  const { id, target, rule } = approval.request;
  await gate.ledger.append(approvalRecord('approval.requested', approval, gate.clock.timestamp()));
  gate.log.info('approval requested', {
    id,
    rule,
    target: target.kind,
    url: gate.approvals.urlOf(id),
  });
}

interface Waiting {
  readonly decision: RequireApproval;
  readonly call: WaitingCall;
  /** On the monotonic clock. */
  readonly endsAtMs: number;
}

/** Follows one approval to its end, or to the end of what the client can bear. */
async function follow(
  first: Approval,
  waiting: Waiting,
  gate: Gate,
): Promise<Obtained | 'spent by another'> {
  const { call, endsAtMs } = waiting;
  let approval: Approval | undefined = first;
  const seconds = Math.max(0, (endsAtMs - performance.now()) / 1000);
  const message = `Waiting for approval ${first.request.id}: ${gate.approvals.urlOf(first.request.id)}`;
  const done =
    first.state === 'PENDING'
      ? keepInformed(call.exchange, call.client, { message, seconds })
      : () => {};
  try {
    while (approval?.state === 'PENDING') {
      const next: Awaited<ReturnType<typeof waitOn>> = await waitOn(approval, waiting, gate);
      if ('kind' in next) return next;
      approval = next.approval;
    }
  } finally {
    done();
  }
  if (approval?.state === 'GRANTED') return spend(approval, waiting, gate);
  // Somebody else's call spent it, or it is gone: this one asks anew.
  if (approval === undefined || isSpent(approval)) return 'spent by another';
  return { kind: 'refused', refusal: refusalBy(approval, gate.approvals.urlOf) };
}

function isSpent(approval: Approval): approval is SpentApproval {
  return approval.state === 'CONSUMED' || approval.state === 'DONE';
}

async function waitOn(
  approval: PendingApproval,
  { call, endsAtMs }: Waiting,
  gate: Gate,
): Promise<Obtained | { readonly approval: Approval | undefined }> {
  const left = AbortSignal.timeout(Math.max(0, Math.ceil(endsAtMs - performance.now())));
  const { exchange, client } = call;
  const ends = [left, client.gone, exchange.stop.signal, gate.drain.signal];
  const seen = { id: approval.request.id, version: approval.version };
  const signal = AbortSignal.any(ends);
  try {
    return { approval: await gate.approvals.store.waitFor(seen, signal) };
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  // The client's leaving ends the wait, never the request: its grant waits for the identical retry.
  if (client.gone.aborted) exchange.cut('disconnected', 'the client left while it waited');
  return { kind: 'refused', refusal: notYet(approval, call, gate) };
}

/** The next rung: another round where the client knows rounds, else a result that says "not yet". */
function notYet(approval: PendingApproval, call: WaitingCall, gate: Gate): Refusal {
  const { request, admission, exchange } = call;
  const { principal, revision } = exchange.facts;
  const count = (admission.round?.round.count ?? 0) + 1;
  // Rounds carry our state alone: a request that brings the server's, or answers, cannot go round.
  const goesRound =
    eraOf(revision) === 'modern' &&
    ROUND_METHODS.has(request.method) &&
    request.params.inputResponses === undefined &&
    (request.params.requestState === undefined || admission.round !== undefined) &&
    count <= MAX_ROUNDS;
  if (!goesRound) return pendingRefusal(approval, gate.approvals.urlOf);
  const round = { approvalId: approval.request.id, nonce: gate.newId(), count };
  const sealed = gate.states.sealRound(round, request, principal, gate.clock.epochSeconds());
  return roundRefusal(approval, gate.approvals.urlOf, sealed);
}

/** MRTR exists for these alone (2026-07-28, basic/patterns/mrtr). */
const ROUND_METHODS: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'resources/read']);

/** Spends one use, after judging the call once more under the policy of this moment. */
async function spend(
  approval: GrantedApproval,
  { call }: Waiting,
  gate: Gate,
): Promise<Obtained | 'spent by another'> {
  const { exchange, request } = call;
  const refusal = refuseNow(approval, call, gate);
  if (refusal !== undefined) return { kind: 'refused', refusal };
  const { id, binding } = approval.request;
  const { nonce } = approval.grant;
  const spending = { binding, nonce, exchange: exchange.facts.id };
  const moved = await gate.approvals.store.consume(id, spending);
  if (!moved.ok) {
    if (moved.code === 'not_granted' || moved.code === 'expired') return 'spent by another';
    gate.log.error('a grant was not taken', { id, code: moved.code, method: request.method });
    const reason = `the grant cannot be spent: ${moved.code}`;
    return { kind: 'refused', refusal: { code: 'approval_refused', reason } };
  }
  const ts = gate.clock.timestamp();
  await gate.ledger.append(
    approvalRecord('approval.consumed', moved.approval, ts, exchange.facts.id),
  );
  return { kind: 'granted', approvalId: id };
}

function refuseNow(approval: GrantedApproval, call: WaitingCall, gate: Gate): Refusal | undefined {
  const { principal } = call.exchange.facts;
  if (principal.expiresAtSeconds <= gate.clock.epochSeconds()) {
    return { code: 'token_invalid', reason: 'exp: the token expired while the call waited' };
  }
  const snapshot = gate.activation.current;
  const again = evaluate(snapshot.policy, principal, call.request, 'toServer');
  if (again.effect === 'Deny') {
    const reason = 'denied by policy: it changed while the call waited';
    return { code: 'approval_refused', reason, ...(again.rule ? { rule: again.rule } : {}) };
  }
  if (again.effect === 'Allow') return undefined;
  const asked = approvalRequest(again, call, snapshot, gate);
  if (asked.ok && asked.request.binding === approval.request.binding) return undefined;
  const reason = 'what the policy or the tool asks for changed while the call waited; ask again';
  return { code: 'approval_refused', reason, rule: again.rule };
}
