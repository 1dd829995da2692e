// Whether each use of a grant was spent once, and by the votes of people: the store that locks grants is not
// part of evidence, and whoever rolls it back or forges a grant in it makes calls go through that nobody approved.

import type { StoredRecord } from './parse-record.ts';
import type { ProblemCode, Report } from './problem.ts';
import type { RecordedApproval } from './record.ts';

interface Spending {
  /** Keys of the votes that it rests on. */
  readonly votes: readonly string[];
  readonly place: { readonly file: string; readonly lane: string; readonly seq: number };
}

export class SpendingCheck {
  readonly #report: Report;
  /** Nonce and use. Approvals are made by people, so this stays small next to all else. */
  readonly #spent = new Set<string>();
  readonly #votes = new Set<string>();
  /** Whose votes were not there yet: another gateway, with a log of its own, may have taken them. */
  readonly #unvoted: Spending[] = [];

  constructor(report: Report) {
    this.#report = report;
  }

  record({ type, approval, lane, seq }: StoredRecord, file: string): void {
    if (approval === undefined) return;
    if (type === 'approval.voted' && isTaken(approval)) {
      this.#votes.add(voteKey(approval, approval.approver ?? ''));
    }
    if (type === 'approval.consumed') this.#spend(approval, { file, lane, seq });
  }

  /** Once every log has been read. */
  finish(): void {
    for (const { place } of this.#unvoted.filter((spending) => !this.#isVoted(spending))) {
      const message = 'spends a grant, and the votes that made it are in no log that was read';
      this.#flag('grant_without_votes', message, place);
    }
  }

  #spend(approval: RecordedApproval, place: Spending['place']): void {
    const { nonce, use = 1, approvers = [] } = approval;
    if (nonce !== undefined) {
      const spending = `${nonce}/${use}`;
      if (this.#spent.has(spending)) {
        const message = 'spends a use of a grant that an earlier record had spent';
        this.#flag('grant_spent_twice', message, place);
      }
      this.#spent.add(spending);
    }
    const votes = approvers.map((approver) => voteKey(approval, approver));
    if (!this.#isVoted({ votes, place })) this.#unvoted.push({ votes, place });
  }

  #isVoted({ votes }: Spending): boolean {
    return votes.length > 0 && votes.every((vote) => this.#votes.has(vote));
  }

  #flag(code: ProblemCode, message: string, place: Spending['place']): void {
    this.#report({ code, message, ...place });
  }
}

function isTaken({ choice, refusal }: RecordedApproval): boolean {
  return choice === 'approve' && refusal === undefined;
}

function voteKey({ id }: RecordedApproval, approver: string): string {
  return JSON.stringify([id, approver]);
}
