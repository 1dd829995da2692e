// Gives an admitted message its exchange, and remembers a request until its answer comes.

import type { Principal } from '#core/identity/principal.ts';
import type { Message } from '#core/mcp/messages.ts';
import { eraOf } from '#core/mcp/revisions.ts';
import { parseTraceparent, type TraceContext } from '#core/mcp/trace-context.ts';
import type { Refusal } from '#core/refusal.ts';
import type { Snapshot } from './activation.ts';
import type { Admission } from './admit-body.ts';
import { type Head, only } from './admit-head.ts';
import { Exchange, type ExchangeFacts } from './exchange.ts';
import type { Gate } from './gate.ts';
import { recordedMessage } from './recorded.ts';
import type { RefusalContext } from './refuse.ts';

export interface NotOpened {
  readonly refusal: Refusal;
  readonly context: RefusalContext;
}

interface Judging {
  readonly principal: Principal;
  readonly snapshot: Snapshot;
  /** The exchange that was answered with a task of ours, whose call goes on now. */
  readonly goesOn?: string;
}

export function openExchange(
  head: Head,
  admission: Admission,
  judging: Judging,
  gate: Gate,
): Exchange | NotOpened {
  const { message, revision } = admission;
  const context = { message, era: eraOf(revision) };
  if (message.kind === 'response' && !takesAnswer(message, admission, gate)) {
    return {
      refusal: { code: 'response_uncorrelated', reason: 'the server asked nothing with this id' },
      context,
    };
  }
  const exchange = new Exchange(factsOf(head, admission, judging, gate), gate.ledger, gate.clock);
  switch (gate.exchanges.open(exchange)) {
    case 'opened':
      return exchange;
    case 'duplicate':
      return {
        refusal: { code: 'message_invalid', reason: 'id: a request with this id is in flight' },
        context,
      };
    case 'full':
      return {
        refusal: {
          code: 'rate_limited',
          reason: 'too many requests are in flight',
          retryAfterSeconds: 1,
        },
        context,
      };
  }
}

/** The answered question's exchange ends here, in the same group commit as this intent. */
function takesAnswer(message: Message, { session }: Admission, gate: Gate): boolean {
  if (message.kind !== 'response' || session === undefined || message.id === undefined)
    return false;
  const status = 'error' in message.body ? 'rpc_error' : 'ok';
  // A ledger that fails fails the intent of this answer too, and then nothing is forwarded.
  return gate.questions.end(session.upstreamId, message.id, { status });
}

function factsOf(
  head: Head,
  { message, bytes, revision, session, task }: Admission,
  judging: Judging,
  gate: Gate,
): ExchangeFacts {
  const id = gate.newId();
  const sighting = { direction: 'toServer', revision, sizeBytes: bytes.byteLength } as const;
  const opensSession = message.kind === 'request' && message.method === 'initialize';
  const sessionRecordId = session?.recordId ?? (opensSession ? id : undefined);
  const trace = traceOf(head, message);
  const host = only(head.headers.host);
  return {
    id,
    ...judging,
    revision,
    recorded: recordedMessage(message, sighting, judging.snapshot),
    address: head.address,
    ...(message.kind === 'request' ? { request: message } : { oneWay: message }),
    ...(task === undefined ? {} : { task }),
    ...(session === undefined ? {} : { session }),
    ...(sessionRecordId === undefined ? {} : { sessionRecordId }),
    ...(trace === undefined ? {} : { trace }),
    ...(host === undefined ? {} : { host }),
  };
}

/** From `_meta.traceparent`, which MCP prefers, or the header. It goes upstream as it came. */
export function traceOf(head: Head, message?: Message): TraceContext | undefined {
  const isPlain = message === undefined || message.kind === 'response';
  const meta = isPlain ? undefined : message.params._meta;
  const inBody =
    typeof meta === 'object' && meta !== null && 'traceparent' in meta && meta.traceparent;
  const text = typeof inBody === 'string' ? inBody : only(head.headers.traceparent);
  return text === undefined ? undefined : parseTraceparent(text);
}
