// What can end a call before its answer: the policy's time limit, a client that leaves, a client
// that cancels. Each reaches the server and ends in a record.

import type { NotificationMessage, ResponseMessage } from '#core/mcp/messages.ts';
import { factsOf } from '#core/mcp/revisions.ts';
import type { ClientReply } from './client-reply.ts';
import type { Exchange } from './exchange.ts';
import type { Gate } from './gate.ts';
import { cancelUpstream } from './own-message.ts';

/** How long an answer that crosses a cancellation may still arrive and count. */
const CANCEL_GRACE_MS = 2_000;

/** Starts watching one request; call what it returns when its relay is over. */
export function watch(exchange: Exchange, client: ClientReply, gate: Gate): () => void {
  const { revision, request, snapshot } = exchange.facts;
  const leave = (): void => {
    // Legacy: a disconnect cancels nothing; the answer is read on and recorded (protocol P5).
    if (request !== undefined && !factsOf(revision).disconnectCancels) return;
    end(exchange, 'disconnected');
  };
  client.gone.addEventListener('abort', leave, { once: true });
  const isStream = request?.method === 'subscriptions/listen';
  const timer = isStream
    ? undefined
    : setTimeout(expire, snapshot.policy.limits.callSeconds * 1000);
  timer?.unref();

  function expire(): void {
    if (exchange.isConcluded) return;
    end(exchange, 'timeout');
    if (exchange.facts.session !== undefined) void cancelUpstream(exchange, 'time limit', gate);
    // The answer was awaited on a stream that the client might resume: nobody waits any longer.
    concludeUnanswered(exchange, gate);
  }

  return () => {
    client.gone.removeEventListener('abort', leave);
    // While the answer may still come on a resumed stream, only the time limit ends the wait.
    if (exchange.isConcluded || request === undefined) clearTimeout(timer);
  };
}

/** After a cancellation that went through, its request has a moment left for an answer under way. */
export function endCancelled(
  message: NotificationMessage | ResponseMessage,
  { facts }: Exchange,
  gate: Gate,
): void {
  if (message.kind !== 'notification' || message.method !== 'notifications/cancelled') return;
  const id = message.params.requestId;
  if (facts.session === undefined || (typeof id !== 'string' && typeof id !== 'number')) return;
  const cancelled = gate.exchanges.find(facts.session.upstreamId, id);
  if (cancelled === undefined || cancelled.isConcluded) return;
  setTimeout(() => {
    end(cancelled, 'cancelled');
    concludeUnanswered(cancelled, gate);
  }, CANCEL_GRACE_MS).unref();
}

function end(exchange: Exchange, why: NonNullable<Exchange['cutShort']>): void {
  if (exchange.isConcluded) return;
  exchange.cutShort ??= why;
  exchange.stop.abort();
}

/** Concludes what no relay is reading any more; a relay that is concludes first, and this is void. */
function concludeUnanswered(exchange: Exchange, gate: Gate): void {
  setImmediate(() => {
    exchange
      .conclude({ status: exchange.cutShort ?? 'unknown' })
      .catch(() => {})
      .finally(() => gate.exchanges.settle(exchange));
  });
}
