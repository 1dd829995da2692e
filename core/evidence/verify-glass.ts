// Whether each call that went on without a decision says who broke the glass for it, and whether somebody else
// has reviewed that in time. The store that blocks on reviews is not part of evidence: whoever hides an overdue
// one in it is found here.

import type { StoredRecord } from './parse-record.ts';
import type { Report } from './problem.ts';
import type { RecordedApproval, RecordedPrincipal } from './record.ts';

interface Place {
  readonly file: string;
  readonly lane: string;
  readonly seq: number;
}

interface Broken {
  readonly id: string;
  /** Keys of accounts that must not review it. */
  readonly involved: readonly string[];
  readonly reviewUntilMillis: number;
  readonly place: Place;
}

interface Review {
  readonly nonce: string;
  readonly reviewer: string;
  readonly atMillis: number;
  readonly place: Place;
}

export class GlassCheck {
  readonly #report: Report;
  /** By the nonce of the grant that was made. People break glass, so all of this stays small. */
  readonly #broken = new Map<string, Broken>();
  /** Steps that the store did not take: they are on record twice. */
  readonly #undone = new Set<string>();
  readonly #reviews: Review[] = [];
  readonly #spent: { readonly nonce: string; readonly place: Place }[] = [];
  /** Of the newest record: what is overdue is so as of then. */
  #latest = '';

  constructor(report: Report) {
    this.#report = report;
  }

  record({ type, ts, approval, principal, lane, seq }: StoredRecord, file: string): void {
    if (ts > this.#latest) this.#latest = ts;
    const { nonce } = approval ?? {};
    if (approval === undefined || nonce === undefined) return;
    const place = { file, lane, seq };
    if (type === 'approval.consumed' && approval.breakGlass) this.#spent.push({ nonce, place });
    if (type !== 'approval.glass_broken' && type !== 'approval.glass_reviewed') return;
    const who = approverKey(approval);
    if (approval.refusal !== undefined) {
      this.#undone.add(stepKey(type, nonce, who));
    } else if (type === 'approval.glass_broken') {
      const { id, reviewUntilMillis = 0 } = approval;
      const involved = [who, requesterKey(principal)];
      this.#broken.set(nonce, { id, involved, reviewUntilMillis, place });
    } else {
      this.#reviews.push({ nonce, reviewer: who, atMillis: Date.parse(ts), place });
    }
  }

  /** Once every log has been read: glass is broken at one gateway, spent and reviewed at others. */
  finish(): void {
    for (const { nonce, place } of this.#spent) {
      if (!this.#broken.has(nonce)) {
        const message =
          'a call went on without a decision, and who broke the glass is in no log that was read';
        this.#report({ code: 'glass_unrecorded', message, ...place });
      }
    }
    for (const [nonce, broken] of this.#broken) this.#judge(nonce, broken);
  }

  #judge(nonce: string, { id, involved, reviewUntilMillis, place }: Broken): void {
    const [breaker = ''] = involved;
    const isUsed = this.#spent.some((spent) => spent.nonce === nonce);
    if (this.#undone.has(stepKey('approval.glass_broken', nonce, breaker)) && !isUsed) return;
    const reviews = this.#reviews.filter(
      (review) =>
        review.nonce === nonce &&
        !this.#undone.has(stepKey('approval.glass_reviewed', nonce, review.reviewer)),
    );
    for (const { place: at } of reviews.filter(({ reviewer }) => involved.includes(reviewer))) {
      const message = 'reviews broken glass that the reviewer broke, or whose call they asked for';
      this.#report({ code: 'glass_self_reviewed', message, ...at });
    }
    const [first] = reviews.map(({ atMillis }) => atMillis).sort((a, b) => a - b);
    const asOf = first ?? Date.parse(this.#latest);
    if (asOf <= reviewUntilMillis) return;
    const what = first === undefined ? 'was not reviewed' : 'was reviewed, but not';
    const message = `glass broken for approval ${id} ${what} within the time for it`;
    this.#report({ code: 'glass_unreviewed', message, ...place });
  }
}

function stepKey(type: string, nonce: string, who: string): string {
  return JSON.stringify([type, nonce, who]);
}

function approverKey({ approverIssuer, approver }: RecordedApproval): string {
  return JSON.stringify([approverIssuer ?? '', approver ?? '']);
}

function requesterKey(principal: RecordedPrincipal | undefined): string {
  return JSON.stringify([principal?.issuer ?? '', principal?.subject ?? '']);
}
