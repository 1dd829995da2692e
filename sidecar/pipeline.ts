// A call's journey, top to bottom (docs/architecture.md). Each stage either yields what the next one
// needs or a refusal, and every exit is recorded.

import type { Principal } from '#core/identity/principal.ts';
import type { Message } from '#core/mcp/messages.ts';
import { METHODS } from '#core/mcp/methods.ts';
import type { Decision } from '#core/policy/decision.ts';
import { evaluate } from '#core/policy/evaluate.ts';
import type { Refusal } from '#core/refusal.ts';
import type { Snapshot } from './activation.ts';
import { type Admission, admitBody } from './admit-body.ts';
import { admitHead, type Head } from './admit-head.ts';
import { answerTask } from './answer-task.ts';
import { authenticate } from './authenticate.ts';
import type { ClientReply } from './client-reply.ts';
import type { Exchange } from './exchange.ts';
import { forward } from './forward.ts';
import type { Gate } from './gate.ts';
import { isDurable } from './intend.ts';
import { judgeDefinition } from './judge-definition.ts';
import { judgeTask } from './judge-task.ts';
import { type Masked, mask, originOf } from './mask.ts';
import { obtainApproval } from './obtain-approval.ts';
import { openExchange } from './open-exchange.ts';
import type { GoingOn, Under } from './own-tasks.ts';
import { preflight } from './preflight.ts';
import { recordedDecision } from './recorded.ts';
import { refuse } from './refuse.ts';
import { relayAnswer, sayCutShort, sayNo } from './relay.ts';
import { relayOneWay } from './relay-one-way.ts';
import { type Permit, type Settlement, settle } from './settle.ts';
import { closeApproval } from './spend-grant.ts';
import { isSubscription, leaseStream } from './stream-lease.ts';
import { endSession, openStream } from './streams.ts';
import { turnAway } from './turn-away.ts';
import { endUnsent, watchClient, watchTime } from './watch.ts';

/** Who calls, and hears the answer. */
interface Caller {
  readonly head: Head;
  readonly client: ClientReply;
}

/** One HTTP request as the gateway hands it over. */
export interface Call extends Caller {
  /** Reads the body once; a refusal when it is longer than it may be. */
  readonly body: (maxBytes: number) => Promise<Uint8Array | Refusal>;
}

export async function journey(call: Call, gate: Gate): Promise<void> {
  const { head, client } = call;
  const snapshot = gate.activation.current;
  const entry = admitHead(head, snapshot.doors);
  if (entry.kind === 'refused') return turnAway({ head, refusal: entry.refusal }, client, gate);
  if (entry.kind === 'preflight') return client.send(preflight(head));

  const proof = await authenticate(head, snapshot);
  if (proof.kind === 'refused') return turnAway({ head, refusal: proof.refusal }, client, gate);
  const { principal } = proof;

  if (entry.kind === 'stream') return openStream({ head, principal, snapshot }, client, gate);
  if (entry.kind === 'sessionEnd') return endSession({ head, principal, snapshot }, client, gate);
  return post(call, { principal, snapshot }, gate);
}

interface Judging {
  readonly principal: Principal;
  readonly snapshot: Snapshot;
}

async function post(call: Call, judging: Judging, gate: Gate): Promise<void> {
  const { head, client } = call;
  const { principal } = judging;
  const bytes = await call.body(judging.snapshot.policy.limits.maxBodyBytes);
  if ('code' in bytes) return turnAway({ head, refusal: bytes, principal }, client, gate);
  const envelopes = { ...gate, nowSeconds: gate.clock.epochSeconds() };
  const admission = admitBody(head, bytes, judging, envelopes);
  if (admission.kind === 'refused')
    return turnAway({ head, principal, ...admission }, client, gate);
  const { message } = admission;
  const leaving = gate.departure.refuse(message, admission.session !== undefined);
  if (leaving !== undefined) return turnAway({ head, refusal: leaving, principal }, client, gate);

  const exchange = openExchange(head, admission, judging, gate);
  if ('refusal' in exchange) return turnAway({ head, principal, ...exchange }, client, gate);
  const lease = isSubscription(exchange) ? leaseStream(exchange, head, gate) : undefined;
  try {
    const refusal =
      (lease?.kind === 'refused' ? lease.refusal : undefined) ?? limit(exchange, gate);
    await travel({ exchange, admission, refusal }, call, gate);
  } finally {
    if (lease?.kind === 'held') lease.release();
  }
}

/** A call that was accepted as a task goes on, as its caller's own would: judged, recorded, sent once. */
export async function goOnAccepted(going: GoingOn, gate: Gate): Promise<void> {
  const { admission, head, client, principal, snapshot, refusal, under, task } = going;
  const exchange = openExchange(head, admission, { principal, snapshot, goesOn: task }, gate);
  if ('refusal' in exchange) return client.send(refuse(exchange.refusal, exchange.context));
  const opened = { exchange, admission, refusal, under };
  await travel(opened, { head, client }, gate);
}

async function travel(opened: Opened, call: Caller, gate: Gate): Promise<void> {
  const { exchange, admission } = opened;
  try {
    // Toward the server masking may only block; otherwise it is the recorded copy that is masked.
    const origin = originOf(admission.message);
    const received = { ...admission.received, direction: 'toServer', origin } as const;
    const copy = mask(received, exchange.facts.snapshot);
    const decided = await decide({ ...opened, copy }, call, gate);
    await carryOut({ exchange, admission, copy, ...decided }, call, gate);
  } catch (fault) {
    await exchange.abandon();
    gate.exchanges.settle(exchange);
    throw fault;
  }
}

interface Opened {
  readonly exchange: Exchange;
  readonly admission: Admission;
  /** Why it goes no further, once it is judged. */
  readonly refusal: Refusal | undefined;
  /** Of a call that was accepted as a task. */
  readonly under?: Under;
}

interface Decided {
  readonly decision: Decision;
  readonly settlement: Settlement;
}

/** Evaluate, limit, settle: what policy says of the call, and whether it may go on. */
async function decide(
  opened: Opened & { readonly copy: Masked },
  { head, client }: Caller,
  gate: Gate,
): Promise<Decided> {
  const { exchange, admission, copy, refusal, under } = opened;
  const { message } = admission;
  const { principal, snapshot } = exchange.facts;
  const evaluated = judgeTask(
    judge(message, principal, snapshot),
    admission.task,
    principal,
    snapshot,
  );
  if (refusal !== undefined) return stopped(evaluated, refusal);
  const decision = await judgeDefinition(evaluated, { exchange, admission, head }, gate);
  if ('code' in decision) return stopped(evaluated, decision);
  // What policy refuses is refused in its words; what it lets go, masking may still keep here.
  if (decision.effect !== 'Deny' && copy.kind === 'withheld') {
    return stopped(decision, copy.refusal);
  }
  const asking = { exchange, admission, head, client };
  const settlement = await settle(decision, {
    observe: snapshot.policy.mode === 'Observe',
    methodKnown: message.kind === 'response' || METHODS.has(message.method),
    obtain: (asked) => obtainApproval(asked, { ...asking, ...under }, gate),
  });
  return { decision, settlement };
}

function stopped(decision: Decision, refusal: Refusal): Decided {
  return { decision, settlement: { kind: 'refusal', refusal } };
}

interface Judged {
  readonly exchange: Exchange;
  readonly admission: Admission;
  readonly copy: Masked;
  readonly decision: Decision;
  readonly settlement: Settlement;
}

/** Intend, forward, and relay what comes back; or intend and say no. */
async function carryOut(judged: Judged, call: Caller, gate: Gate): Promise<void> {
  const { exchange, settlement } = judged;
  const { client } = call;
  const { snapshot } = exchange.facts;
  const kept = gate.recorder.keep(judged.copy, snapshot);
  const decided = recordedDecision(judged.decision, snapshot, exchange.approval?.id);
  const intent = exchange.intend(decided, kept);
  if (settlement.kind === 'refusal') {
    // One group commit holds both: a call that goes nowhere is over as soon as it is recorded.
    const said = exchange.cutShort
      ? sayCutShort(exchange, { client, gate })
      : sayNo(exchange, settlement.refusal, { client, gate });
    await Promise.allSettled([intent, said]);
    return;
  }
  const { permit } = settlement;
  try {
    if (await isDurable(intent, exchange, client, gate)) await goOn(judged, permit, call, gate);
  } finally {
    await closeApproval(permit, exchange, gate);
  }
}

async function goOn(
  { exchange, admission }: Judged,
  permit: Permit,
  { head, client }: Caller,
  gate: Gate,
): Promise<void> {
  const { message, task: name } = admission;
  if (message.kind === 'request' && client.gone.aborted) {
    // It left while something was still to be asked: its call is not wanted any more.
    exchange.cut('disconnected', 'the client left before its call was forwarded');
  }
  if (exchange.cutShort !== undefined) return sayCutShort(exchange, { client, gate });
  if (message.kind === 'request' && name?.kind === 'own') {
    const proof = { head, principal: exchange.facts.principal };
    const { bytes: received } = admission.received;
    return answerTask({ exchange, request: message, received, name, proof }, client, gate);
  }
  if (message.kind === 'notification') endUnsent(message, exchange, gate);
  const unwatch = [watchClient(exchange, client)];
  // A subscription has no answer to wait for: it lives as long as its lease.
  if (!isSubscription(exchange)) unwatch.push(watchTime(exchange, gate));
  try {
    const sending = { method: 'POST', exchange, head, body: admission.bytes } as const;
    const forwarded = await forward(permit, sending, gate.upstream);
    if (message.kind === 'request') await relayAnswer(forwarded, exchange, client, gate);
    else await relayOneWay(forwarded, { exchange, message }, client, gate);
  } finally {
    for (const stop of unwatch) stop();
  }
}

/** Answers to the server's own questions are plumbing: only a known question takes one. */
function judge(message: Message, principal: Principal, { policy }: Snapshot): Decision {
  return message.kind === 'response'
    ? { effect: 'Allow', rule: 'plumbing', obligations: {} }
    : evaluate(policy, principal, message, 'toServer');
}

function limit({ facts }: Exchange, gate: Gate): Refusal | undefined {
  const { principal, request, snapshot } = facts;
  const perMinute = snapshot.policy.limits.requestsPerMinute;
  if (perMinute === undefined || request === undefined) return undefined;
  const nowSeconds = gate.clock.epochSeconds();
  return gate.limiter.take(principal, request.target?.name ?? request.method, {
    perMinute,
    nowSeconds,
  });
}
