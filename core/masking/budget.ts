// How much work one message may cost. Who writes it could have its values looked for again and again, in
// encodings of encodings; beyond the budget the message is withheld, not searched less well.

import type { RegexBudget } from '#core/policy/regex.ts';

/** Counts down over everything that is looked for in one message. */
export interface MaskingBudget extends RegexBudget {
  /** Characters that detectors may still look at; each view and each decoding counts anew. */
  characters: number;
}

/** Steps that patterns take for each character of a message; some more for short ones, never more in all. */
const STEPS_PER_CHARACTER = 8;
const MIN_STEPS = 4_000_000;
/** A second or two. */
const MAX_STEPS = 30_000_000;
/** Three views, a decoding of each and three rounds of dropping are not in one honest message. */
const VIEWS_PER_CHARACTER = 12;
const MIN_CHARACTERS = 1_000_000;
/** Some seconds; still three views of the largest message that a policy allows by itself (16 MiB). */
const MAX_CHARACTERS = 50_000_000;

export function newBudget(sizeChars: number): MaskingBudget {
  return {
    steps: Math.min(MAX_STEPS, MIN_STEPS + STEPS_PER_CHARACTER * sizeChars),
    characters: Math.min(MAX_CHARACTERS, MIN_CHARACTERS + VIEWS_PER_CHARACTER * sizeChars),
  };
}

/** Throws BudgetFault when nothing is left. */
export function spendCharacters(budget: MaskingBudget, count: number): void {
  budget.characters -= count;
  if (budget.characters < 0) throw new BudgetFault();
}

export class BudgetFault extends Error {
  override readonly name = 'BudgetFault';
  readonly code = 'masking_budget';

  constructor() {
    super('the message would have to be read too often');
  }
}
