// Metrics and log records as a receiver gets them, beside what /metrics and the log itself say.

import { expect } from 'chai';
import { start as startLegacy } from '#e2e/servers/legacy-fixture.ts';
import type { SeenLog, SeenPoint } from '#e2e/servers/otlp/seen.ts';
import { OtlpReceiver } from '#e2e/servers/otlp-receiver.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { METRIC } from '#platform/process/semconv.ts';
import { Secrets } from './leaks.ts';
import { LegacySession } from './legacy-session.ts';
import { type Rig, type Spec, startRig } from './rig.ts';
import { samplesOf } from './scrape.ts';
import { until } from './until.ts';
import { jsonHeaders, send } from './wire.ts';

const SPEC: Spec = {
  rules: [
    { name: 'all', effect: 'Allow', match: { tools: ['*'] } },
    { name: 'nobody', effect: 'Deny', match: { tools: ['refund'] } },
  ],
};

const BUCKETS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];

describe('metrics and logs over OTLP', () => {
  const secrets = new Secrets();
  let receiver: OtlpReceiver;
  let rig: Rig<Fixture>;
  before(async () => {
    receiver = await OtlpReceiver.start();
    const apiKey = secrets.plant('OTEL_EXPORTER_OTLP_HEADERS');
    rig = await startRig({
      server: () => startLegacy(),
      specs: [SPEC],
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        OTEL_EXPORTER_OTLP_HEADERS: `x-api-key=${encodeURIComponent(apiKey)}`,
        OTEL_METRIC_EXPORT_INTERVAL: '100',
        OTEL_BSP_SCHEDULE_DELAY: '20',
        OTEL_BLRP_SCHEDULE_DELAY: '20',
        OTEL_SERVICE_NAME: 'payments-gatehouse',
      },
    });
    const token = secrets.add('the token', await rig.token('alice'));
    const session = await LegacySession.open(rig.url, token);
    secrets.add('the session id', session.id);
    const call = (id: number, name: string, args: object) =>
      session.post({ id, method: 'tools/call', params: { name, arguments: args } });
    await call(1, 'echo', { message: secrets.plant('an argument, which comes back') });
    await call(2, 'test_error_handling', {});
    await call(3, 'refund', { amount: 1 });
    await call(4, secrets.plantWord('the name of an invented tool'), {});
    await session.end();
    await send(rig.url, { headers: jsonHeaders('no-token'), body: '{}' });
    await until('the refused sign-in', () => logOf('gatehouse.auth.failed'));
  });
  after(async () => {
    await rig?.close();
    await receiver?.kill();
  });

  function logOf(event: string): SeenLog | undefined {
    return receiver.logs.find((log) => log.event === event);
  }

  /** The newest points of a metric that is not younger than the last call. */
  function points(name: string, isRight: (found: readonly SeenPoint[]) => boolean) {
    return until(`points of ${name}`, () => {
      const found = receiver.points.filter((point) => point.name === name);
      const newest = new Map(found.map((point) => [JSON.stringify(point.attributes), point]));
      return isRight([...newest.values()]) && [...newest.values()];
    });
  }

  it('measure operations by the MCP conventions', async () => {
    // Hidden and invented alike: neither name may become a label.
    const found = await points('mcp.server.operation.duration', (all) =>
      all.some(({ attributes, value }) => {
        return attributes['error.type'] === 'target_unknown' && value === 2;
      }),
    );

    const calls = found.filter(({ attributes }) => attributes['mcp.method.name'] === 'tools/call');
    const told = calls.map(({ attributes, value }) => [
      attributes['gen_ai.tool.name'],
      attributes['error.type'],
      value,
    ]);
    expect(told).to.have.deep.members([
      ['echo', undefined, 1],
      ['test_error_handling', 'tool_error', 1],
      [undefined, 'target_unknown', 2],
    ]);
    for (const { unit, bounds } of found) expect([unit, bounds]).to.deep.equal(['s', BUCKETS]);
  });

  it("measure the server's own time, and how long a session lasted", async () => {
    const server = await points('mcp.client.operation.duration', (all) => all.length > 1);
    const sessions = await points('mcp.server.session.duration', (all) => all.length > 0);

    expect(server.some(({ attributes }) => attributes['gen_ai.tool.name'] === 'echo')).to.equal(
      true,
    );
    expect(sessions.map(({ value, unit }) => [value, unit])).to.deep.equal([[1, 's']]);
  });

  it('are also what /metrics shows, by the same names and values', async () => {
    const decisions = await points(METRIC.decisions, (all) => all.length > 1);
    const scraped = samplesOf(await (await fetch(`${rig.gatehouse.adminUrl}/metrics`)).text());

    const seen = new Set(receiver.points.map(({ name }) => name));
    for (const name of [
      METRIC.buildInfo,
      METRIC.exchanges,
      METRIC.exchangeSeconds,
      METRIC.refusals,
    ]) {
      expect([...seen]).to.include(name);
    }
    for (const { attributes, value } of decisions) {
      expect(scraped.get(`${METRIC.decisions}{effect="${attributes.effect}"}`)).to.equal(value);
    }
    expect([...seen].filter((name) => name.startsWith('process_'))).to.deep.equal([]);
  });

  it('tell each call, refusal and fact of the process as an event', async () => {
    const outcomes = receiver.logs.filter(({ event }) => event === 'gatehouse.outcome');
    const { traceId, attributes, severity } =
      outcomes.find((log) => log.attributes['gen_ai.tool.name'] === 'refund') ?? {};

    expect(severity).to.equal('WARN');
    expect(attributes).to.include({
      'gatehouse.decision.effect': 'Deny',
      'gatehouse.decision.rule': 'policy-0/nobody',
      'user.id': 'alice',
    });
    await until('its span', () => receiver.spans.some((span) => span.traceId === traceId));
    for (const event of ['gatehouse.lane.open', 'gatehouse.policy.loaded']) {
      expect(logOf(event)?.resource).to.include({ 'service.name': 'payments-gatehouse' });
    }
    expect(logOf('gatehouse.auth.failed')?.severity).to.equal('WARN');
  });

  it('tell the lines of the log', async () => {
    const ready = receiver.logs.find(({ body }) => body === 'gateway ready');

    expect(ready).to.include({ severity: 'INFO', event: '' });
    expect(ready?.attributes.upstream).to.equal(new URL(rig.server.url).origin);
  });

  it('carry the headers of the settings to the receiver, and no secret to anywhere', async () => {
    await rig.gatehouse.close();
    const keys = new Set(receiver.headers.map((headers) => headers['x-api-key']));

    expect(keys.size).to.equal(1);
    expect(secrets.foundIn([...keys].join())).to.include('OTEL_EXPORTER_OTLP_HEADERS (as it is)');
    const invented = (where: string) => where.startsWith('the name of an invented tool');
    const leaks = [...receiver.bodies, rig.log()].flatMap((bytes) => secrets.foundIn(bytes));
    // Evidence says who asked for what, an invented name too; nothing else of a message may be there.
    expect(leaks.filter((where) => !invented(where))).to.deep.equal([]);
    const labels = receiver.points.map(({ attributes }) => JSON.stringify(attributes));
    expect(secrets.foundIn(labels.join())).to.deep.equal([]);
    const names = receiver.spans.map(({ name }) => name);
    expect(secrets.foundIn(names.join())).to.deep.equal([]);
    expect(receiver.faults).to.deep.equal([]);
  });

  it('end with the last record', () => {
    expect(receiver.logs.map(({ event }) => event)).to.include('gatehouse.lane.close');
  });
});
