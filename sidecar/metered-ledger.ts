// Metrics are counted from the records themselves, once they are durable: what a dashboard shows and
// what an auditor reads can never be two different things.

import type { Ledger, LedgerObserver, Receipt } from '#core/evidence/ledger.ts';
import type { RecordDraft } from '#core/evidence/record.ts';
import type { Metrics } from '#platform/process/metrics.ts';

export class MeteredLedger implements Ledger {
  readonly #ledger: Ledger;
  readonly #metrics: Metrics;

  constructor(ledger: Ledger, metrics: Metrics) {
    this.#ledger = ledger;
    this.#metrics = metrics;
  }

  get healthy(): boolean {
    return this.#ledger.healthy;
  }

  async append(draft: RecordDraft, blob?: Uint8Array): Promise<Receipt> {
    const receipt = await this.#ledger.append(draft, blob);
    this.#count(draft);
    return receipt;
  }

  observe(observer: LedgerObserver): void {
    this.#ledger.observe(observer);
  }

  close(reason: string): Promise<void> {
    return this.#ledger.close(reason);
  }

  #count({ type, decision, message, outcome }: RecordDraft): void {
    this.#metrics.recorded(type);
    if (decision !== undefined) this.#metrics.decided(decision.effect);
    if (outcome?.refusal !== undefined) this.#metrics.refused(outcome.refusal);
    if (type !== 'outcome' || message === undefined || outcome === undefined) return;
    this.#metrics.concluded({
      method: message.method,
      status: outcome.status,
      durationMicros: outcome.durationMicros ?? 0,
    });
  }
}
