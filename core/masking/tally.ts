// What was hidden in one message, for the record: where and how, never what.

import { compareActions, type MaskingAction } from './actions.ts';
import type { Rule } from './plan.ts';

/** What was hidden in one place. */
export interface Redaction {
  readonly detector: string;
  /**
   * JSON pointer (RFC 6901), of the masked message: a key that was masked is masked here too. Empty for
   * all places beyond those that are listed.
   */
  readonly pointer: string;
  readonly action: MaskingAction;
  readonly count: number;
}

/** Something found: by which rule, and the value in the form in which it was found. */
export interface Finding {
  readonly rule: Rule;
  readonly value: string;
}

/** A list of more places would be longer than what it tells of; beyond, each rule has one sum. */
const MAX_LISTED = 256;
/** Keys are written by peers, without bound. */
const MAX_POINTER = 512;

export class Tally {
  readonly #listed = new Map<string, Redaction>();
  #strongest: Finding | undefined;

  note(finding: Finding, pointer: string): void {
    const { label, action } = finding.rule;
    if (this.#strongest === undefined || compareActions(action, this.#strongest.rule.action) > 0) {
      this.#strongest = finding;
    }
    const key = `${label} ${action} ${pointer}`;
    const isListed = this.#listed.has(key) || this.#listed.size < MAX_LISTED;
    if (isListed) this.#count(key, { detector: label, pointer, action });
    else this.#count(`${label} ${action} `, { detector: label, pointer: '', action });
  }

  /** Of those with the strongest action the first. */
  get strongest(): Finding | undefined {
    return this.#strongest;
  }

  list(): readonly Redaction[] {
    return [...this.#listed.values()];
  }

  #count(key: string, place: Omit<Redaction, 'count'>): void {
    this.#listed.set(key, { ...place, count: (this.#listed.get(key)?.count ?? 0) + 1 });
  }
}

/** Why a message is withheld: by a rule, or because what is left of it would not be an answer. */
export class Withheld extends Error {
  override readonly name = 'Withheld';
  readonly code = 'withheld';
  readonly because: 'blocked' | 'unmaskable';
  /** What was to be hidden; absent where no single rule is the reason. */
  readonly redaction: Redaction | undefined;

  constructor(because: 'blocked' | 'unmaskable', rule?: Rule, pointer = '') {
    super(`withheld: ${because}`);
    this.because = because;
    this.redaction = rule && {
      detector: rule.label,
      pointer,
      action: rule.action,
      count: 1,
    };
  }
}

/** The pointer to a member or an item, cut where it gets too long. */
export function pointerInto(pointer: string, key: string | number): string {
  if (pointer.length > MAX_POINTER) return pointer;
  const step = String(key);
  const escaped = /[~/]/.test(step) ? step.replaceAll('~', '~0').replaceAll('/', '~1') : step;
  const longer = `${pointer}/${escaped}`;
  return longer.length <= MAX_POINTER ? longer : `${longer.slice(0, MAX_POINTER)}…`;
}
