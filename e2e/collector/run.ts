// `make collector`: a call through Gatehouse, with the OpenTelemetry Collector itself as the receiver. It
// writes what it took to a file, where each signal has to be found; in both encodings.

import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { startRig } from '#e2e/journeys/rig.ts';
import { until } from '#e2e/journeys/until.ts';
import { callTool, jsonHeaders, modern, send } from '#e2e/journeys/wire.ts';
import { Child } from '#e2e/servers/child.ts';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import { freePort } from '#platform/process/free-port.fixture.ts';

const COLLECTOR = 'out/otelcol';
const RULES = [{ name: 'all', effect: 'Allow' as const, match: { tools: ['*'] } }];
/** What the Collector must have taken of each run, as it writes it. */
const EXPECTED = [
  'tools/call echo',
  'auth.failed',
  'gatehouse.outcome',
  'gatehouse.lane.close',
  'gateway ready',
  'mcp.server.operation.duration',
  'gatehouse_exchanges_total',
];

const directory = await mkdtemp(join(tmpdir(), 'gatehouse-collector-'));
try {
  for (const protocol of ['http/protobuf', 'http/json']) await check(protocol);
} finally {
  await rm(directory, { recursive: true, force: true });
}

async function check(protocol: string): Promise<void> {
  const file = join(directory, `${protocol.replace('/', '-')}.jsonl`);
  const { url, collector } = await startCollector(file);
  try {
    const traceId = await makeCalls(url, protocol);
    const text = await until('everything in the file of the Collector', async () => {
      const taken = await readFile(file, 'utf8');
      return [...EXPECTED, traceId].every((word) => taken.includes(`"${word}"`)) && taken;
    });
    process.stdout.write(`ok ${protocol}: ${text.split('\n').length - 1} batches taken\n`);
  } finally {
    await collector.stop();
  }
}

async function startCollector(file: string): Promise<{ url: string; collector: Child }> {
  const endpoint = `127.0.0.1:${await freePort()}`;
  const pipeline = { receivers: ['otlp'], exporters: ['file'] };
  const config = join(directory, 'collector.yaml');
  await writeFile(
    config,
    stringify({
      receivers: { otlp: { protocols: { http: { endpoint } } } },
      exporters: { file: { path: file, flush_interval: '100ms' } },
      service: {
        telemetry: { metrics: { level: 'none' } },
        pipelines: { traces: pipeline, metrics: pipeline, logs: pipeline },
      },
    }),
  );
  const collector = new Child({ command: COLLECTOR, args: ['--config', config] });
  const url = `http://${endpoint}`;
  await collector.untilLive(url);
  return { url, collector };
}

/** One call that is allowed and one sign-in that is not, in a trace of the caller's; its id. */
async function makeCalls(url: string, protocol: string): Promise<string> {
  const traceId = randomBytes(16).toString('hex');
  const traceparent = `00-${traceId}-${randomBytes(8).toString('hex')}-00`;
  const rig = await startRig({
    server: () => startModern(),
    specs: [{ rules: RULES }],
    env: { OTEL_EXPORTER_OTLP_PROTOCOL: protocol, OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' },
    start: { flags: ['--otlp', url] },
  });
  try {
    const call = modern(await rig.token(), callTool('echo', { message: 'hello' }));
    await send(rig.url, { ...call, headers: [...call.headers, ['traceparent', traceparent]] });
    await send(rig.url, { headers: jsonHeaders('no-token'), body: '{}' });
    await rig.gatehouse.close();
    const lost = (await rig.records()).filter(({ type }) => type.startsWith('degraded.'));
    if (lost.length > 0) throw new Error('the Collector did not take everything');
  } finally {
    await rig.close();
  }
  return traceId;
}
