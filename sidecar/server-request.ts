// A question from the server to the client (sampling, elicitation, roots): an exchange of its own,
// durable before it leaves, remembered until the client's answer names it.

import type { RecordedOutcome } from '#core/evidence/record.ts';
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
  const judged = refuseQuestion(decision, asked, stream, gate);
  try {
    await asked.intend(recordedDecision(judged, stream.snapshot), stream.kept);
  } catch (error) {
    const { session } = asked.facts;
    if (session) gate.questions.end(session.upstreamId, question.id, { status: 'unknown' });
    throw error;
  }
  const outcome = refusedOutcome(judged, stream);
  if (outcome === undefined) return true;
  await asked.conclude(outcome);
  void declineUpstream(question.id, stream.exchange, gate);
  return false;
}

/** Undefined when the question goes on. */
function refusedOutcome(
  judged: Decision,
  { snapshot, withheld }: QuestionStream,
): RecordedOutcome | undefined {
  if (withheld !== undefined) {
    return { status: 'withheld', refusal: withheld.code, reason: withheld.reason };
  }
  const goes = judged.effect === 'Allow' || snapshot.policy.mode === 'Observe';
  return goes ? undefined : { status: 'refused', refusal: 'denied' };
}

/** Policy first; then whether an answer could be told apart from a forged one. */
function refuseQuestion(
  decision: Decision,
  asked: Exchange,
  { withheld }: QuestionStream,
  gate: Gate,
): Decision {
  if (decision.effect !== 'Allow' || withheld !== undefined) return decision;
  if (!factsOf(asked.facts.revision).serverRequests) {
    return deny(`${asked.facts.recorded.method}: this revision has no requests from the server`);
  }
  switch (gate.questions.ask(asked)) {
    case 'asked':
      return decision;
    case 'duplicate':
      return deny('the id of the question is in use');
    case 'full':
      return deny('the question belongs to no session, or too many are open');
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
      recorded: recordedMessage(question, sighting),
      ...(session === undefined ? {} : { session }),
      ...(sessionRecordId === undefined ? {} : { sessionRecordId }),
    },
    gate.ledger,
    gate.clock,
  );
}
