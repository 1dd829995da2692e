// Joins telemetry to one gateway: its records and log lines go out, and the time in which they do not
// arrive becomes evidence itself.

import type { Ledger } from '#core/evidence/ledger.ts';
import type { OtlpSettings } from '#platform/otel/otlp-settings.ts';
import type { OutageOptions, OutageWindow } from '#platform/otel/outage.ts';
import type { Telemetry } from '#platform/otel/telemetry.ts';
import type { Clock } from '#platform/process/clock.ts';
import type { Logger } from '#platform/process/log.ts';
import type { Metrics } from '#platform/process/metrics.ts';

export interface TelemetryParts {
  readonly settings: { readonly otlp?: OtlpSettings | undefined; readonly version: string };
  readonly ledger: Ledger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Parts of the drain that a slow receiver may not outstay: with the calls, and with the last record. */
const DRAIN_TELEMETRY_MS = 2_000;
const LAST_RECORD_MS = 500;

/** Undefined when nobody asked for telemetry: then none of it is loaded. */
export async function openTelemetry(parts: TelemetryParts): Promise<Telemetry | undefined> {
  const { settings, ledger, metrics, clock, log } = parts;
  if (settings.otlp === undefined) return undefined;
  const { Telemetry } = await import('#platform/otel/telemetry.ts');
  const telemetry = await Telemetry.open({
    settings: settings.otlp,
    lane: laneOf(ledger),
    version: settings.version,
    metrics,
    outage: outageRecords(ledger, clock, log),
  });
  ledger.observe((record) => telemetry.record(record));
  metrics.observeTelemetry(() => telemetry.isHealthy);
  log.observe((line) => telemetry.line(line));
  return telemetry;
}

/** Closes the ledger between what was measured until then and the record that says so. */
export async function closeLedger(ledger: Ledger, telemetry: Telemetry | undefined): Promise<void> {
  await telemetry?.drain(AbortSignal.timeout(DRAIN_TELEMETRY_MS));
  try {
    await ledger.close('stopped');
    await telemetry?.flush(AbortSignal.timeout(LAST_RECORD_MS));
  } finally {
    telemetry?.close();
  }
}

/** A ledger tells of its opening record at once. */
function laneOf(ledger: Ledger): string {
  let lane = '';
  ledger.observe(({ receipt }) => {
    lane = receipt.lane;
  });
  return lane;
}

function outageRecords(ledger: Ledger, clock: Clock, log: Logger): OutageOptions {
  const now = () => clock.timestamp();
  // A ledger that fails refuses calls; that telemetry fails too is then the lesser news.
  const keep = (type: 'degraded.enter' | 'degraded.exit', detail: OutageDetail) => {
    ledger.append({ type, ts: now(), detail }).catch(() => {});
  };
  return {
    now,
    began: ({ cause }) => {
      log.warn('telemetry does not arrive', { cause });
      keep('degraded.enter', { dependency: 'telemetry', cause });
    },
    ended: (window, isRecovered) => {
      const detail = exitDetail(window, isRecovered);
      log.info('telemetry outage over', detail);
      keep('degraded.exit', detail);
    },
  };
}

type OutageDetail = Readonly<Record<string, string | number | boolean>>;

function exitDetail({ since, cause, dropped }: OutageWindow, isRecovered: boolean): OutageDetail {
  return {
    dependency: 'telemetry',
    cause,
    since,
    recovered: isRecovered,
    droppedSpans: dropped.traces,
    droppedMetrics: dropped.metrics,
    droppedLogs: dropped.logs,
  };
}
