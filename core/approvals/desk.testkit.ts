// A desk over a store in memory and a ledger, either of which a test can make fail.

import { LedgerFault } from '#core/evidence/ledger.ts';
import type { RecordDraft } from '#core/evidence/record.ts';
import {
  AUDIENCE,
  type Facts,
  MCP,
  principal,
  request,
  SIGNER,
  T0,
  TRUSTED,
} from './approvals.testkit.ts';
import { ApprovalBook, BOOK_LIMITS, type Step } from './book.ts';
import { BookStore } from './book-store.ts';
import { type Act, ApprovalDesk, type Caller } from './desk.ts';
import { type ApprovalStore, ApprovalStoreFault } from './store.ts';

export const REASON = 'checked with the customer';

/** Somebody at the desk, of the finance group unless `facts` say otherwise. */
export function caller(subject: string, facts: Facts = {}): Caller {
  const rules = { audience: AUDIENCE, mcpAudiences: [MCP] };
  return { principal: principal(subject, { groups: ['finance'], ...facts }), rules };
}

export class DeskBench {
  now = T0;
  ledgerFails = false;
  storeFails = false;
  /** It does what it is asked, and nobody hears of it. */
  answerIsLost = false;
  /** Called when the store is about to keep a step: to see what evidence holds by then. */
  beforeStep: () => void = () => {};
  readonly records: RecordDraft[] = [];
  readonly store: ApprovalStore;
  readonly desk: ApprovalDesk;
  #nonces = 0;

  constructor() {
    const book = new ApprovalBook(BOOK_LIMITS, TRUSTED);
    const commit = async <Answer>(decide: (kept: ApprovalBook) => Step<Answer>) => {
      this.beforeStep();
      if (this.storeFails) throw new ApprovalStoreFault('unavailable', 'the disk is gone');
      const { answer, entry } = decide(book);
      if (entry !== undefined) book.apply(entry);
      if (this.answerIsLost) throw new ApprovalStoreFault('unavailable', 'no answer in time');
      return answer;
    };
    this.store = new BookStore({ kept: book, commit, close: async () => {} }, () => this.now);
    this.desk = new ApprovalDesk({
      store: this.store,
      append: async (draft) => {
        if (this.ledgerFails) throw new LedgerFault('write_failed', 'the disk is full');
        this.records.push(draft);
      },
      signer: SIGNER,
      nowMillis: () => this.now,
      timestamp: () => new Date(this.now).toISOString().replace('Z', '000Z'),
      newNonce: () => {
        this.#nonces += 1;
        return String(this.#nonces).padStart(32, '0');
      },
    });
  }

  /** A request of Alice that waits; its id. */
  async ask(name: string, asked = request(name)): Promise<string> {
    await this.store.attachOrCreate(asked);
    return asked.id;
  }

  /** What it comes to: `ok`, or the code of the refusal. */
  async decide(by: Caller, act: Act, id: string, reason: string | undefined = REASON) {
    const wish = { id, act, ...(reason === undefined ? {} : { reason }) };
    const answer = await this.desk.decide(by, wish);
    return answer.ok ? 'ok' : answer.code;
  }

  async stateOf(id: string): Promise<string | undefined> {
    return (await this.store.get(id))?.state;
  }

  /** Type, who and why not, of each record: `approval.voted bob`, `approval.voted bob requester`. */
  get story(): readonly string[] {
    return this.records.map(({ type, approval }) =>
      [type, approval?.approver, approval?.refusal].filter((part) => part !== undefined).join(' '),
    );
  }
}
