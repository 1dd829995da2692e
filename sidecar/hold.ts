// How many seconds a call may be held for people to decide: what the client it came from bears.
// Clients give up after 60 s unless they see progress; the modern era has rounds instead.

import type { RequestMessage } from '#core/mcp/messages.ts';
import { eraOf } from '#core/mcp/revisions.ts';
import type { ExchangeFacts } from './exchange.ts';

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
export function holdLimits(atMostSeconds = Number.POSITIVE_INFINITY): HoldLimits {
  return {
    modern: Math.min(HOLD_LIMITS.modern, atMostSeconds),
    legacy: Math.min(HOLD_LIMITS.legacy, atMostSeconds),
    legacyWithProgress: Math.min(HOLD_LIMITS.legacyWithProgress, atMostSeconds),
  };
}

export function holdSeconds(
  { revision, request }: Pick<ExchangeFacts, 'revision' | 'request'>,
  limits: HoldLimits,
): number {
  if (eraOf(revision) === 'modern') return limits.modern;
  return progressTokenOf(request) === undefined ? limits.legacy : limits.legacyWithProgress;
}

/** Where the client wants to hear of progress; undefined when it does not. */
export function progressTokenOf(request: RequestMessage | undefined): string | number | undefined {
  const meta = request?.params._meta;
  if (typeof meta !== 'object' || meta === null || !('progressToken' in meta)) return undefined;
  const token = meta.progressToken;
  return typeof token === 'string' || typeof token === 'number' ? token : undefined;
}
