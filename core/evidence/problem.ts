// What a verifier can find, and how grave each finding is. The codes are part of the output that
// others build on: docs/audit-format.md lists them.

/**
 * `tampering`: nothing a gateway or a crash does explains it. `doubt`: this much cannot be
 * established. `note`: worth knowing, and consistent with honest evidence.
 */
export type Gravity = 'tampering' | 'doubt' | 'note';

const GRAVITY = {
  line_invalid: 'tampering',
  record_invalid: 'tampering',
  lane_mismatch: 'tampering',
  sequence_broken: 'tampering',
  chain_broken: 'tampering',
  head_mismatch: 'tampering',
  signature_invalid: 'tampering',
  opening_invalid: 'tampering',
  certificate_invalid: 'tampering',
  signer_unknown: 'tampering',
  record_after_close: 'tampering',
  lane_missing: 'tampering',
  lane_duplicated: 'tampering',
  seal_mismatch: 'tampering',
  records_lost: 'tampering',
  checkpoint_invalid: 'tampering',
  checkpoint_chain_broken: 'tampering',
  checkpoint_missing: 'tampering',
  checkpoint_unmet: 'tampering',
  anchor_invalid: 'tampering',
  tail_uncheckpointed: 'tampering',
  recording_changed: 'tampering',
  grant_spent_twice: 'tampering',
  grant_spent_after_end: 'tampering',
  glass_self_reviewed: 'tampering',
  marker_invalid: 'tampering',
  no_evidence: 'doubt',
  unreadable: 'doubt',
  trust_not_given: 'doubt',
  archive_not_given: 'doubt',
  record_type_unknown: 'doubt',
  outcome_without_intent: 'doubt',
  intent_repeated: 'doubt',
  grant_without_votes: 'doubt',
  lane_uncertified: 'doubt',
  lane_uncheckpointed: 'doubt',
  lane_certified_late: 'note',
  glass_unrecorded: 'doubt',
  torn_tail: 'note',
  lane_not_closed: 'note',
  clock_went_back: 'note',
  anchor_absent: 'note',
  other_logs: 'note',
  recordings_missing: 'note',
  stray_file: 'note',
  glass_unreviewed: 'note',
  more_problems: 'note',
} as const satisfies Record<string, Gravity>;

export type ProblemCode = keyof typeof GRAVITY;

export function gravityOf(code: ProblemCode): Gravity {
  return GRAVITY[code];
}

export interface Problem {
  readonly code: ProblemCode;
  /** What was found and what it means; holds names and numbers, never recorded content. */
  readonly message: string;
  /** Path inside the evidence directory. */
  readonly file?: string;
  readonly line?: number;
  readonly lane?: string;
  readonly seq?: number;
}

export type Report = (problem: Problem) => void;

export type Verdict = 'verified' | 'tampered' | 'inconclusive';

/** Beyond this many the report says how many more there were, and of each kind one. */
const MAX_PROBLEMS = 200;

/** The kinds that stand against the verdict `verified`. */
export const GRAVE_CODES = Object.keys(GRAVITY).filter(
  // Its keys are the codes.
  (code) => gravityOf(code as ProblemCode) !== 'note',
) as readonly ProblemCode[];

/** Gathers findings in the order they are made; bounded, because a forger decides how many. */
export class Findings {
  readonly #problems: Problem[] = [];
  readonly #notes: Problem[] = [];
  readonly #seen = new Set<ProblemCode>();
  #omitted = 0;

  readonly report: Report = (problem) => {
    const list = gravityOf(problem.code) === 'note' ? this.#notes : this.#problems;
    const isNew = !this.#seen.has(problem.code);
    this.#seen.add(problem.code);
    // Whoever can cause many of one kind must not hide one of another behind them.
    if (isNew || list.length < MAX_PROBLEMS) {
      list.push(problem);
    } else {
      this.#omitted += 1;
    }
  };

  get verdict(): Verdict {
    const found = new Set([...this.#seen].map(gravityOf));
    if (found.has('tampering')) {
      return 'tampered';
    }
    return found.has('doubt') ? 'inconclusive' : 'verified';
  }

  get problems(): readonly Problem[] {
    return this.#problems;
  }

  get notes(): readonly Problem[] {
    const message = `${this.#omitted} more findings are not listed`;
    return this.#omitted === 0 ? this.#notes : [...this.#notes, { code: 'more_problems', message }];
  }
}
