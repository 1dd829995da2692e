import { expect } from 'chai';
import type { OtlpEndpoint } from './otlp-settings.ts';
import { endpointAt, type LocalReceiver, startReceiver } from './receiver.fixture.ts';
import { durable, EXCHANGE, outcome } from './records.fixture.ts';
import { Telemetry } from './telemetry.ts';

const NOW = '2026-03-01T12:00:00.000000Z';
const LINE = { ts: NOW, level: 'info', msg: 'hello', fields: { port: 1 } } as const;

describe('telemetry of a gateway', () => {
  let receiver: LocalReceiver;
  let telemetry: Telemetry | undefined;
  let told: string[] = [];
  let status = 200;
  beforeEach(async () => {
    told = [];
    status = 200;
    receiver = await startReceiver((res) => {
      if (status !== 0) res.writeHead(status).end();
    });
  });
  afterEach(async () => {
    telemetry?.close();
    await receiver.close();
  });

  async function open(...signals: readonly ('traces' | 'logs' | 'metrics')[]): Promise<Telemetry> {
    const at = (signal: string): OtlpEndpoint =>
      endpointAt(new URL(`/v1/${signal}`, receiver.url), { encoding: 'json', delayMillis: 60_000 });
    telemetry = await Telemetry.open({
      settings: {
        endpoints: new Map(signals.map((signal) => [signal, at(signal)])),
        resource: new Map([['service.name', 'gatehouse']]),
        callerErrors: new Set(),
      },
      lane: 'lane-1',
      version: '1.2.3',
      metrics: {
        families: async () => [],
        telemetryDelivered: (signal, items) => told.push(`delivered ${items} ${signal}`),
        telemetryDropped: (signal, reason, items) =>
          told.push(`dropped ${items} ${signal} ${reason}`),
      },
      outage: {
        now: () => NOW,
        began: ({ cause }) => told.push(`began ${cause}`),
        ended: ({ dropped }, isRecovered) => {
          told.push(`ended ${isRecovered} ${dropped.traces} ${dropped.logs}`);
        },
      },
    });
    return telemetry;
  }

  /** Bodies as they came, by the path that they came on. */
  const bodies = (path: string) =>
    receiver.received.filter((each) => each.path === path).map(({ body }) => String(body));

  const soon = () => AbortSignal.timeout(5000);

  it('sends a record as a span and a log record, and a line as a log record', async () => {
    const opened = await open('traces', 'logs');

    opened.record(durable({ type: 'intent', exchange: EXCHANGE }));
    opened.record(outcome().record);
    opened.line(LINE);
    await opened.flush(soon());

    const [spans = ''] = bodies('/v1/traces');
    const [logs = ''] = bodies('/v1/logs');
    expect(spans).to.include('"name":"tools/call echo"');
    expect(logs).to.include('"eventName":"gatehouse.outcome"').and.to.include('"hello"');
    for (const body of [spans, logs]) {
      expect(body).to.include('"service.instance.id"').and.to.include('lane-1');
    }
    expect(told).to.have.members(['delivered 1 traces', 'delivered 2 logs']);
    expect(opened.isHealthy).to.equal(true);
  });

  it('collects metrics when it is flushed', async () => {
    const opened = await open('metrics');

    opened.record(outcome().record);
    await opened.flush(soon());

    expect(bodies('/v1/metrics').join()).to.include('mcp.server.operation.duration');
    expect(told).to.deep.equal(['delivered 1 metrics']);
  });

  it('sends nothing of a signal that is not wished for', async () => {
    const opened = await open('traces');

    opened.line(LINE);
    opened.record(durable({ type: 'policy.loaded' }));
    await opened.flush(soon());

    expect(receiver.received).to.deep.equal([]);
  });

  it('waits for a receiver no longer than it is told', async () => {
    status = 0;
    const opened = await open('traces', 'logs', 'metrics');
    opened.record(outcome().record);

    await opened.flush(AbortSignal.timeout(50));

    expect(told).to.deep.equal([]);
  });

  it('says at the end what a receiver would not take', async () => {
    status = 503;
    const opened = await open('traces', 'logs');
    opened.record(outcome().record);

    await opened.drain(soon());
    const before = [...told];
    opened.record(outcome().record);
    opened.close();
    opened.close();

    expect(before).to.have.members([
      'began http_503',
      'dropped 1 traces closed',
      'dropped 1 logs closed',
      'ended false 1 1',
    ]);
    expect(told.filter((word) => word.startsWith('began'))).to.have.length(1);
  });

  it('takes the last record after a drain that all went well', async () => {
    const opened = await open('logs');
    opened.line(LINE);

    await opened.drain(soon());
    opened.record(durable({ type: 'lane.close' }));
    await opened.flush(soon());

    expect(bodies('/v1/logs').at(-1)).to.include('gatehouse.lane.close');
    expect(told).to.deep.equal(['delivered 1 logs', 'delivered 1 logs']);
  });

  it('says when metrics are refused, and that no count is lost by it', async () => {
    status = 401;
    const opened = await open('metrics');

    opened.record(outcome().record);
    await opened.flush(soon());
    status = 200;
    await opened.flush(soon());

    expect(told).to.deep.equal(['began http_401', 'delivered 1 metrics']);
    expect(bodies('/v1/metrics')).to.have.length(2);
  });
});
