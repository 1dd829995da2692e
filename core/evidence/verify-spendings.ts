// Whether any use of a grant was spent twice: the store that locks grants is not part of evidence, and
// whoever rolls it back makes one approval let through two calls.

import type { StoredRecord } from './parse-record.ts';
import type { Report } from './problem.ts';

export class SpendingCheck {
  readonly #report: Report;
  /** Nonce and use. Approvals are made by people, so this stays small next to all else. */
  readonly #spent = new Set<string>();

  constructor(report: Report) {
    this.#report = report;
  }

  record({ type, approval, lane, seq }: StoredRecord, file: string): void {
    if (type !== 'approval.consumed' || approval?.nonce === undefined) return;
    const spending = `${approval.nonce}/${approval.use ?? 1}`;
    if (this.#spent.has(spending)) {
      const message = 'spends a use of a grant that an earlier record had spent';
      this.#report({ code: 'grant_spent_twice', message, file, lane, seq });
    }
    this.#spent.add(spending);
  }
}
