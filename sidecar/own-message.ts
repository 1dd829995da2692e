// What Gatehouse itself says to the server: that a call is no longer wanted, or that a question to
// the client was not let through. Settled for the principal `gatehouse` and recorded like any other.

import { LedgerFault } from '#core/evidence/ledger.ts';
import type { Principal } from '#core/identity/principal.ts';
import type { RequestId } from '#core/mcp/messages.ts';
import { cancelledNotification, ERROR_CODES, errorReply } from '#core/mcp/replies.ts';
import { ASSUMED_REVISION } from '#core/mcp/revisions.ts';
import { Exchange } from './exchange.ts';
import { forward } from './forward.ts';
import type { Gate } from './gate.ts';
import { recordedDecision } from './recorded.ts';
import { settle, UNASKED } from './settle.ts';

export const GATEHOUSE: Principal = {
  issuer: 'gatehouse',
  issuerName: 'gatehouse',
  subject: 'gatehouse',
  actors: [],
  groups: [],
  scopes: [],
  claims: {},
  expiresAtSeconds: Number.MAX_SAFE_INTEGER,
};

/** How long the server may take to accept a message of ours. */
const OWN_DEADLINE_MS = 5_000;

/** Tells a legacy server that a client's request is no longer wanted. */
export function cancelUpstream(asked: Exchange, reason: string, gate: Gate): Promise<void> {
  const { request } = asked.facts;
  if (request === undefined) return Promise.resolve();
  const body = cancelledNotification(request.id, reason);
  return say('notifications/cancelled', body, asked, gate);
}

/** Answers a server's question that policy kept from the client. */
export function declineUpstream(id: RequestId, stream: Exchange, gate: Gate): Promise<void> {
  const body = errorReply(id, ERROR_CODES.denied, 'denied by policy');
  return say('response', body, stream, gate);
}

/**
 * Asks at start whether anybody is there and takes our credential, and says what to do when not: a
 * server that insists on its own OAuth would fail every call (design section 14, URLs).
 */
export async function probeUpstream(gate: Gate): Promise<void> {
  const snapshot = gate.activation.current;
  const revision = ASSUMED_REVISION;
  const recorded = { method: 'GET', direction: 'toServer', revision, sizeBytes: 0 } as const;
  const facts = { id: gate.newId(), principal: GATEHOUSE, snapshot, revision, recorded };
  const sent = await sendOwn(new Exchange(facts, gate.ledger, gate.clock), { method: 'GET' }, gate);
  if (sent === 'failed') {
    gate.log.warn('the MCP server does not answer yet', { upstream: gate.upstream.url.origin });
  } else if (sent === 401 || sent === 403) {
    gate.log.error('UpstreamRequiresOAuth: the MCP server refuses our credential', {
      status: sent,
      field: 'spec.identity.upstream',
    });
  } else if (sent === 404) {
    const upstream = gate.upstream.url.origin + gate.upstream.url.pathname;
    gate.log.warn('the MCP server knows no such path; is --upstream its endpoint?', { upstream });
  }
}

/** Best effort: a server that cannot be told is told by the end of the connection. */
async function say(method: string, body: Uint8Array, about: Exchange, gate: Gate): Promise<void> {
  const { session, sessionRecordId, revision, snapshot } = about.facts;
  const exchange = new Exchange(
    {
      id: gate.newId(),
      principal: GATEHOUSE,
      snapshot,
      revision,
      ...(session === undefined ? {} : { session }),
      ...(sessionRecordId === undefined ? {} : { sessionRecordId }),
      recorded: { method, direction: 'toServer', revision, sizeBytes: body.byteLength },
    },
    gate.ledger,
    gate.clock,
  );
  const sent = await sendOwn(exchange, { method: 'POST', body }, gate);
  if (sent === 'failed') gate.log.warn('own message failed', { method });
}

/** Settles, records, sends and concludes; the HTTP status, or that it did not get through. */
async function sendOwn(
  exchange: Exchange,
  sending: { readonly method: 'POST' | 'GET'; readonly body?: Uint8Array },
  gate: Gate,
): Promise<number | 'failed'> {
  const decision = { effect: 'Allow', rule: 'gatehouse', obligations: {} } as const;
  const settled = await settle(decision, UNASKED);
  if (settled.kind === 'refusal') return 'failed';
  const deadline = setTimeout(() => exchange.stop.abort(), OWN_DEADLINE_MS);
  try {
    await exchange.intend(recordedDecision(decision, exchange.facts.snapshot));
    const sent = await forward(settled.permit, { ...sending, exchange }, gate.upstream);
    if (sent.kind === 'reply') {
      // A stream that opens has answered: there is nothing more to hear on it.
      exchange.stop.abort();
      const { status } = sent.reply;
      await exchange.conclude({ status: 'delivered', httpStatus: status });
      return status;
    }
    await exchange.conclude({ status: 'unknown' });
  } catch (error) {
    if (!(error instanceof LedgerFault)) throw error;
    await exchange.conclude({ status: 'unknown' }).catch(() => {});
  } finally {
    clearTimeout(deadline);
  }
  return 'failed';
}
