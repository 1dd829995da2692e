import { DataPointType } from '@opentelemetry/sdk-metrics';
import { expect } from 'chai';
import { Metrics } from '#platform/process/metrics.ts';
import { METRIC } from '#platform/process/semconv.ts';
import { bridged } from './prometheus-bridge.ts';

const SPAN = { startTime: [1, 0], endTime: [2, 0] } as {
  startTime: [number, number];
  endTime: [number, number];
};

async function metricsOf(measure: (metrics: Metrics) => void) {
  const metrics = new Metrics('1.2.3');
  measure(metrics);
  const found = bridged(await metrics.families(), SPAN);
  return new Map(found.map((metric) => [metric.descriptor.name, metric]));
}

describe('what Prometheus counts, for OpenTelemetry', () => {
  it('is a sum of each counter, since the start', async () => {
    const found = await metricsOf((metrics) => {
      metrics.refused('denied', 3);
      metrics.refused('token_missing');
    });

    const refusals = found.get(METRIC.refusals);
    expect(refusals).to.include({ dataPointType: DataPointType.SUM, isMonotonic: true });
    expect(refusals?.dataPoints).to.deep.equal([
      { ...SPAN, attributes: { code: 'denied' }, value: 3 },
      { ...SPAN, attributes: { code: 'token_missing' }, value: 1 },
    ]);
  });

  it('is a gauge of what is read', async () => {
    const found = await metricsOf((metrics) => {
      metrics.observe({
        evidenceHealthy: () => true,
        streamsOpen: () => 4,
        callsWaiting: () => 0,
        tasksKept: () => 0,
      });
    });

    expect(found.get(METRIC.streamsOpen)).to.deep.include({
      dataPointType: DataPointType.GAUGE,
      dataPoints: [{ ...SPAN, attributes: {}, value: 4 }],
    });
    expect(found.get(METRIC.buildInfo)?.dataPoints[0]?.attributes).to.deep.equal({
      version: '1.2.3',
    });
  });

  it('is a histogram whose buckets are counted each for itself', async () => {
    const found = await metricsOf((metrics) => {
      for (const durationMicros of [500, 700, 3000, 400_000_000]) {
        metrics.concluded({ method: 'tools/call', status: 'ok', durationMicros });
      }
      metrics.concluded({ method: 'ping', status: 'ok', durationMicros: 500 });
    });

    const metric = found.get(METRIC.exchangeSeconds);
    expect(metric?.descriptor).to.include({ unit: 's' });
    expect(metric?.dataPoints).to.have.length(2);
    const [{ attributes, value } = {}] = metric?.dataPoints ?? [];
    if (typeof value !== 'object' || !('buckets' in value)) throw new Error('no histogram');
    const { boundaries, counts } = value.buckets;
    expect(attributes).to.deep.equal({ method: 'tools/call' });
    expect(counts).to.have.length(boundaries.length + 1);
    expect([counts[0], counts[2], counts.at(-1)]).to.deep.equal([2, 1, 1]);
    expect(value.count).to.equal(4);
    expect(value.sum).to.be.closeTo(400.0042, 1e-9);
  });

  it('is ours alone, and nothing of the process', async () => {
    const found = await metricsOf(() => {});

    expect([...found.keys()].filter((name) => !name.startsWith('gatehouse_'))).to.deep.equal([]);
  });
});
