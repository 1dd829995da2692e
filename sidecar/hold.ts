// How many seconds a call may be held for people to decide: what the client it came from bears.
// SDK clients give up after 60 s, most of them also while they hear progress; the modern era has rounds.

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

const MODERN_SECONDS = 45;
const LEGACY_SECONDS = 50;

/**
 * `askedSeconds` shortens every hold. It lengthens one alone: that of clients that hear progress, since
 * only whoever runs them knows that they wait on while it comes (`resetTimeoutOnProgress`).
 */
export function holdLimits(askedSeconds = LEGACY_SECONDS): HoldLimits {
  return {
    modern: Math.min(MODERN_SECONDS, askedSeconds),
    legacy: Math.min(LEGACY_SECONDS, askedSeconds),
    legacyWithProgress: askedSeconds,
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
