// A console of its own whose Redis comes later than it, as at the first install of a chart.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { freePort } from '#platform/process/free-port.fixture.ts';
import { createLogger } from '#platform/process/log.ts';
import { RedisFault } from '#platform/redis/fault.ts';
import { readNamespace } from '#platform/redis/keys.ts';
import { startRedis, type TestRedis } from '#platform/redis/redis-server.fixture.ts';
import { readRedisUrl } from '#platform/redis/target.ts';
import { runConsole } from './alone.ts';
import { ALONE_FLAGS, type AloneSettings, ConsoleFault } from './settings.ts';

const POLICY = `apiVersion: gatehouse.dev/v1alpha1
kind: McpGatewayPolicy
metadata: {name: tools, namespace: payments}
spec:
  identity: {approvalAudience: "urn:approvals", issuers: [{name: corp, issuer: "https://idp.example"}]}
`;

describe('a console of its own that starts before its Redis', () => {
  let redis: TestRedis;
  let folder: string;
  let settings: AloneSettings;
  let said: string;
  const log = createLogger({
    level: 'info',
    write: (text) => {
      said += text;
    },
    now: () => '',
  });

  beforeEach(async () => {
    said = '';
    redis = await startRedis();
    await redis.kill();
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-early-'));
    await writeFile(join(folder, 'policy.yaml'), POLICY);
    settings = await settingsOf(redis, folder);
  });
  afterEach(async () => {
    await redis.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('is alive and not ready meanwhile, says so once, and serves when Redis is there', async () => {
    const stop = new AbortController();
    const running = runConsole(settings, log, stop.signal);
    await until(async () => said.includes('waiting for it'));
    const meanwhile = [await status('livez'), await status('startupz'), await status('readyz')];

    await redis.start();
    await until(async () => (await status('readyz')) === 200);
    const page = await fetch(settings.publicUrl);
    stop.abort();
    await running;

    expect(meanwhile).to.deep.equal([200, 503, 503]);
    expect(await page.text()).to.include('Some calls wait for a person.');
    expect(said.split('waiting for it')).to.have.lengthOf(2);
    expect(said).to.include('ECONNREFUSED').and.include('policy activated');
  });

  it('gives up when it has waited long enough, and says what is wrong', async () => {
    const error = await runConsole(settings, log, new AbortController().signal, 0).catch(
      (fault: unknown) => fault,
    );

    expect(error).to.be.instanceOf(RedisFault);
    expect(String(error)).to.include(`127.0.0.1:${redis.port} cannot be used (ECONNREFUSED)`);
  });

  it('does not wait before it says what is wrong with its settings', async () => {
    const publicUrl = new URL('http://gatehouse.example');

    const error = await runConsole(
      { ...settings, publicUrl },
      log,
      new AbortController().signal,
    ).catch((fault: unknown) => fault);

    expect(error).to.be.instanceOf(ConsoleFault);
    expect(String(error)).to.include('--public-url');
  });

  /** Undefined while nobody answers. */
  async function status(path: string): Promise<number | undefined> {
    const { host, port } = settings.admin;
    const answer = await fetch(`http://${host}:${port}/${path}`).catch(() => undefined);
    await answer?.body?.cancel();
    return answer?.status;
  }
});

async function settingsOf(redis: TestRedis, folder: string): Promise<AloneSettings> {
  const namespace = readNamespace('consoles');
  if (namespace === undefined) throw new Error('no namespace');
  const listen = { host: '127.0.0.1', port: await freePort() };
  return {
    redis: { target: readRedisUrl(redis.url, '--redis'), namespace, waitReplicas: 0 },
    policyPaths: [join(folder, 'policy.yaml')],
    listen,
    admin: { host: '127.0.0.1', port: await freePort() },
    publicUrl: new URL(`http://127.0.0.1:${listen.port}`),
    trustKeyFile: join(folder, 'trust.pub'),
    approvalKeyFile: join(folder, 'approval.pub'),
    dataDir: join(folder, 'data'),
    auditors: [],
    allowPlainHttp: false,
    allowPrivateReceivers: false,
    env: {},
    version: 'test',
    flags: ALONE_FLAGS,
  };
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}
