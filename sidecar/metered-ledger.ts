// Metrics are counted from the records themselves, once they are durable: what a dashboard shows and
// what an auditor reads can never be two different things.

import type { Ledger, LedgerObserver, Receipt } from '#core/evidence/ledger.ts';
import { DEFINITION_EFFECTS, type RecordDraft } from '#core/evidence/record.ts';
import { REFUSAL_CODES } from '#core/refusal.ts';
import type { Clock } from '#platform/process/clock.ts';
import type { Metrics } from '#platform/process/metrics.ts';

export class MeteredLedger implements Ledger {
  readonly #ledger: Ledger;
  readonly #metrics: Metrics;
  readonly #clock: Pick<Clock, 'monotonicMicros'>;

  constructor(ledger: Ledger, metrics: Metrics, clock: Pick<Clock, 'monotonicMicros'>) {
    this.#ledger = ledger;
    this.#metrics = metrics;
    this.#clock = clock;
    ledger.observe(({ draft }) => this.#count(draft));
  }

  get healthy(): boolean {
    return this.#ledger.healthy;
  }

  async append(draft: RecordDraft, blob?: Uint8Array): Promise<Receipt> {
    const startedMicros = this.#clock.monotonicMicros();
    const receipt = await this.#ledger.append(draft, blob);
    this.#metrics.committed(this.#clock.monotonicMicros() - startedMicros);
    return receipt;
  }

  observe(observer: LedgerObserver): void {
    this.#ledger.observe(observer);
  }

  close(reason: string): Promise<void> {
    return this.#ledger.close(reason);
  }

  #count({ type, decision, message, outcome, masking, detail }: RecordDraft): void {
    this.#metrics.recorded(type);
    if (type === 'catalog.changed') this.#countChange(detail?.effect);
    if (decision !== undefined) this.#metrics.decided(decision.effect);
    if (masking !== undefined) this.#metrics.masked(masking);
    if (outcome?.refusal !== undefined) this.#metrics.refused(outcome.refusal);
    else if (type === 'message.refused') this.#countSum(detail ?? {});
    if (type !== 'outcome' || message === undefined || outcome === undefined) return;
    this.#metrics.concluded({
      method: message.method,
      status: outcome.status,
      durationMicros: outcome.durationMicros ?? 0,
    });
  }

  #countChange(effect: unknown): void {
    const known = DEFINITION_EFFECTS.find((each) => each === effect);
    if (known !== undefined) this.#metrics.definitionChanged(known);
  }

  /** A record that stands for many refusals says how many of each code. */
  #countSum(detail: NonNullable<RecordDraft['detail']>): void {
    for (const code of REFUSAL_CODES) {
      const count = detail[code];
      if (typeof count === 'number') this.#metrics.refused(code, count);
    }
  }
}
