// The operator's own evidence: a log of its own in its own namespace, as gateways write theirs. Records wait
// while it cannot be written; what did not fit is said by number in the next that is.

import type { Ledger } from '#core/evidence/ledger.ts';
import type { RecordDraft } from '#core/evidence/record.ts';

export type OperatorRecord = Pick<RecordDraft, 'type' | 'detail'>;

export interface OperatorLogOptions {
  /** Rejects while evidence cannot be begun. */
  readonly open: () => Promise<Ledger>;
  /** RFC 3339 in UTC with microseconds. */
  readonly now: () => string;
  readonly onFault: (error: unknown) => void;
}

const MAX_WAITING = 5000;
const RETRY_MILLIS = 2000;

export class OperatorLog {
  readonly #options: OperatorLogOptions;
  readonly #waiting: RecordDraft[] = [];
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

  record({ type, detail = {} }: OperatorRecord): void {
    if (this.#isClosed) return;
    if (this.#waiting.length >= MAX_WAITING) {
      this.#lost += 1;
      return;
    }
    const lost = this.#lost === 0 ? {} : { lostBefore: this.#lost };
    this.#lost = 0;
    this.#waiting.push({ type, ts: this.#options.now(), detail: { ...detail, ...lost } });
    this.#write();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#writing;
    await this.#ledger?.close('stopped').catch(this.#options.onFault);
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
    this.#ledger ??= await this.#options.open();
    for (let draft = this.#waiting[0]; draft !== undefined; draft = this.#waiting[0]) {
      await this.#ledger.append(draft);
      this.#waiting.shift();
    }
  }
}
