// What can end a call before its answer: the policy's time limit, a client that leaves, a client
// that cancels. Each reaches the server and ends in a record.

import type { NotificationMessage, ResponseMessage } from '#core/mcp/messages.ts';
import { factsOf } from '#core/mcp/revisions.ts';
import type { ClientReply } from './client-reply.ts';
import { cutShortOutcome } from './conclude.ts';
import type { Exchange } from './exchange.ts';
import type { Gate } from './gate.ts';
import { cancelUpstream } from './own-message.ts';
import type { Session } from './sessions.ts';

/** How long an answer that crosses a cancellation may still arrive and count. */
const CANCEL_GRACE_MS = 2_000;

/** Watches the client of one exchange; call what it returns when its relay is over. */
export function watchClient(exchange: Exchange, client: ClientReply): () => void {
  const { revision, request } = exchange.facts;
  const leave = (): void => {
    // Legacy: a disconnect cancels nothing; the answer is read on and recorded (protocol P5).
    if (request !== undefined && !factsOf(revision).disconnectCancels) return;
    exchange.cut('disconnected', 'the client left');
  };
  client.gone.addEventListener('abort', leave, { once: true });
  return () => client.gone.removeEventListener('abort', leave);
}

/** Watches the time limit of one call; call what it returns when its relay is over. */
export function watchTime(exchange: Exchange, gate: Gate): () => void {
  const { request, session, snapshot } = exchange.facts;
  const { callSeconds } = snapshot.policy.limits;
  const timer = setTimeout(() => {
    if (exchange.isConcluded) return;
    exchange.cut('timeout', 'longer than spec.limits.callSeconds');
    if (session !== undefined) void cancelUpstream(exchange, 'time limit', gate);
    // The answer was awaited on a stream that the client might resume: nobody waits any longer.
    concludeUnanswered(exchange, gate);
  }, callSeconds * 1000);
  timer.unref();
  return () => {
    // While the answer may still come on a resumed stream, only the time limit ends the wait.
    if (exchange.isConcluded || request === undefined) clearTimeout(timer);
  };
}

/** A cancellation ends at once what the server has not seen: it is never forwarded after that. */
export function endUnsent(message: NotificationMessage, { facts }: Exchange, gate: Gate): void {
  const cancelled = cancelledBy(message, facts.session, gate);
  if (cancelled?.isSent === false) cancelled.cut('cancelled', 'the client cancelled it');
}

/** After a cancellation that went through, its request has a moment left for an answer under way. */
export function endCancelled(
  message: NotificationMessage | ResponseMessage,
  { facts }: Exchange,
  gate: Gate,
): void {
  if (message.kind !== 'notification') return;
  const cancelled = cancelledBy(message, facts.session, gate);
  if (cancelled === undefined) return;
  setTimeout(() => {
    cancelled.cut('cancelled', 'the client cancelled it');
    concludeUnanswered(cancelled, gate);
  }, CANCEL_GRACE_MS).unref();
}

/** The session is over: what was asked in it is answered by nobody, on either side. */
export function endCalls({ upstreamId }: Session, gate: Gate): void {
  for (const exchange of gate.exchanges.inFlightOf(upstreamId)) {
    exchange.cut('cancelled', SESSION_OVER);
    concludeUnanswered(exchange, gate);
  }
  gate.questions.endSession(upstreamId, { status: 'cancelled', reason: SESSION_OVER });
}

const SESSION_OVER = 'the client ended its session';

function cancelledBy(
  { method, params }: NotificationMessage,
  session: Session | undefined,
  gate: Gate,
): Exchange | undefined {
  const id = params.requestId;
  if (method !== 'notifications/cancelled' || session === undefined) return undefined;
  if (typeof id !== 'string' && typeof id !== 'number') return undefined;
  const cancelled = gate.exchanges.find(session.upstreamId, id);
  return cancelled?.isConcluded === false ? cancelled : undefined;
}

/** Concludes what no relay is reading any more; a relay that is concludes first, and this is void. */
function concludeUnanswered(exchange: Exchange, gate: Gate): void {
  setImmediate(() => {
    // One that waits for an approval ends in its own journey, which has its intent yet to write.
    if (!exchange.isIntended) return;
    exchange
      .conclude(cutShortOutcome(exchange))
      .catch(() => {})
      .finally(() => gate.exchanges.settle(exchange));
  });
}
