// A time during which evidence could not be written, and what is recorded of it once it can be again.

import { type PreparedDraft, prepareDraft } from './draft.ts';

/** The time since appends began to be refused. */
export interface DegradedWindow {
  readonly since: string;
  readonly cause: string;
  readonly refused: number;
}

/** What was refused while the window's own records were being written opens the next one. */
export function remaining(
  now: DegradedWindow | undefined,
  written: DegradedWindow | undefined,
): DegradedWindow | undefined {
  const refused = (now?.refused ?? 0) - (written?.refused ?? 0);
  return now === undefined || refused === 0 ? undefined : { ...now, refused };
}

/** Nothing could be recorded when the window began, so both ends are recorded when it is over. */
export function windowDrafts(window: DegradedWindow, now: string): readonly PreparedDraft[] {
  const { since, cause, refused } = window;
  return [
    prepareDraft({ type: 'degraded.enter', ts: since, detail: { cause } }),
    prepareDraft({ type: 'degraded.exit', ts: now, detail: { cause, since, refused } }),
  ];
}

/**
 * The outcome of a call that was refused because its intent could not be written, when that turns out
 * to be in the lane all the same.
 */
export function repairOf({ draft }: PreparedDraft, ts: string): readonly PreparedDraft[] {
  const { type, exchange, session, principal } = draft;
  if (type !== 'intent' || exchange === undefined) return [];
  const outcome = { status: 'refused', refusal: 'evidence_unavailable' } as const;
  return [
    prepareDraft({
      type: 'outcome',
      ts,
      exchange,
      ...(session === undefined ? {} : { session }),
      ...(principal === undefined ? {} : { principal }),
      outcome,
    }),
  ];
}
