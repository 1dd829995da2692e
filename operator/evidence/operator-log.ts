// The operator's own evidence: a log of its own in its own namespace, as gateways write theirs. Records wait
// while it cannot be written; what did not fit is said by number in the next that is.

import { DraftFault } from '#core/evidence/draft.ts';
import type { Ledger } from '#core/evidence/ledger.ts';
import type { RecordDraft } from '#core/evidence/record.ts';

export type OperatorRecord = Pick<RecordDraft, 'type' | 'detail'>;

export interface OperatorLogOptions {
  /** Rejects while evidence cannot be begun. `onFork`: somebody else writes that log by now. */
  readonly open: (onFork: () => void) => Promise<Ledger>;
  /** RFC 3339 in UTC with microseconds. */
  readonly now: () => string;
  readonly onFault: (error: unknown) => void;
}

interface Waiting {
  readonly draft: RecordDraft;
  readonly done: PromiseWithResolvers<void> | undefined;
}

/** It can hold no more records. */
export class OperatorLogFull extends Error {
  override readonly name = 'OperatorLogFull';
  readonly code = 'operator_log_full';
}

const MAX_WAITING = 5000;
const RETRY_MILLIS = 2000;

export class OperatorLog {
  readonly #options: OperatorLogOptions;
  readonly #waiting: Waiting[] = [];
  #lost = 0;
  #ledger: Ledger | undefined;
  #writing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: OperatorLogOptions) {
    this.#options = options;
  }

  /** How many records are not durable yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Nobody waits for it. */
  record(record: OperatorRecord): void {
    if (!this.#push(record, undefined)) this.#lost += 1;
  }

  /** Resolves when it is durable; rejects when it cannot even wait, or can be no record. */
  async append(record: OperatorRecord): Promise<void> {
    const done = Promise.withResolvers<void>();
    if (!this.#push(record, done)) throw new OperatorLogFull('too many records wait');
    await done.promise;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#writing;
    await this.#ledger?.close('stopped').catch(this.#options.onFault);
  }

  #push({ type, detail = {} }: OperatorRecord, done: Waiting['done']): boolean {
    if (this.#isClosed || this.#waiting.length >= MAX_WAITING) return false;
    const lost = this.#lost === 0 ? {} : { lostBefore: this.#lost };
    this.#lost = 0;
    const draft = { type, ts: this.#options.now(), detail: { ...detail, ...lost } };
    this.#waiting.push({ draft, done });
    this.#write();
    return true;
  }

  #write(): void {
    if (this.#writing !== undefined || this.#timer !== undefined) return;
    this.#writing = this.#drain().then(
      () => {
        this.#writing = undefined;
        if (this.#waiting.length > 0) this.#write();
      },
      (error: unknown) => {
        this.#writing = undefined;
        this.#options.onFault(error);
        if (this.#isClosed) return;
        this.#timer = setTimeout(() => {
          this.#timer = undefined;
          this.#write();
        }, RETRY_MILLIS).unref();
      },
    );
  }

  /** In their order: one is gone from here when it is durable there. */
  async #drain(): Promise<void> {
    this.#ledger ??= await this.#options.open(() => this.#leave());
    const ledger = this.#ledger;
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      try {
        await ledger.append(first.draft);
        first.done?.resolve();
      } catch (error) {
        if (!(error instanceof DraftFault)) throw error;
        // It can never be a record, and what waits behind it must not wait for that.
        this.#lost += 1;
        first.done?.reject(error);
        this.#options.onFault(error);
      }
      this.#waiting.shift();
    }
  }

  /** That log is another's for good; what waits goes into the next one. */
  #leave(): void {
    const left = this.#ledger;
    this.#ledger = undefined;
    left?.close('forked').catch(() => {
      // Nothing can be written there any more, and its connection is closed all the same.
    });
  }
}
