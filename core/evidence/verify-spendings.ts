// Whether each use of a grant was spent once, by the votes of people, and not after they had ended it: the store that locks grants is not
// part of evidence, and whoever rolls it back or forges a grant in it makes calls go through that nobody approved.

import type { StoredRecord } from './parse-record.ts';
import type { ProblemCode, Report } from './problem.ts';
import type { RecordedApproval } from './record.ts';

interface Spending {
  readonly id: string;
  readonly scope: RecordedApproval['scope'];
  /** It rests on no votes. */
  readonly breakGlass: boolean;
  /** Keys of the votes that it rests on. */
  readonly votes: readonly string[];
  readonly place: { readonly file: string; readonly lane: string; readonly seq: number };
}

export class SpendingCheck {
  readonly #report: Report;
  /** Nonce and use. Approvals are made by people, so this stays small next to all else. */
  readonly #spent = new Set<string>();
  readonly #votes = new Set<string>();
  /** Ids of approvals that somebody ended. */
  readonly #ended = new Set<string>();
  readonly #spendings: Spending[] = [];

  constructor(report: Report) {
    this.#report = report;
  }

  record({ type, approval, lane, seq }: StoredRecord, file: string): void {
    if (approval === undefined) return;
    if (type === 'approval.voted' && isTaken(approval)) {
      this.#votes.add(voteKey(approval, approval.approver ?? ''));
    }
    if (ENDS.has(type)) this.#ended.add(approval.id);
    if (type === 'approval.consumed') this.#spend(approval, { file, lane, seq });
  }

  /** Once every log has been read: another gateway, with a log of its own, may have taken votes or ended it. */
  finish(): void {
    for (const spending of this.#spendings) {
      if (!this.#isVoted(spending)) {
        const message = 'spends a grant, and the votes that made it are in no log that was read';
        this.#flag('grant_without_votes', message, spending.place);
      }
      // A window may have been used before the rest of it was taken back.
      if (spending.scope === 'Call' && this.#ended.has(spending.id)) {
        const message = 'spends a grant that somebody had taken back';
        this.#flag('grant_spent_after_end', message, spending.place);
      }
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
    const { id, scope, breakGlass = false } = approval;
    this.#spendings.push({ id, scope, breakGlass, votes, place });
  }

  /** Who answers for broken glass is GlassCheck's to find. */
  #isVoted({ votes, breakGlass }: Spending): boolean {
    return (breakGlass || votes.length > 0) && votes.every((vote) => this.#votes.has(vote));
  }

  #flag(code: ProblemCode, message: string, place: Spending['place']): void {
    this.#report({ code, message, ...place });
  }
}

/** Acts of people; a deadline is not one, nor told apart from a store that fell back in time. */
const ENDS: ReadonlySet<string> = new Set([
  'approval.denied',
  'approval.cancelled',
  'approval.revoked',
]);

function isTaken({ choice, refusal }: RecordedApproval): boolean {
  return choice === 'approve' && refusal === undefined;
}

function voteKey({ id }: RecordedApproval, approver: string): string {
  return JSON.stringify([id, approver]);
}
