// A question from the server to the client (sampling, elicitation, roots): an exchange of its own,
// durable before it leaves, remembered until the client's answer names it.

import type { RecordedOutcome } from '#core/evidence/record.ts';
import { elicitationFault } from '#core/mcp/elicitation.ts';
import type { RequestMessage } from '#core/mcp/messages.ts';
import { factsOf } from '#core/mcp/revisions.ts';
import type { Decision } from '#core/policy/decision.ts';
import type { Refusal } from '#core/refusal.ts';
import type { Snapshot } from './activation.ts';
import { Exchange, type Kept } from './exchange.ts';
import type { Gate } from './gate.ts';
import { declineUpstream } from './own-message.ts';
import { recordedDecision, recordedMessage } from './recorded.ts';

export interface QuestionStream {
  /** The stream it came on. */
  readonly exchange: Exchange;
  readonly snapshot: Snapshot;
  readonly sizeBytes: number;
  readonly kept: Kept;
  /** Masking keeps the question here. */
  readonly withheld?: Refusal;
}

/** True when the question may go to the client; otherwise the server has been told no. */
export async function passServerRequest(
  question: RequestMessage,
  decision: Decision,
  stream: QuestionStream,
  gate: Gate,
): Promise<boolean> {
  const asked = askedExchange(question, stream, gate);
  const judged = judgeQuestion(decision, asked, stream, gate);
  try {
    await asked.intend(recordedDecision(judged.decision, stream.snapshot), stream.kept);
  } catch (error) {
    const { session } = asked.facts;
    if (session) gate.questions.end(session.upstreamId, question.id, { status: 'unknown' });
    throw error;
  }
  if (judged.goes) return true;
  await asked.conclude(refusedOutcome(stream));
  void declineUpstream(question.id, stream.exchange, gate);
  return false;
}

function refusedOutcome({ withheld }: QuestionStream): RecordedOutcome {
  return withheld === undefined
    ? { status: 'refused', refusal: 'denied' }
    : { status: 'withheld', refusal: withheld.code, reason: withheld.reason };
}

interface JudgedQuestion {
  readonly decision: Decision;
  readonly goes: boolean;
}

/** Policy first; then whether an answer could be told apart from a forged one. */
function judgeQuestion(
  decision: Decision,
  asked: Exchange,
  { withheld, snapshot }: QuestionStream,
  gate: Gate,
): JudgedQuestion {
  const judged = decision.effect === 'Allow' ? (deniedUrl(asked) ?? decision) : decision;
  const passes = judged.effect === 'Allow' || snapshot.policy.mode === 'Observe';
  if (!passes || withheld !== undefined) return { decision: judged, goes: false };
  const unaskable = ask(asked, gate);
  return unaskable === undefined
    ? { decision: judged, goes: true }
    : { decision: deny(unaskable), goes: false };
}

function deniedUrl({ facts: { request } }: Exchange): Decision | undefined {
  const fault = request && elicitationFault(request.method, request.params);
  return fault === undefined ? undefined : deny(`${request?.method}: ${fault}`);
}

/** Why nobody could answer it; undefined when it is remembered until somebody does. */
function ask(asked: Exchange, gate: Gate): string | undefined {
  const { revision, recorded } = asked.facts;
  if (!factsOf(revision).serverRequests) {
    return `${recorded.method}: this revision has no requests from the server`;
  }
  switch (gate.questions.ask(asked)) {
    case 'asked':
      return undefined;
    case 'duplicate':
      return 'the id of the question is in use';
    case 'full':
      return 'the question belongs to no session, or too many are open';
  }
}

function deny(reason: string): Decision {
  return { effect: 'Deny', reason, visible: true };
}

function askedExchange(question: RequestMessage, stream: QuestionStream, gate: Gate): Exchange {
  const { principal, revision, session, sessionRecordId } = stream.exchange.facts;
  const sighting = { direction: 'toClient', revision, sizeBytes: stream.sizeBytes } as const;
  return new Exchange(
    {
      id: gate.newId(),
      principal,
      snapshot: stream.snapshot,
      revision,
      request: question,
      recorded: recordedMessage(question, sighting, stream.snapshot),
      ...(session === undefined ? {} : { session }),
      ...(sessionRecordId === undefined ? {} : { sessionRecordId }),
    },
    gate.ledger,
    gate.clock,
  );
}
