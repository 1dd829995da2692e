// Keeps what an intent says until its outcome comes, so that one span tells the whole exchange. Bounded:
// of the oldest beyond the limit only the outcome is told.

import type { DurableRecord } from '#core/evidence/ledger.ts';
import type { RecordedDecision } from '#core/evidence/record.ts';

/** A record as it is projected: with what the records before it said of the same exchange. */
export interface AuditItem {
  readonly record: DurableRecord;
  readonly decision?: RecordedDecision;
  /** The approval that was spent for this call. */
  readonly approval?: string;
  /** The exchange for which Gatehouse itself asked the server this. */
  readonly askedFor?: string;
}

type Known = Omit<AuditItem, 'record'>;

/** Exchanges open at once, streams included; some hundred bytes each. */
const MAX_OPEN = 16_384;

export class AuditTrail {
  readonly #maxOpen: number;
  readonly #open = new Map<string, Known>();

  constructor(maxOpen = MAX_OPEN) {
    this.#maxOpen = maxOpen;
  }

  /** Takes records in the lane's order. */
  follow(record: DurableRecord): AuditItem {
    const { type, exchange, decision, approval, detail } = record.draft;
    if (exchange === undefined) return { record };
    if (type === 'approval.consumed' && approval !== undefined) {
      this.#learn(exchange, { approval: approval.id });
    } else if (type === 'intent' && decision !== undefined) {
      const askedFor = detail?.askedFor;
      this.#learn(exchange, {
        decision,
        ...(typeof askedFor === 'string' ? { askedFor } : {}),
      });
    } else if (type === 'outcome') {
      const known = this.#open.get(exchange);
      this.#open.delete(exchange);
      return { ...known, record };
    }
    return { record };
  }

  #learn(exchange: string, said: Known): void {
    const known = this.#open.get(exchange);
    this.#open.set(exchange, { ...known, ...said });
    if (this.#open.size <= this.#maxOpen) return;
    const [oldest] = this.#open.keys();
    if (oldest !== undefined) this.#open.delete(oldest);
  }
}
