// Pins the names that dashboards rely on, and that no peer can invent a series.

import { expect } from 'chai';
import { Metrics } from './metrics.ts';
import { METRIC } from './semconv.ts';

describe('metrics', () => {
  it('shows every name of the naming table', async () => {
    const metrics = new Metrics('1.2.3');
    metrics.observe({
      evidenceHealthy: () => true,
      streamsOpen: () => 2,
      callsWaiting: () => 3,
      tasksKept: () => 2,
    });
    metrics.observeTelemetry(() => true);
    metrics.observePod({ exposedListeners: () => 0 });

    const text = await metrics.text();

    for (const name of Object.values(METRIC)) {
      expect(text).to.include(`# HELP ${name} `);
    }
    expect(text).to.include('gatehouse_build_info{version="1.2.3"} 1');
    expect(text).to.include('gatehouse_streams_open 2');
    expect(text).to.include('gatehouse_calls_waiting 3');
    expect(text).to.include('process_cpu_seconds_total');
    expect(metrics.contentType).to.match(/^text\/plain/);
  });

  it('counts exchanges by method and outcome, and their seconds', async () => {
    const metrics = new Metrics('1');

    metrics.concluded({
      method: 'tools/call',
      status: 'ok',
      durationMicros: 2000,
    });

    const text = await metrics.text();
    expect(text).to.include('gatehouse_exchanges_total{method="tools/call",status="ok"} 1');
    expect(text).to.include('gatehouse_exchange_duration_seconds_sum{method="tools/call"} 0.002');
  });

  it('counts methods it does not know under one label', async () => {
    const metrics = new Metrics('1');

    for (let i = 0; i < 100; i += 1) {
      const method = `invented/${i}`;
      metrics.concluded({ method, status: 'refused', durationMicros: 1 });
    }

    const text = await metrics.text();
    expect(text).to.not.include('invented');
    expect(text).to.include('method="other",status="refused"} 100');
  });

  it('counts streams apart from methods that nobody knows', async () => {
    const metrics = new Metrics('1');

    metrics.concluded({ method: 'GET', status: 'disconnected', durationMicros: 1 });

    const text = await metrics.text();
    expect(text).to.include('method="GET",status="disconnected"} 1');
  });

  it('counts what was masked by built-in detector and action; what a policy names, together', async () => {
    const metrics = new Metrics('1');
    const redaction = { pointer: '/a', action: 'Redact', count: 2 };

    metrics.masked({ redactions: [{ ...redaction, detector: 'email' }] });
    metrics.masked({ redactions: [{ ...redaction, detector: 'email', action: 'Drop' }] });
    for (const detector of ['staff-numbers', 'salaries']) {
      metrics.masked({ redactions: [{ ...redaction, detector }] });
    }

    const text = await metrics.text();
    expect(text).to.include('gatehouse_redactions_total{detector="email",action="Redact"} 2');
    expect(text).to.include('gatehouse_redactions_total{detector="email",action="Drop"} 2');
    expect(text).to.include('gatehouse_redactions_total{detector="policy",action="Redact"} 4');
    expect(text).to.not.include('salaries');
  });

  it('counts refusals, records, commits and policy loads', async () => {
    const metrics = new Metrics('1');

    metrics.refused('token_missing');
    metrics.recorded('intent');
    metrics.committed(500);
    metrics.policyLoaded('rejected');

    const text = await metrics.text();
    expect(text).to.include('gatehouse_refusals_total{code="token_missing"} 1');
    expect(text).to.include('gatehouse_evidence_records_total{type="intent"} 1');
    expect(text).to.include('gatehouse_evidence_commit_duration_seconds_bucket{le="0.0005"} 1');
    expect(text).to.include('gatehouse_policy_loads_total{result="rejected"} 1');
  });

  it('begins at nothing what alert rules watch rise, or the first of each would be no rise', async () => {
    const text = await new Metrics('1.2.3').text();

    expect(text).to.include('gatehouse_policy_loads_total{result="rejected"} 0');
    expect(text).to.include('gatehouse_alerts_total{event="BreakGlass"} 0');
    expect(text).to.include('gatehouse_notifications_total{type="Slack",result="dead"} 0');
  });

  it('reads gauges at the scrape, not before', async () => {
    const metrics = new Metrics('1');
    let isHealthy = true;
    metrics.observe({
      evidenceHealthy: () => isHealthy,
      streamsOpen: () => 0,
      callsWaiting: () => 0,
      tasksKept: () => 0,
    });

    isHealthy = false;

    expect(await metrics.text()).to.include('gatehouse_evidence_healthy 0');
  });
});
