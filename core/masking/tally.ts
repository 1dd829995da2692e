// What was hidden in one message, for the record: where and how, never what.

import { compareActions, type MaskingAction } from './actions.ts';
import type { Rule } from './plan.ts';

/** What was hidden in one place; `count` when more than once. */
export interface Redaction {
  readonly detector: string;
  /** JSON pointer (RFC 6901), of the masked message: a key that was masked is masked here too. */
  readonly pointer: string;
  readonly action: MaskingAction;
  readonly count?: number;
}

/** Something found: by which rule, and the value in the form in which it was found. */
export interface Finding {
  readonly rule: Rule;
  readonly value: string;
}

/** A list of more would be longer than what it tells of. */
const MAX_LISTED = 256;
/** Keys are written by peers, without bound. */
const MAX_POINTER = 512;

export class Tally {
  readonly #listed = new Map<string, { redaction: Redaction; count: number }>();
  #total = 0;
  #strongest: Finding | undefined;

  note(finding: Finding, pointer: string): void {
    const { label, action } = finding.rule;
    this.#total += 1;
    if (this.#strongest === undefined || compareActions(action, this.#strongest.rule.action) > 0) {
      this.#strongest = finding;
    }
    const key = `${label} ${action} ${pointer}`;
    const known = this.#listed.get(key);
    if (known !== undefined) known.count += 1;
    else if (this.#listed.size < MAX_LISTED) {
      const redaction = { detector: label, pointer: shortened(pointer), action };
      this.#listed.set(key, { redaction, count: 1 });
    }
  }

  /** Hidden values, also those that the list has no room for. */
  get total(): number {
    return this.#total;
  }

  /** Of those with the strongest action the first. */
  get strongest(): Finding | undefined {
    return this.#strongest;
  }

  list(): readonly Redaction[] {
    return [...this.#listed.values()].map(({ redaction, count }) =>
      count === 1 ? redaction : { ...redaction, count },
    );
  }
}

/** Why a message is withheld: by a rule, or because what is left of it would not be an answer. */
export class Withheld extends Error {
  override readonly name = 'Withheld';
  readonly code = 'withheld';
  readonly because: 'blocked' | 'unmaskable';
  readonly detector: string;
  readonly pointer: string;

  constructor(because: 'blocked' | 'unmaskable', detector: string, pointer: string) {
    super(`withheld: ${because}`);
    this.because = because;
    this.detector = detector;
    this.pointer = shortened(pointer);
  }
}

export function pointerStep(key: string | number): string {
  const step = String(key);
  return /[~/]/.test(step) ? `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}` : `/${step}`;
}

function shortened(pointer: string): string {
  return pointer.length <= MAX_POINTER ? pointer : `${pointer.slice(0, MAX_POINTER)}…`;
}
