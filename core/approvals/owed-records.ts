// Records of what has happened already. What evidence cannot take now is owed: kept in order, and
// written before anything later as soon as evidence takes it again.

import { LedgerFault } from '#core/evidence/ledger.ts';
import type { RecordDraft } from '#core/evidence/record.ts';

/** Resolves once the record is durable; rejects with LedgerFault when it cannot be. */
export type Append = (draft: RecordDraft) => Promise<unknown>;

/** Nothing new is asked or approved while evidence fails, so what ends meanwhile is less than this. */
const MAX_OWED = 4096;
/** Anybody with a token can be turned away, again and again: not at the cost of what has happened. */
const MAX_OWED_BEFORE_TURNED_AWAY = 1024;

export class OwedRecords {
  readonly #append: Append;
  readonly #owed: RecordDraft[] = [];
  #settling: Promise<void> | undefined;
  #lost = 0;

  constructor(append: Append) {
    this.#append = append;
  }

  /** How many wait to be written. */
  get size(): number {
    return this.#owed.length;
  }

  /** How many were given up: too many waited, or it could never be a record. */
  get lost(): number {
    return this.#lost;
  }

  /** Resolves when the record is durable, or is owed. */
  async write(
    draft: RecordDraft,
    about: 'what happened' | 'turned away' = 'what happened',
  ): Promise<void> {
    const max = about === 'turned away' ? MAX_OWED_BEFORE_TURNED_AWAY : MAX_OWED;
    if (this.#owed.length >= max) {
      this.#lost += 1;
      return;
    }
    this.#owed.push(draft);
    await this.settle();
  }

  /** Writes what is owed, as far as evidence takes it. */
  settle(): Promise<void> {
    this.#settling ??= this.#writeAll();
    return this.#settling;
  }

  /** Over in the very turn in which it finds nothing more, so that whoever comes next begins anew. */
  async #writeAll(): Promise<void> {
    // By the next turn it is known to be under way.
    await Promise.resolve();
    try {
      for (let next = this.#owed[0]; next !== undefined; next = this.#owed[0]) {
        await this.#append(next);
        this.#owed.shift();
      }
    } catch (error) {
      if (error instanceof LedgerFault) return;
      // One that can never be a record must not hold up all that come after it.
      this.#owed.shift();
      this.#lost += 1;
      throw error;
    } finally {
      this.#settling = undefined;
    }
  }
}
