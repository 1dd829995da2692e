// A receiver that is down, slow or hostile: calls go on as before, and the time is in the evidence.

import { expect } from 'chai';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import { type Misbehaviour, OtlpReceiver } from '#e2e/servers/otlp-receiver.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { METRIC } from '#platform/process/semconv.ts';
import { type Rig, type Spec, startRig } from './rig.ts';
import { samplesOf } from './scrape.ts';
import { until } from './until.ts';
import { callTool, messageOf, modern, send } from './wire.ts';

const SPEC: Spec = { rules: [{ name: 'all', effect: 'Allow', match: { tools: ['*'] } }] };

const ENV = {
  OTEL_METRIC_EXPORT_INTERVAL: '200',
  OTEL_BSP_SCHEDULE_DELAY: '20',
  OTEL_BLRP_SCHEDULE_DELAY: '20',
};

const CALLS = 60;

/** The windows of telemetry that the evidence tells, as their beginnings and ends. */
async function windows(rig: Rig<Fixture>) {
  const ours = (await rig.records()).filter(({ detail }) => detail?.dependency === 'telemetry');
  return {
    entered: ours.filter(({ type }) => type === 'degraded.enter'),
    left: ours.filter(({ type }) => type === 'degraded.exit'),
  };
}

/** Gives the median, in milliseconds. */
async function makeCalls(rig: Rig<Fixture>, calls = CALLS): Promise<number> {
  const token = await rig.token('alice');
  const millis: number[] = [];
  for (let index = 0; index < calls; index += 1) {
    const started = performance.now();
    const answer = await send(rig.url, modern(token, callTool('echo', { message: 'hello' })));
    millis.push(performance.now() - started);
    expect(messageOf(answer).result?.isError).not.to.equal(true);
  }
  return millis.toSorted((a, b) => a - b)[Math.floor(calls / 2)] ?? 0;
}

async function verify(rig: Rig<Fixture>) {
  return rig.cli('evidence', 'verify', rig.data, '--trust', rig.gatehouse.trustKey);
}

async function samples(rig: Rig<Fixture>): Promise<ReadonlyMap<string, number>> {
  return samplesOf(await (await fetch(`${rig.gatehouse.adminUrl}/metrics`)).text());
}

describe('a receiver that is killed while calls run', () => {
  let receiver: OtlpReceiver;
  let rig: Rig<Fixture>;
  before(async () => {
    receiver = await OtlpReceiver.start();
    const start = { flags: ['--otlp', receiver.url] };
    rig = await startRig({ server: () => startModern(), specs: [SPEC], env: ENV, start });
  });
  after(async () => {
    await rig?.close();
    await receiver?.kill();
  });

  it('changes nothing for the calls', async () => {
    await makeCalls(rig);
    const healthy = await makeCalls(rig);
    await receiver.kill();
    await until('the outage', async () => (await windows(rig)).entered.length > 0);

    const down = await makeCalls(rig);

    // Loosely: a machine that tests run on is never quiet. A call that waited for the receiver would wait for seconds.
    expect(down).to.be.below(3 * healthy + 500);
    expect((await samples(rig)).get(METRIC.telemetryHealthy)).to.equal(0);
  });

  it('gets what was kept for it when it is back, and the evidence says when that was', async () => {
    await receiver.listen();
    const { left, entered } = await until(
      'the end of the outage',
      async () => {
        const found = await windows(rig);
        return found.left.length > 0 && found;
      },
      30_000,
    );

    const outcomes = (await rig.records()).filter(({ type }) => type === 'outcome');
    await until('a span for each call, those of the outage too', () => {
      const told = new Set(receiver.spans.map((span) => span.attributes['gatehouse.record.seq']));
      return outcomes.every(({ seq }) => told.has(seq));
    });
    expect(entered).to.have.length(1);
    expect(left).to.have.length(1);
    expect(left[0]?.detail).to.include({
      dependency: 'telemetry',
      recovered: true,
      since: entered[0]?.detail?.since ?? left[0]?.detail?.since,
      droppedSpans: 0,
      droppedLogs: 0,
    });
    expect((await samples(rig)).get(METRIC.telemetryHealthy)).to.equal(1);
    expect(receiver.faults).to.deep.equal([]);
  });

  it('is not waited for at the end, which the evidence tells too', async () => {
    await makeCalls(rig);
    await receiver.kill();
    await makeCalls(rig);
    const started = performance.now();

    await rig.gatehouse.close();

    const seconds = (performance.now() - started) / 1000;
    const last = (await windows(rig)).left.at(-1);
    const verdict = await verify(rig);
    expect(seconds).to.be.below(10);
    expect(rig.gatehouse.child.hasExited).to.equal(true);
    expect(await rig.gatehouse.child.stop()).to.equal(0);
    expect(last?.detail).to.include({ recovered: false });
    expect(last?.detail?.droppedSpans).to.be.above(0);
    expect(verdict.code, verdict.stdout).to.equal(0);
    expect(rig.log()).not.to.match(/unhandled/i);
  });
});

// Other ways to fail: platform/otel/transport.test.ts.
const misbehaving: {
  name: string;
  misbehave: Misbehaviour;
  cause: string;
  dropped?: string;
  env?: Readonly<Record<string, string>>;
}[] = [
  {
    name: 'never answers',
    misbehave: () => {},
    cause: 'timeout',
    // Of the others none may be too slow: each is judged by what it says.
    env: { OTEL_EXPORTER_OTLP_TIMEOUT: '300' },
  },
  {
    name: 'refuses everything',
    misbehave: (res) => res.writeHead(401).end('who are you?'),
    cause: 'http_401',
    dropped: 'refused',
  },
  {
    name: 'redirects to itself',
    misbehave: (res) => res.writeHead(307, { location: '/v1/traces' }).end(),
    cause: 'http_307',
    dropped: 'refused',
  },
];

for (const { name, misbehave, cause, dropped, env = {} } of misbehaving) {
  describe(`a receiver that ${name}`, () => {
    let receiver: OtlpReceiver;
    let rig: Rig<Fixture>;
    before(async () => {
      receiver = await OtlpReceiver.start();
      receiver.misbehaviour = misbehave;
      const start = { flags: ['--otlp', receiver.url] };
      const server = () => startModern();
      rig = await startRig({ server, specs: [SPEC], env: { ...ENV, ...env }, start });
    });
    after(async () => {
      await rig?.close();
      await receiver?.kill();
    });

    it('costs nothing but its data, which the evidence says once', async () => {
      await makeCalls(rig, 10);
      const { entered } = await until('the outage', async () => {
        const found = await windows(rig);
        return found.entered.length > 0 && found;
      });
      await makeCalls(rig, 10);
      const counted = await samples(rig);

      await rig.gatehouse.close();

      const { entered: all, left } = await windows(rig);
      const verdict = await verify(rig);
      expect(entered[0]?.detail?.cause).to.equal(cause);
      expect([all.length, left.length]).to.deep.equal([1, 1]);
      if (dropped !== undefined) {
        const drops = `${METRIC.telemetryDropped}{signal="traces",reason="${dropped}"}`;
        expect(counted.get(drops)).to.be.above(0);
      }
      expect(verdict.code, verdict.stdout).to.equal(0);
      expect(await rig.gatehouse.child.stop()).to.equal(0);
    });
  });
}
