// How long a call may wait for people inside one HTTP exchange, and what its client hears meanwhile.
// Clients give up after 60 s unless they see progress; the modern era has rounds instead.

import type { RequestMessage } from '#core/mcp/messages.ts';
import { notification } from '#core/mcp/replies.ts';
import { eraOf } from '#core/mcp/revisions.ts';
import { encodeSseEvent } from '#core/mcp/sse.ts';
import type { ClientReply } from './client-reply.ts';
import type { Exchange } from './exchange.ts';

/** Seconds; each below the time-out of the clients it is for (protocol reference 3.2, 3.3). */
export interface HoldLimits {
  /** One round of a modern client. */
  readonly modern: number;
  /** A legacy client that cannot be shown progress. */
  readonly legacy: number;
  /** A legacy client that asked for progress. */
  readonly legacyWithProgress: number;
}

const HOLD_LIMITS: HoldLimits = { modern: 45, legacy: 50, legacyWithProgress: 210 };

/** The limits above, none longer than `atMostSeconds`. */
export function holdLimits(atMostSeconds: number | undefined): HoldLimits {
  const most = atMostSeconds ?? Number.POSITIVE_INFINITY;
  return {
    modern: Math.min(HOLD_LIMITS.modern, most),
    legacy: Math.min(HOLD_LIMITS.legacy, most),
    legacyWithProgress: Math.min(HOLD_LIMITS.legacyWithProgress, most),
  };
}

/** How often a waiting client hears that its call is alive. */
const PROGRESS_MS = 10_000;

export function holdSeconds({ facts }: Exchange, limits: HoldLimits): number {
  if (eraOf(facts.revision) === 'modern') return limits.modern;
  return progressTokenOf(facts.request) === undefined ? limits.legacy : limits.legacyWithProgress;
}

/**
 * Tells a legacy client that asked for progress, now and every ten seconds, what its call waits for.
 * The values count the remaining seconds down from below zero: they only ever grow, and the server's
 * own progress, which starts at zero, goes on from there unchanged.
 */
export function keepInformed(
  exchange: Exchange,
  client: ClientReply,
  { message, seconds }: { readonly message: string; readonly seconds: number },
): () => void {
  const progressToken = progressTokenOf(exchange.facts.request);
  if (progressToken === undefined || eraOf(exchange.facts.revision) === 'modern') return () => {};
  const { session } = exchange.facts;
  client.openStream(session === undefined ? {} : { 'mcp-session-id': session.sealed });
  const endsAt = performance.now() + seconds * 1000;
  const tell = (): void => {
    const progress = Math.round((performance.now() - endsAt) / 10) / 100;
    const data = notification('notifications/progress', { progressToken, progress, message });
    void client.write(encodeSseEvent({ event: 'message', data }));
  };
  tell();
  const timer = setInterval(tell, PROGRESS_MS);
  timer.unref();
  return () => clearInterval(timer);
}

function progressTokenOf(request: RequestMessage | undefined): string | number | undefined {
  const meta = request?.params._meta;
  if (typeof meta !== 'object' || meta === null || !('progressToken' in meta)) return undefined;
  const token = meta.progressToken;
  return typeof token === 'string' || typeof token === 'number' ? token : undefined;
}
