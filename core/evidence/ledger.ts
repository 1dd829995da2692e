// The port through which the data path writes evidence. Durable means: it survives kill -9 and a
// power cut. Adapters: platform/file (fsynced files), platform/memory (tests and the bench).

import type { RecordDraft } from './record.ts';

export interface Receipt {
  readonly lane: string;
  readonly seq: number;
  /** SHA-256 of the record, lower-case hex. */
  readonly hash: string;
}

export interface Ledger {
  /**
   * Appends a draft to the lane. The promise MUST NOT resolve before the record is durable, and
   * drafts appended while a commit is under way are committed together by the next one.
   * Rejects with LedgerFault when the record cannot be made durable; nothing is half-written.
   */
  append(draft: RecordDraft): Promise<Receipt>;
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
