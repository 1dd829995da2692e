import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { parseCommit } from '#core/evidence/commit.ts';
import { MemoryLedger } from '#platform/memory/ledger.ts';
import { readOtlpSettings } from '#platform/otel/otlp-settings.ts';
import type { Telemetry } from '#platform/otel/telemetry.ts';
import { createClock } from '#platform/process/clock.ts';
import { createLogger } from '#platform/process/log.ts';
import { Metrics } from '#platform/process/metrics.ts';
import { closeLedger, openTelemetry } from './telemetry.ts';

const clock = createClock();
const now = () => clock.timestamp();

describe('the telemetry of a gateway', () => {
  let receiver: Server;
  let url: URL;
  let status = 200;
  const bodies: string[] = [];
  let telemetry: Telemetry | undefined;
  before(async () => {
    receiver = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      bodies.push(Buffer.concat(chunks).toString());
      response.writeHead(status).end();
    }).listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    url = new URL(`http://127.0.0.1:${(receiver.address() as AddressInfo).port}`);
  });
  beforeEach(() => {
    bodies.length = 0;
    status = 200;
  });
  afterEach(() => telemetry?.close());
  after(() => {
    receiver.closeAllConnections();
    receiver.close();
  });

  async function open(isWanted: boolean) {
    const ledger = new MemoryLedger({ version: '1', now });
    const metrics = new Metrics('1');
    const log = createLogger({ level: 'info', write: () => {}, now });
    const env = { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' };
    const otlp = isWanted
      ? readOtlpSettings({ url, env, version: '1', allowPlainHttp: false })
      : undefined;
    telemetry = await openTelemetry({
      settings: { otlp, version: '1' },
      ledger,
      metrics,
      clock,
      log,
    });
    const types = () =>
      ledger.lines.flatMap((line) => {
        const parsed = parseCommit(line);
        return parsed.ok ? parsed.commit.records.map(({ record }) => record) : [];
      });
    return { ledger, metrics, log, records: types };
  }

  it('is none when nobody asked for it', async () => {
    const { ledger, metrics } = await open(false);

    await closeLedger(ledger, telemetry);

    expect(telemetry).to.equal(undefined);
    expect(bodies).to.deep.equal([]);
    expect(await metrics.text()).not.to.include('gatehouse_telemetry_healthy');
  });

  it('tells what the log says, and every record from the first to the last of its lane', async () => {
    const { ledger, log } = await open(true);
    log.info('a line');

    await closeLedger(ledger, telemetry);

    const sent = bodies.join();
    for (const word of ['gatehouse.lane.open', 'gatehouse.lane.close', 'a line', ledger.lane]) {
      expect(sent).to.include(word);
    }
  });

  it('makes an outage evidence, before the lane is closed', async () => {
    status = 403;
    const { ledger, metrics, records } = await open(true);

    await closeLedger(ledger, telemetry);

    const told = records().map(({ type, detail }) => [type, detail?.dependency]);
    expect(told.slice(1)).to.deep.equal([
      ['degraded.enter', 'telemetry'],
      ['degraded.exit', 'telemetry'],
      ['lane.close', undefined],
    ]);
    expect(records().at(-2)?.detail).to.include({ cause: 'http_403', recovered: false });
    expect(await metrics.text()).to.include('gatehouse_telemetry_dropped_total{signal="logs"');
  });

  it('is closed also when the ledger cannot be', async () => {
    const { ledger, metrics } = await open(true);
    ledger.failWith(new Error('the disk is gone'));

    const fault = await closeLedger(ledger, telemetry).catch((error: unknown) => error);
    telemetry?.line({ ts: now(), level: 'info', msg: 'too late', fields: {} });

    expect(fault).to.have.property('name', 'LedgerFault');
    expect(await metrics.text()).to.include('{signal="logs",reason="closed"} 1');
  });
});
