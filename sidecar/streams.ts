// The GET stream and the end of a session. A GET stream is an exchange of its own: an intent when it
// opens, a record per message, an outcome when it ends.

import type { Principal } from '#core/identity/principal.ts';
import { checkVersionHeader } from '#core/mcp/headers.ts';
import { factsOf } from '#core/mcp/revisions.ts';
import type { Refusal } from '#core/refusal.ts';
import type { Snapshot } from './activation.ts';
import { openSession } from './admit-body.ts';
import { type Head, only } from './admit-head.ts';
import type { ClientReply } from './client-reply.ts';
import { concludeDelivered } from './conclude.ts';
import { Exchange } from './exchange.ts';
import { type Forwarded, type Forwarding, forward } from './forward.ts';
import type { Gate } from './gate.ts';
import { isDurable } from './intend.ts';
import { recordedDecision } from './recorded.ts';
import { refuse } from './refuse.ts';
import { drop, isEventStream, sayCutShort, sayNo } from './relay.ts';
import { relayStream } from './relay-stream.ts';
import { settle, UNASKED } from './settle.ts';
import { leaseStream } from './stream-lease.ts';
import { turnAway } from './turn-away.ts';
import { endCalls, watchClient, watchTime } from './watch.ts';

type Failed = Extract<Forwarded, { kind: 'failed' }>;

export interface Bodyless {
  readonly head: Head;
  readonly principal: Principal;
  readonly snapshot: Snapshot;
}

/** GET: the stream on which the server speaks unasked, or a resumed one. */
export async function openStream(asked: Bodyless, client: ClientReply, gate: Gate): Promise<void> {
  const exchange = await begin('GET', asked, client, gate);
  if (exchange === undefined) return;
  const resumed = resumedAfter(asked.head, exchange, gate);
  if ('refusal' in resumed) return sayNo(exchange, resumed.refusal, { client, gate });
  const lease = leaseStream(exchange, asked.head, gate);
  if (lease.kind === 'refused') return sayNo(exchange, lease.refusal, { client, gate });
  const unwatch = watchClient(exchange, client);
  try {
    const sending = { method: 'GET', exchange, head: asked.head, ...resumed } as const;
    const forwarded = await send(sending, gate);
    if (forwarded.kind === 'cutShort') return await sayCutShort(exchange, { client, gate });
    if (forwarded.kind === 'failed') return await sayFailed(forwarded, exchange, client, gate);
    if (isEventStream(forwarded.reply)) {
      return await relayStream(forwarded.reply, exchange, client, gate);
    }
    const { status } = forwarded.reply;
    exchange.stop.abort();
    await answerStatus(status, exchange, client, gate);
  } catch (fault) {
    await exchange.abandon();
    throw fault;
  } finally {
    unwatch();
    lease.release();
  }
}

type Resumed = { readonly lastEventId?: string } | { readonly refusal: Refusal };

/** What a client names is an event that it was sent itself, in this session. */
function resumedAfter({ headers }: Head, { facts }: Exchange, { eventIds }: Gate): Resumed {
  const values = headers['last-event-id'];
  if (values === undefined) return {};
  const lastEventId = eventIds.open(only(values) ?? '', facts);
  if (lastEventId !== undefined) return { lastEventId };
  const reason = 'Last-Event-ID names no event of this session; open the stream without it';
  return { refusal: { code: 'header_mismatch', reason } };
}

/** DELETE: the client ends its session. */
export async function endSession(asked: Bodyless, client: ClientReply, gate: Gate): Promise<void> {
  const exchange = await begin('DELETE', asked, client, gate);
  if (exchange === undefined) return;
  const unwatch = watchTime(exchange, gate);
  try {
    const forwarded = await send({ method: 'DELETE', exchange, head: asked.head }, gate);
    if (forwarded.kind === 'cutShort') return await sayCutShort(exchange, { client, gate });
    if (forwarded.kind === 'failed') return await sayFailed(forwarded, exchange, client, gate);
    await drop(forwarded.reply);
    const { status } = forwarded.reply;
    const { session } = exchange.facts;
    if (status < 300 && session !== undefined) endCalls(session, gate);
    await answerStatus(status, exchange, client, gate);
  } catch (fault) {
    await exchange.abandon();
    throw fault;
  } finally {
    unwatch();
  }
}

function sayFailed(
  { refusal, effect }: Failed,
  exchange: Exchange,
  client: ClientReply,
  gate: Gate,
): Promise<void> {
  const status = effect === 'none' ? 'refused' : 'unknown';
  return sayNo(exchange, refusal, { client, gate }, { status });
}

/** Admits, settles and records the opening; undefined when it was refused and answered. */
async function begin(
  method: 'GET' | 'DELETE',
  asked: Bodyless,
  client: ClientReply,
  gate: Gate,
): Promise<Exchange | undefined> {
  const { head, principal, snapshot } = asked;
  const opened = openSession(head, principal, gate.sessions);
  if (opened?.kind === 'refused') {
    await turnAway({ ...asked, refusal: opened.refusal }, client, gate);
    return undefined;
  }
  const session = opened?.session;
  const checked = checkVersionHeader(head.headers, session?.revision);
  if (!checked.ok) {
    const { code, reason, jsonRpcCode } = checked;
    const context = { wire: { code: jsonRpcCode } };
    await turnAway({ ...asked, refusal: { code, reason }, context }, client, gate);
    return undefined;
  }
  const { revision } = checked;
  if (!factsOf(revision).httpMethods.includes(method)) {
    const reason = `revision ${revision} has no ${method}`;
    await turnAway({ ...asked, refusal: { code: 'method_not_allowed', reason } }, client, gate);
    return undefined;
  }
  const exchange = new Exchange(
    {
      id: gate.newId(),
      principal,
      snapshot,
      revision,
      recorded: { method, direction: 'toServer', revision, sizeBytes: 0 },
      address: head.address,
      ...(session === undefined ? {} : { session, sessionRecordId: session.recordId }),
    },
    gate.ledger,
    gate.clock,
  );
  const intent = exchange.intend(recordedDecision(PLUMBING, snapshot));
  return (await isDurable(intent, exchange, client, gate)) ? exchange : undefined;
}

const PLUMBING = { effect: 'Allow', rule: 'plumbing', obligations: {} } as const;

async function send(sending: Forwarding, gate: Gate) {
  const settled = await settle(PLUMBING, UNASKED);
  if (settled.kind === 'refusal') {
    return { kind: 'failed', refusal: settled.refusal, effect: 'none' } as const;
  }
  return forward(settled.permit, sending, gate.upstream);
}

/** Statuses without a message pass; what concerns our own credential or no one does not. */
async function answerStatus(
  status: number,
  exchange: Exchange,
  client: ClientReply,
  gate: Gate,
): Promise<void> {
  if (status >= 200 && status < 300) {
    const refusal = await concludeDelivered(exchange, status);
    return client.send(refusal === undefined ? { status, headers: {} } : refuse(refusal, {}));
  }
  const refusal = refusalOf(status, exchange);
  await sayNo(exchange, refusal, { client, gate }, { httpStatus: status });
}

function refusalOf(status: number, exchange: Exchange): Refusal {
  switch (status) {
    case 405:
      return { code: 'method_not_allowed', reason: 'the MCP server does not offer this' };
    case 404:
      return exchange.facts.session === undefined
        ? { code: 'path_unknown', reason: 'the MCP server does not offer this' }
        : { code: 'session_unknown', reason: 'the session has ended; initialize again' };
    case 401:
    case 403:
      return {
        code: 'upstream_requires_oauth',
        reason: "the MCP server refused Gatehouse's credential",
      };
    default:
      return { code: 'upstream_invalid', reason: `the MCP server answered HTTP ${status}` };
  }
}
