// The way back: what the server answered, told apart by its head, and carried to the client by the
// relay that fits. What cannot be judged stops here.

import type { RecordedOutcome } from '#core/evidence/record.ts';
import { metadataUrl, publicUrlFor } from '#core/identity/resource-metadata.ts';
import { readJson } from '#core/mcp/json.ts';
import { parseMessage } from '#core/mcp/message.ts';
import { eraOf } from '#core/mcp/revisions.ts';
import type { Refusal } from '#core/refusal.ts';
import { UpstreamFault, type UpstreamReply } from '#platform/http/upstream.ts';
import type { ClientReply } from './client-reply.ts';
import {
  concludeAnswer,
  concludeRefusal,
  cutShortOutcome,
  cutShortRefusal,
  refusedOutcome,
} from './conclude.ts';
import type { Exchange } from './exchange.ts';
import type { Forwarded } from './forward.ts';
import type { Gate } from './gate.ts';
import type { Outbound } from './judge-outbound.ts';
import { type Answer, refuse } from './refuse.ts';
import { relayStream } from './relay-stream.ts';
import { openedSession } from './session-opening.ts';

/** Carries the answer to one request, whatever shape it came in. */
export async function relayAnswer(
  forwarded: Forwarded,
  exchange: Exchange,
  client: ClientReply,
  gate: Gate,
): Promise<void> {
  switch (forwarded.kind) {
    case 'cutShort':
      return sayCutShort(exchange, { client, gate });
    case 'failed': {
      const { refusal, effect } = forwarded;
      const status = effect === 'none' ? 'refused' : 'unknown';
      return sayNo(exchange, refusal, { client, gate }, { status });
    }
    case 'reply':
      return isEventStream(forwarded.reply)
        ? relayStream(forwarded.reply, exchange, client, gate)
        : relayWhole(forwarded.reply, exchange, client, gate);
  }
}

interface Ends {
  readonly client: ClientReply;
  readonly gate: Gate;
}

/** Concludes with a refusal and answers with it; `httpStatus` keeps a status the server chose. */
export async function sayNo(
  exchange: Exchange,
  refusal: Refusal,
  ends: Ends,
  differs: Partial<RecordedOutcome> = {},
): Promise<void> {
  const outcome = { ...refusedOutcome(refusal), ...differs };
  const answer = await concludeWith(exchange, refusal, outcome, ends.gate);
  const status = differs.httpStatus ?? 200;
  ends.client.send(status >= 400 ? { ...answer, status } : answer);
}

/** The answer when a limit, a cancellation or a disconnect came before the server's. */
export async function sayCutShort(exchange: Exchange, { client, gate }: Ends): Promise<void> {
  const refusal = cutShortRefusal(exchange);
  client.send(await concludeWith(exchange, refusal, cutShortOutcome(exchange), gate));
}

async function concludeWith(
  exchange: Exchange,
  refusal: Refusal,
  outcome: RecordedOutcome,
  gate: Gate,
): Promise<Answer> {
  const conclusion = await concludeRefusal(exchange, { refusal, outcome }, gate);
  const { request, oneWay, revision, snapshot, host } = exchange.facts;
  const url = publicUrlFor(snapshot.publicUrls, host ?? '');
  const message = request ?? oneWay;
  return refuse(conclusion.refusal ?? refusal, {
    ...(message === undefined ? {} : { message }),
    // Without it the challenge that asks for more scopes could not be sent.
    ...(url === undefined ? {} : { metadataUrl: metadataUrl(url) }),
    era: eraOf(revision),
    decisionId: exchange.facts.id,
  });
}

/** A JSON answer: read to its end, judged as one message, sent with one write. */
async function relayWhole(
  reply: UpstreamReply,
  exchange: Exchange,
  client: ClientReply,
  gate: Gate,
): Promise<void> {
  const refusal = refuseStatus(reply, exchange);
  if (refusal !== undefined) {
    await drop(reply);
    return sayNo(exchange, refusal, { client, gate });
  }
  const read = await readAnswer(reply, exchange);
  if (read.kind === 'cutShort') return sayCutShort(exchange, { client, gate });
  if (read.kind === 'refused') {
    const differs = { status: 'unknown', httpStatus: reply.status } as const;
    return sayNo(exchange, read.refusal, { client, gate }, differs);
  }
  const conclusion = await concludeAnswer(read.outbound, exchange, gate);
  // A session id goes out only with an answer that goes out.
  const session =
    conclusion.refusal === undefined
      ? openedSession(reply, exchange, read.outbound, gate)
      : undefined;
  client.send({
    status: conclusion.refusal === undefined ? reply.status : 200,
    headers: {
      'content-type': 'application/json',
      ...(session === undefined ? {} : { 'mcp-session-id': session.sealed }),
    },
    body: conclusion.bytes,
  });
}

/** Statuses that are not the client's business, or not MCP at all. */
export function refuseStatus(reply: UpstreamReply, exchange: Exchange): Refusal | undefined {
  const { status } = reply;
  if (status === 401 || status === 403) {
    return {
      code: 'upstream_requires_oauth',
      reason: `the MCP server refused Gatehouse's credential with HTTP ${status}; see spec.identity.upstream`,
    };
  }
  if (status === 404 && exchange.facts.session !== undefined) {
    return { code: 'session_unknown', reason: 'the session has ended; initialize again' };
  }
  if (status >= 300 && status < 400) {
    return {
      code: 'upstream_invalid',
      reason: 'the MCP server redirects; redirects are not followed',
    };
  }
  if (reply.headers['content-encoding'] !== undefined) {
    return { code: 'upstream_invalid', reason: 'the MCP server compressed its answer unasked' };
  }
  return undefined;
}

type AnswerRead =
  | { readonly kind: 'answer'; readonly outbound: Outbound }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'cutShort' };

async function readAnswer(reply: UpstreamReply, exchange: Exchange): Promise<AnswerRead> {
  const { limits } = exchange.facts.snapshot.policy;
  let bytes: Uint8Array | undefined;
  try {
    bytes = await collect(reply, limits.maxReplyBytes);
  } catch (error) {
    if (!(error instanceof UpstreamFault)) throw error;
    if (error.code === 'aborted') return { kind: 'cutShort' };
    return unreadable('upstream_unavailable', 'the MCP server broke off its answer');
  }
  if (bytes === undefined) {
    exchange.stop.abort();
    return unreadable('upstream_invalid', 'the answer is over spec.limits.maxReplyBytes');
  }
  const json = readJson(bytes, {
    maxBytes: limits.maxReplyBytes,
    maxDepth: limits.maxDepth,
    numbers: 'any',
  });
  if (!json.ok) {
    const status = reply.status === 200 ? '' : `HTTP ${reply.status} and `;
    return unreadable('upstream_invalid', `the MCP server answered ${status}no readable message`);
  }
  const parsed = parseMessage(json.value);
  if (!parsed.ok || parsed.message.kind !== 'response' || !answers(parsed.message.id, exchange)) {
    return unreadable(
      'upstream_invalid',
      'the MCP server answered something else than what was asked',
    );
  }
  return { kind: 'answer', outbound: { message: parsed.message, bytes, value: json.value } };
}

/** An error may come without an id when the server could not read one (JSON-RPC 2.0 section 5). */
function answers(id: string | number | undefined, exchange: Exchange): boolean {
  return id === undefined || id === exchange.facts.request?.id;
}

function unreadable(code: Refusal['code'], reason: string): AnswerRead {
  return { kind: 'refused', refusal: { code, reason } };
}

/** Undefined when the body is longer than it may be. */
async function collect(reply: UpstreamReply, maxBytes: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of reply.body) {
    size += chunk.byteLength;
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, size);
}

/** Reads what nobody will see, so that the connection can be used again. */
export async function drop(reply: UpstreamReply): Promise<void> {
  try {
    for await (const _ of reply.body);
  } catch (error) {
    if (!(error instanceof UpstreamFault)) throw error;
  }
}

export function isEventStream(reply: UpstreamReply): boolean {
  const type = reply.headers['content-type'];
  return (
    reply.status === 200 &&
    reply.headers['content-encoding'] === undefined &&
    typeof type === 'string' &&
    type.split(';')[0]?.trim().toLowerCase() === 'text/event-stream'
  );
}
