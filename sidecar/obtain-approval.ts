// The waiting ladder of one call (design section 9): a grant that is there, else a request that people
// see, and a wait as long as its client can bear. Whatever ends the wait, the request stays.

import type { Approval, PendingApproval } from '#core/approvals/approval.ts';
import { approvalRecord } from '#core/approvals/recorded.ts';
import type { ApprovalRequest } from '#core/approvals/request.ts';
import { type ApprovalStore, ApprovalStoreFault } from '#core/approvals/store.ts';
import { LedgerFault } from '#core/evidence/ledger.ts';
import type { Slots } from '#core/limiter.ts';
import type { RequestMessage } from '#core/mcp/messages.ts';
import type { RequireApproval } from '#core/policy/decision.ts';
import type { Refusal } from '#core/refusal.ts';
import { acceptTask } from './accept-task.ts';
import type { Admission } from './admit-body.ts';
import type { Head } from './admit-head.ts';
import { goOnApproved } from './approval-input.ts';
import {
  pendingRefusal,
  refusalBy,
  SPENT_ELSEWHERE,
  UNAVAILABLE,
  UNRECORDED,
  UNWANTED,
} from './approval-refusals.ts';
import { type AskedCall, askFor } from './approval-request.ts';
import { nextRound, spendRound } from './approval-rounds.ts';
import type { ClientReply } from './client-reply.ts';
import type { Exchange } from './exchange.ts';
import type { Gate } from './gate.ts';
import type { HoldLimits } from './hold.ts';
import { CHANGED, judgeAgain } from './judge-again.ts';
import { nextStanding } from './next-standing.ts';
import { Patience } from './patience.ts';
import type { Obtained } from './settle.ts';
import { isUnwanted, spendGrant } from './spend-grant.ts';

/** What the ladder needs besides the gate: where requests stand, and how people find them. */
export interface Approvals {
  readonly store: ApprovalStore;
  readonly hold: HoldLimits;
  /** Calls that wait now. */
  readonly held: Slots;
  readonly urlOf: (approvalId: string) => string;
}

export interface AskingCall {
  readonly exchange: Exchange;
  readonly admission: Admission;
  readonly head: Head;
  readonly client: ClientReply;
  /** The one approval that it goes on under, when it may ask for no other. */
  readonly standing?: string;
  /** Hears of the request that it would wait for, instead of waiting. */
  readonly onPending?: (approval: PendingApproval, definition: string) => void;
}

export interface WaitingCall extends AskingCall {
  readonly request: RequestMessage;
}

/** What is judged of a call, whoever waits for its answer. */
export type KeptCall = Pick<WaitingCall, 'exchange' | 'admission' | 'head' | 'request'>;

/** A grant that somebody else spends first sends this call back to ask anew, a few times. */
const MAX_ATTEMPTS = 5;

export async function obtainApproval(
  decision: RequireApproval,
  asking: AskingCall,
  gate: Gate,
): Promise<Obtained> {
  const { request } = asking.exchange.facts;
  if (request === undefined) return { kind: 'refused', refusal: ONE_WAY };
  try {
    return await obtain(decision, { ...asking, request }, gate);
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    gate.log.error('a call that needs an approval is refused', { code: refusal.code });
    return { kind: 'refused', refusal };
  }
}

const ONE_WAY: Refusal = {
  code: 'approval_refused',
  reason: 'a message that awaits no answer cannot wait for an approval',
};

/** Nothing was forwarded: what cannot be decided or recorded does not happen. */
function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof ApprovalStoreFault) return UNAVAILABLE;
  return error instanceof LedgerFault ? UNRECORDED : undefined;
}

async function obtain(decision: RequireApproval, call: WaitingCall, gate: Gate): Promise<Obtained> {
  const asked = await askFor(decision, call, gate);
  if (!asked.ok) return asked;
  const early = (await goOnApproved(asked, call, gate)) ?? (await spendRound(asked, call, gate));
  if (early !== undefined) return early;
  const patience = new Patience(call, gate);
  try {
    return await climb({ asked, call, patience }, gate);
  } finally {
    patience.release();
  }
}

interface Climbing {
  readonly asked: AskedCall;
  readonly call: WaitingCall;
  readonly patience: Patience;
}

async function climb(climbing: Climbing, gate: Gate): Promise<Obtained> {
  const { asked, call } = climbing;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const found = await standingFor(asked, call, gate);
    if ('code' in found) return { kind: 'refused', refusal: found };
    call.exchange.approval = { id: found.request.id, coversInput: !asked.reapproveOnInput };
    const isPending = found.state === 'PENDING';
    const told = isPending ? sendHome(found, asked, call, gate) : undefined;
    if (told !== undefined) return { kind: 'refused', refusal: told };
    const approval = isPending ? await decisionOn(found, climbing, gate) : found;
    const obtained = await takeUp(
      approval,
      { ...climbing, hasWaited: attempt > 0 || isPending },
      gate,
    );
    if (obtained !== 'again') return obtained;
  }
  return { kind: 'refused', refusal: UNAVAILABLE };
}

/** The call waits elsewhere: as a task, or with the task that it goes on for. */
function sendHome(
  pending: PendingApproval,
  asked: AskedCall,
  call: WaitingCall,
  gate: Gate,
): Refusal | undefined {
  if (call.onPending === undefined) return acceptTask(pending, asked, call, gate);
  call.onPending(pending, asked.definition);
  return pendingRefusal(pending, gate.approvals.urlOf, asked.message);
}

/** What the call is to wait for, or to go on with: the one approval that it may use, or whatever stands. */
async function standingFor(
  { request }: AskedCall,
  { exchange, standing }: WaitingCall,
  gate: Gate,
): Promise<Approval | Refusal> {
  if (standing === undefined) return attach({ ...request, id: gate.newId() }, exchange, gate);
  const approval = await gate.approvals.store.get(standing);
  if (approval === undefined) return SPENT_ELSEWHERE;
  return approval.request.binding === request.binding ? approval : CHANGED;
}

/** What stands for this call already, or a new request, recorded before anybody waits for it. */
async function attach(
  request: ApprovalRequest,
  exchange: Exchange,
  gate: Gate,
): Promise<Approval | Refusal> {
  const { store, urlOf } = gate.approvals;
  const attached = await store.attachOrCreate(request);
  if (attached.kind === 'refused') return { code: 'approval_refused', reason: attached.reason };
  if (attached.kind === 'attached') return attached.approval;
  const { id, target, rule, requester } = request;
  const ts = gate.clock.timestamp();
  const record = approvalRecord('approval.requested', attached.approval, ts, exchange.facts.id);
  try {
    await gate.ledger.append(record);
  } catch (error) {
    // Nobody shall decide on what is not on record; the next identical call asks anew.
    await store.cancel(id, requester);
    throw error;
  }
  gate.log.info('approval requested', { id, rule, target: target.kind, url: urlOf(id) });
  return attached.approval;
}

/** The request once it is decided or past its deadline; still pending when patience has ended. */
async function decisionOn(
  pending: PendingApproval,
  { asked: { definition }, call, patience }: Climbing,
  gate: Gate,
): Promise<Approval | undefined> {
  const { request } = pending;
  patience.tell(`Waiting for approval ${request.id}: ${gate.approvals.urlOf(request.id)}`);
  const look = () => void patience.endIf(judgeAgain(request, { call, definition }, gate));
  const unlisten = gate.activation.onSwap(look);
  try {
    // The policy may have changed since the call came.
    if (gate.activation.current !== call.exchange.facts.snapshot) look();
    let approval: Approval | undefined = pending;
    while (approval?.state === 'PENDING' && !patience.ended.aborted) {
      approval = await nextStanding(approval, patience.ended, gate);
    }
    return approval;
  } finally {
    unlisten();
  }
}

/** `again`: somebody else's call has spent it, or it is forgotten, so this one asks anew. */
async function takeUp(
  approval: Approval | undefined,
  { asked, call, patience, hasWaited }: Climbing & { readonly hasWaited: boolean },
  gate: Gate,
): Promise<Obtained | 'again'> {
  if (isUnwanted(call)) return { kind: 'refused', refusal: UNWANTED };
  if (patience.withdrawn !== undefined) return { kind: 'refused', refusal: patience.withdrawn };
  const { urlOf } = gate.approvals;
  switch (approval?.state) {
    case 'GRANTED':
      return spendGrant(approval, { call, definition: asked.definition, hasWaited }, gate);
    case 'PENDING': {
      // Whoever was not held would be back at once, again and again: it hears a result instead.
      const mayGoHome = patience.isHeld && call.standing === undefined;
      const round = mayGoHome ? nextRound(approval, call, gate) : undefined;
      return { kind: 'refused', refusal: round ?? pendingRefusal(approval, urlOf, asked.message) };
    }
    case 'DENIED':
    case 'EXPIRED':
    case 'CANCELLED':
    case 'REVOKED':
      return { kind: 'refused', refusal: refusalBy(approval, urlOf) };
    case 'CONSUMED':
    case 'DONE':
    case undefined:
      return call.standing === undefined ? 'again' : { kind: 'refused', refusal: SPENT_ELSEWHERE };
  }
}
