// The port through which the data path writes evidence. Durable means: it survives kill -9 and a
// power cut. Adapters: platform/file (fsynced files), platform/memory (tests and the bench).

import type { RecordDraft } from './record.ts';

export interface Receipt {
  readonly lane: string;
  readonly seq: number;
  /** SHA-256 of the record, lower-case hex. */
  readonly hash: string;
}

/** A record that is durable: what was said, and the place that its lane gave it. */
export interface DurableRecord {
  readonly draft: RecordDraft;
  readonly receipt: Receipt;
  /** Of its canonical text, near enough to bound what waits somewhere. */
  readonly sizeBytes: number;
}

/** Called in the lane's order; it must return at once. What it throws is lost. */
export type LedgerObserver = (record: DurableRecord) => void;

export function tell(observer: LedgerObserver, record: DurableRecord): void {
  try {
    observer(record);
  } catch {
    // The record is durable and its writer knows: a projection's fault is not theirs.
  }
}

export interface Ledger {
  /**
   * Appends a draft to the lane. The promise MUST NOT resolve before the record is durable, and
   * drafts appended while a commit is under way are committed together by the next one.
   * Rejects with LedgerFault when the record cannot be made durable; nothing is half-written.
   * `blob` is what `draft.payload` names, and is there exactly when that is: it becomes durable before
   * the record does, so that no record ever names a blob that is not there.
   */
  append(draft: RecordDraft, blob?: Uint8Array): Promise<Receipt>;
  /**
   * Tells of lane.open at once and of every later record once it is durable, the ledger's own ones
   * too. For projections: whatever becomes of them, the record stands.
   */
  observe(observer: LedgerObserver): void;
  /** False from the first failed append until one succeeds again. */
  readonly healthy: boolean;
  /** Writes lane.close and releases the files; idempotent. */
  close(reason: string): Promise<void>;
}

export class LedgerFault extends Error {
  override readonly name = 'LedgerFault';
  readonly code: 'write_failed' | 'backlog_full' | 'closed';

  constructor(code: LedgerFault['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
