// Pairs each intent with its outcome. What is left over is dangling: the gateway let it go (or was
// about to refuse it) and died or lost its ledger before it could say how it ended.

import type { StoredRecord } from './parse-record.ts';
import type { ProblemCode, Report } from './problem.ts';
import { RECORD_TYPES, type RecordedPrincipal } from './record.ts';

/** An intent without an outcome; with effect Allow, whether the call took effect is unknown. */
export interface DanglingIntent {
  readonly exchange: string;
  readonly ts: string;
  readonly lane: string;
  readonly seq: number;
  readonly effect?: string;
  readonly method?: string;
  readonly target?: string;
  readonly principal?: RecordedPrincipal;
}

const KNOWN_TYPES: ReadonlySet<string> = new Set(RECORD_TYPES);

export class ExchangeCheck {
  readonly #report: Report;
  /** Only exchanges that are still open, so this stays as small as what was ever in flight. */
  readonly #open = new Map<string, DanglingIntent>();
  readonly #unknownTypes = new Set<string>();
  #intents = 0;
  #outcomes = 0;

  constructor(report: Report) {
    this.#report = report;
  }

  record(record: StoredRecord, file: string): void {
    if (record.type === 'intent') {
      this.#intents += 1;
      this.#intent(record, file);
    } else if (record.type === 'outcome') {
      this.#outcomes += 1;
      if (record.exchange === undefined || !this.#open.delete(record.exchange)) {
        this.#flag('outcome_without_intent', 'an outcome without its intent', record, file);
      }
    } else if (!KNOWN_TYPES.has(record.type) && !this.#unknownTypes.has(record.type)) {
      this.#unknownTypes.add(record.type);
      this.#flag('record_type_unknown', 'a type this verifier does not know', record, file);
    }
  }

  get counts(): { readonly intents: number; readonly outcomes: number } {
    return { intents: this.#intents, outcomes: this.#outcomes };
  }

  get dangling(): readonly DanglingIntent[] {
    return [...this.#open.values()];
  }

  #intent(record: StoredRecord, file: string): void {
    const { exchange } = record;
    if (exchange === undefined || this.#open.has(exchange)) {
      this.#flag('intent_repeated', 'an intent without an exchange of its own', record, file);
      return;
    }
    this.#open.set(exchange, {
      exchange,
      ts: record.ts,
      lane: record.lane,
      seq: record.seq,
      ...(record.decision === undefined ? {} : { effect: record.decision.effect }),
      ...(record.message === undefined ? {} : { method: record.message.method }),
      ...(record.message?.target === undefined ? {} : { target: record.message.target }),
      ...(record.principal === undefined ? {} : { principal: record.principal }),
    });
  }

  #flag(code: ProblemCode, message: string, record: StoredRecord, file: string): void {
    this.#report({ code, message, file, lane: record.lane, seq: record.seq });
  }
}
