// Last stages of an answer: judge it, mask it, make its outcome durable; only then is it bytes to send.

import { LedgerFault } from '#core/evidence/ledger.ts';
import type { OutcomeStatus, RecordedOutcome } from '#core/evidence/record.ts';
import type { ResponseMessage } from '#core/mcp/messages.ts';
import { eraOf } from '#core/mcp/revisions.ts';
import type { Refusal } from '#core/refusal.ts';
import type { Exchange, Kept } from './exchange.ts';
import type { Gate } from './gate.ts';
import { judgeAnswer, type Outbound } from './judge-outbound.ts';
import { type Masked, mask, originOf } from './mask.ts';
import { recordedMessage } from './recorded.ts';
import { refusalBody } from './refuse.ts';

/** The bytes that may leave; `refusal` when they say no instead of what the server said. */
export interface Conclusion {
  readonly bytes: Uint8Array;
  readonly refusal?: Refusal;
}

/** Judges, masks and records the answer to one request. Never sends what is not recorded. */
export async function concludeAnswer(
  outbound: Outbound,
  asked: Exchange,
  gate: Gate,
): Promise<Conclusion> {
  asked.markAnswered();
  const { states, definitions, taskIds, newId } = gate;
  const offersTasks = gate.ownTasks.isOffered;
  const context = {
    states,
    definitions,
    taskIds,
    offersTasks,
    newId,
    nowSeconds: gate.clock.epochSeconds(),
  };
  const verdict = judgeAnswer(outbound, asked, context);
  if (verdict.kind === 'refused') {
    const outcome = withheld(verdict.refusal);
    return concludeRefusal(asked, { refusal: verdict.refusal, outcome }, gate);
  }
  const masked = maskAnswer({ ...outbound, bytes: verdict.bytes }, asked, gate);
  const kept = gate.recorder.keep(masked, asked.facts.snapshot);
  if (masked.kind === 'withheld') {
    const { refusal } = masked;
    return concludeRefusal(asked, { refusal, outcome: withheld(refusal), kept }, gate);
  }
  try {
    if (asked.isConcluded) await redeliver(asked, outbound, kept);
    else await asked.conclude(outcomeOf(outbound.message, masked.bytes, verdict.hidden), kept);
  } catch (error) {
    return unrecorded(asked, error);
  } finally {
    gate.exchanges.settle(asked);
  }
  return { bytes: masked.bytes };
}

/** By the rules of the tool that was called, and by what clients hold its result to. */
function maskAnswer({ bytes, value }: Outbound, asked: Exchange, gate: Gate): Masked {
  const { request, snapshot } = asked.facts;
  const origin = originOf(request);
  const schema = origin.kind === 'tool' ? gate.definitions.outputSchemaOf(origin.name) : undefined;
  const outputSchema = schema === undefined ? {} : { outputSchema: schema };
  return mask({ bytes, value, direction: 'toClient', origin, ...outputSchema }, snapshot);
}

/** What is said and recorded instead of an answer. */
export interface Ending {
  readonly refusal: Refusal;
  readonly outcome: RecordedOutcome;
  readonly kept?: Kept;
}

/** Ends an exchange with a refusal; its bytes are the JSON-RPC message that says so. */
export async function concludeRefusal(
  asked: Exchange,
  { refusal, outcome, kept }: Ending,
  gate: Gate,
): Promise<Conclusion> {
  try {
    await asked.conclude(outcome, kept);
  } catch (error) {
    return unrecorded(asked, error);
  } finally {
    gate.exchanges.settle(asked);
  }
  return { bytes: bodyFor(asked, refusal), refusal };
}

/** Concludes what has no answer but a status; a refusal when that could not be recorded. */
export async function concludeDelivered(
  exchange: Exchange,
  httpStatus: number,
): Promise<Refusal | undefined> {
  try {
    await exchange.conclude({ status: 'delivered', httpStatus });
    return undefined;
  } catch (error) {
    if (!(error instanceof LedgerFault)) throw error;
    return EVIDENCE_UNAVAILABLE;
  }
}

/** How an answer is recorded: tool failures are answers too, but not the same as success. */
export function outcomeOf(
  message: ResponseMessage,
  bytes: Uint8Array,
  hidden: number,
): RecordedOutcome {
  const errorCode = errorCodeOf(message);
  return {
    status: statusOf(message),
    sizeBytes: bytes.byteLength,
    ...(errorCode === undefined ? {} : { errorCode }),
    ...(hidden === 0 ? {} : { hidden }),
  };
}

export function refusedOutcome(refusal: Refusal): RecordedOutcome {
  return { status: 'refused', refusal: refusal.code, reason: refusal.reason };
}

/** How an exchange that was cut short is recorded: as what happened, not as a refusal of ours. */
export function cutShortOutcome(exchange: Exchange): RecordedOutcome {
  return exchange.cutShort ?? { status: 'cancelled', reason: 'the connection ended' };
}

/** The same, said to the client that still waits. */
export function cutShortRefusal(exchange: Exchange): Refusal {
  return exchange.cutShort?.status === 'timeout'
    ? { code: 'upstream_timeout', reason: 'no answer within the time limit of the policy' }
    : { code: 'upstream_unavailable', reason: 'the request was cancelled' };
}

function withheld(refusal: Refusal): RecordedOutcome {
  return { status: 'withheld', refusal: refusal.code, reason: refusal.reason };
}

function statusOf({ body }: ResponseMessage): OutcomeStatus {
  if ('error' in body) return 'rpc_error';
  const { result } = body;
  const failed = typeof result === 'object' && result !== null && 'isError' in result;
  return failed && result.isError === true ? 'tool_error' : 'ok';
}

export function errorCodeOf({ body }: ResponseMessage): number | undefined {
  if (!('error' in body)) return undefined;
  const { error } = body;
  const code =
    typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'number' && Number.isSafeInteger(code) ? code : undefined;
}

async function redeliver(asked: Exchange, { message, bytes }: Outbound, kept: Kept): Promise<void> {
  const { revision } = asked.facts;
  const sighting = { direction: 'toClient', revision, sizeBytes: bytes.byteLength } as const;
  await asked.noteRedelivery(recordedMessage(message, sighting, asked.facts.snapshot), kept);
}

/** The ledger failed: the answer stays here, and the client hears why (promise 3). */
function unrecorded(asked: Exchange, error: unknown): Conclusion {
  if (!(error instanceof LedgerFault)) throw error;
  // Whoever hears that nothing was carried out may call again without a second thought.
  const refusal = asked.isSent ? EVIDENCE_UNAVAILABLE : UNFORWARDED;
  return { bytes: bodyFor(asked, refusal), refusal };
}

export const EVIDENCE_UNAVAILABLE: Refusal = {
  code: 'evidence_unavailable',
  reason: 'evidence cannot be written, so nothing is answered; the call may have been carried out',
  retryAfterSeconds: 5,
};

/** The same of what never left. */
export const UNFORWARDED: Refusal = {
  ...EVIDENCE_UNAVAILABLE,
  reason: 'evidence cannot be written, so nothing is forwarded',
};

function bodyFor(asked: Exchange, refusal: Refusal): Uint8Array {
  const { request, revision } = asked.facts;
  if (request === undefined) return new Uint8Array();
  const context = { message: request, era: eraOf(revision), decisionId: asked.facts.id };
  return refusalBody(refusal, request.id, context);
}
