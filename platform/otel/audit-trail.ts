// Keeps what an intent says until its outcome comes, so that one span tells the whole exchange. Bounded:
// of the oldest beyond the limit only the outcome is told.

import type { DurableRecord } from '#core/evidence/ledger.ts';
import type { RecordDraft, RecordedDecision, RecordedMasking } from '#core/evidence/record.ts';

/** A record as it is projected: with what the records before it said of the same exchange. */
export interface AuditItem {
  readonly record: DurableRecord;
  readonly decision?: RecordedDecision;
  /** The approval that was spent for this call. */
  readonly approval?: string;
  /** The exchange for which Gatehouse itself asked the server this. */
  readonly askedFor?: string;
  /** Values hidden in the messages of the exchange before this one. */
  readonly redactions?: number;
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
    const { draft } = record;
    const { exchange } = draft;
    if (exchange === undefined) return { record };
    const known = this.#open.get(exchange);
    if (draft.type === 'outcome') {
      this.#open.delete(exchange);
      return { ...known, record };
    }
    const said = saidBy(draft, known);
    if (said !== undefined) this.#learn(exchange, { ...known, ...said });
    return { record };
  }

  #learn(exchange: string, known: Known): void {
    this.#open.set(exchange, known);
    if (this.#open.size <= this.#maxOpen) return;
    const [oldest] = this.#open.keys();
    if (oldest !== undefined) this.#open.delete(oldest);
  }
}

/** What the exchange's span will say of this; undefined when it is nothing. */
function saidBy(draft: RecordDraft, known: Known | undefined): Known | undefined {
  const { type, decision, approval, detail, masking } = draft;
  if (type === 'approval.consumed' && approval !== undefined) return { approval: approval.id };
  const hidden = redactionsIn(masking);
  const redactions = hidden === 0 ? {} : { redactions: hidden + (known?.redactions ?? 0) };
  if (type !== 'intent') return hidden === 0 ? undefined : redactions;
  const askedFor = detail?.askedFor;
  return {
    ...redactions,
    ...(decision === undefined ? {} : { decision }),
    ...(typeof askedFor === 'string' ? { askedFor } : {}),
  };
}

/** Values that masking hid in one message. */
export function redactionsIn(masking: RecordedMasking | undefined): number {
  return masking?.redactions.reduce((sum, { count }) => sum + count, 0) ?? 0;
}
