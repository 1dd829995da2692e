// The port over one book: what the adapters of a single process have in common. What differs is how
// a step is kept, and that is the keeper's.

import type { Approval } from './approval.ts';
import type { ApprovalBook, Entry, Step } from './book.ts';
import type { Breaking, Reviewing } from './break-glass.ts';
import { expireEach } from './expire-each.ts';
import type { ApprovalRequest } from './request.ts';
import type { Account, ApprovalEvent, Spend } from './states.ts';
import {
  type ApprovalQuery,
  type ApprovalStore,
  ApprovalStoreFault,
  type Attachment,
  type Moved,
  type NonceSpending,
  type Revocation,
  type Seen,
} from './store.ts';
import type { Ballot } from './voting.ts';
import { Watchers } from './watchers.ts';

export interface BookKeeper {
  /** The book as it is kept: nothing in it can be lost any more. */
  readonly kept: ApprovalBook;
  /**
   * Decides on the newest book, one step at a time; resolves with the answer once the entry, and
   * every entry the decision rests on, is kept. Rejects with ApprovalStoreFault when it cannot be.
   */
  commit<Answer>(decide: (book: ApprovalBook) => Step<Answer>): Promise<Answer>;
  /** Idempotent. */
  close(): Promise<void>;
}

export class BookStore implements ApprovalStore {
  readonly #keeper: BookKeeper;
  readonly #nowMillis: () => number;
  readonly #watchers = new Watchers();
  #isClosed = false;

  /** `nowMillis`: whole milliseconds since 1970. */
  constructor(keeper: BookKeeper, nowMillis: () => number) {
    this.#keeper = keeper;
    this.#nowMillis = nowMillis;
  }

  attachOrCreate(request: ApprovalRequest): Promise<Attachment> {
    return this.#commit((book) => book.attachOrCreate(request, this.#nowMillis()));
  }

  vote(id: string, ballot: Ballot): Promise<Moved> {
    return this.#move(id, { kind: 'vote', ...ballot });
  }

  consume(id: string, spend: Spend): Promise<Moved> {
    return this.#move(id, { kind: 'consume', ...spend });
  }

  settle(id: string, exchange: string): Promise<Moved> {
    return this.#move(id, { kind: 'settle', exchange });
  }

  cancel(id: string, by: Account, reason?: string): Promise<Moved> {
    return this.#move(id, { kind: 'cancel', by, ...(reason === undefined ? {} : { reason }) });
  }

  revoke(id: string, { approver, reason }: Revocation): Promise<Moved> {
    return this.#move(id, { kind: 'revoke', approver, reason });
  }

  breakGlass(id: string, breaking: Breaking): Promise<Moved> {
    return this.#move(id, { kind: 'break', ...breaking });
  }

  review(id: string, reviewing: Reviewing): Promise<Moved> {
    return this.#move(id, { kind: 'review', ...reviewing });
  }

  async expire(): Promise<readonly Approval[]> {
    this.#mustBeOpen();
    const due = this.#keeper.kept.due(this.#nowMillis());
    return expireEach(due, (id) => this.#move(id, { kind: 'expire' }));
  }

  tellOverdue(id: string): Promise<Moved> {
    return this.#move(id, { kind: 'overdue' });
  }

  async get(id: string): Promise<Approval | undefined> {
    this.#mustBeOpen();
    return this.#keeper.kept.get(id, this.#nowMillis());
  }

  async find(binding: string): Promise<Approval | undefined> {
    this.#mustBeOpen();
    return this.#keeper.kept.find(binding, this.#nowMillis());
  }

  async list(query: ApprovalQuery): Promise<readonly Approval[]> {
    this.#mustBeOpen();
    return this.#keeper.kept.list(query, this.#nowMillis());
  }

  async waitFor(seen: Seen, signal: AbortSignal): Promise<Approval | undefined> {
    this.#mustBeOpen();
    const approval = this.#keeper.kept.get(seen.id, this.#nowMillis());
    if (approval === undefined || approval.version > seen.version) return approval;
    return this.#watchers.wait(seen, signal);
  }

  spendNonce(nonce: string, expiresAtMillis: number): Promise<NonceSpending> {
    return this.#commit((book) => book.spendNonce(nonce, expiresAtMillis, this.#nowMillis()));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#watchers.close(closedFault());
    await this.#keeper.close();
  }

  #move(id: string, event: ApprovalEvent): Promise<Moved> {
    return this.#commit((book) => book.move(id, event, this.#nowMillis()));
  }

  async #commit<Answer>(decide: (book: ApprovalBook) => Step<Answer>): Promise<Answer> {
    this.#mustBeOpen();
    let entry: Entry | undefined;
    const answer = await this.#keeper.commit((book) => {
      const step = decide(book);
      entry = step.entry;
      return step;
    });
    this.#notify(entry);
    return answer;
  }

  #notify(entry: Entry | undefined): void {
    if (entry?.kind === 'approval') this.#watchers.notify(entry.approval);
  }

  #mustBeOpen(): void {
    if (this.#isClosed) throw closedFault();
  }
}

function closedFault(): ApprovalStoreFault {
  return new ApprovalStoreFault('closed', 'the approval store is closed');
}
