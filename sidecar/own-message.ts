// What Gatehouse itself says to the server: that a call is no longer wanted, or that a question to
// the client was not let through. Settled for the principal `gatehouse` and recorded like any other.

import { LedgerFault } from '#core/evidence/ledger.ts';
import type { Principal } from '#core/identity/principal.ts';
import type { RequestId } from '#core/mcp/messages.ts';
import { cancelledNotification, ERROR_CODES, errorReply } from '#core/mcp/replies.ts';
import { Exchange } from './exchange.ts';
import { forward } from './forward.ts';
import type { Gate } from './gate.ts';
import { recordedDecision } from './recorded.ts';
import { settle } from './settle.ts';

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
  const decision = { effect: 'Allow', rule: 'gatehouse', obligations: {} } as const;
  const settled = await settle(decision, { observe: false, methodKnown: true });
  if (settled.kind === 'refusal') return;
  const deadline = setTimeout(() => exchange.stop.abort(), OWN_DEADLINE_MS);
  try {
    await exchange.intend(recordedDecision(decision, snapshot));
    const sending = { method: 'POST', exchange, body } as const;
    const sent = await forward(settled.permit, sending, gate.upstream);
    if (sent.kind === 'reply') for await (const _ of sent.reply.body);
    await exchange.conclude({ status: sent.kind === 'reply' ? 'delivered' : 'unknown' });
  } catch (error) {
    await exchange.conclude({ status: 'unknown' }).catch(() => {});
    gate.log.warn('own message failed', {
      method,
      cause: error instanceof LedgerFault ? 'evidence' : 'upstream',
    });
  } finally {
    clearTimeout(deadline);
  }
}
