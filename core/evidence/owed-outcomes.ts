// Outcomes that calls ended with and that evidence could not take: their callers were told so, and what is in the lane is an
// intent without an end. They are written, without the answer, as soon as anything can be.

import { repairOf } from './degraded-window.ts';
import { type PreparedDraft, prepareDraft } from './draft.ts';

/** More than a gateway has under way; what is beyond stays without an outcome, which verifying lists. */
const MAX_OWED = 8192;
/** Written at a time: as much again may stand beside it on a line, which has its bound. */
const MAX_PAID_COUNT = 1024;
const MAX_PAID_BYTES = 1024 * 1024;

export class OwedOutcomes {
  #owed: readonly PreparedDraft[] = [];
  /** Exchanges whose intent was refused as well: nothing is in the lane that would have to end. */
  readonly #begun = new Set<string>();

  /** To be written before anything else; `isAll` unless there is more of it than goes on one line. */
  get first(): { readonly drafts: readonly PreparedDraft[]; readonly isAll: boolean } {
    let sizeBytes = 0;
    const end = this.#owed.findIndex((draft, index) => {
      sizeBytes += draft.sizeBytes;
      return index === MAX_PAID_COUNT || sizeBytes > MAX_PAID_BYTES;
    });
    return end === -1
      ? { drafts: this.#owed, isAll: true }
      : { drafts: this.#owed.slice(0, end), isAll: false };
  }

  /** Nothing of these is in the lane. */
  refused(drafts: readonly PreparedDraft[]): void {
    for (const { draft } of drafts) {
      if (draft.type === 'intent' && this.#begun.size < MAX_OWED) {
        this.#begun.add(draft.exchange ?? '');
      }
    }
    this.#owe(drafts.flatMap((each) => (this.#isEndless(each) ? withheld(each) : [])));
  }

  /** These are in the lane although their callers were refused. */
  arrived(drafts: readonly PreparedDraft[], ts: string): void {
    const ended = new Set(
      drafts.flatMap(({ draft: { type, exchange } }) => (type === 'outcome' ? [exchange] : [])),
    );
    this.#owe(drafts.flatMap((each) => (ended.has(each.draft.exchange) ? [] : repairOf(each, ts))));
  }

  /** What `first` gave is in the lane. */
  written(drafts: readonly PreparedDraft[]): void {
    this.#owed = this.#owed.filter((each) => !drafts.includes(each));
    if (this.#owed.length === 0) this.#begun.clear();
  }

  #isEndless({ draft: { type, exchange } }: PreparedDraft): boolean {
    return type === 'outcome' && exchange !== undefined && !this.#begun.has(exchange);
  }

  #owe(drafts: readonly PreparedDraft[]): void {
    this.#owed = [...this.#owed, ...drafts].slice(0, MAX_OWED);
  }
}

/** The same end, as its caller heard of it. A recording of the answer is gone with the answer. */
function withheld({ draft }: PreparedDraft): readonly PreparedDraft[] {
  const { payload, masking, outcome, ...said } = draft;
  if (outcome === undefined) return [];
  const reason = `the outcome (${outcome.status}) could not be recorded in time`;
  const told = { status: 'withheld', refusal: 'evidence_unavailable', reason } as const;
  return [prepareDraft({ ...said, outcome: { ...outcome, ...told } })];
}
