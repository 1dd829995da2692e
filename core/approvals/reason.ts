// Why somebody decided as they did: text for the record and for the caller, so it must be there, be
// one line and be bounded. No least length: a floor yields padding, not reasons.

export const MAX_REASON_CHARS = 500;

/** Anything that breaks a line or steers a terminal: controls, separators, direction overrides. */
const STEERING = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;

/** What is wrong with a reason; undefined when it may stand in the record. */
export function reasonProblem(reason: string): string | undefined {
  if (!VISIBLE.test(reason)) return 'is required: say why';
  if (reason.length > MAX_REASON_CHARS) return `is over ${MAX_REASON_CHARS} characters`;
  return !reason.isWellFormed() || STEERING.test(reason)
    ? 'must be one line of text without control characters'
    : undefined;
}
