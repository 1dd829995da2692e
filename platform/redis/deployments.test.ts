// Redis as it is run for real: with TLS, as a Cluster, and behind Sentinels that fail over. Approvals and
// evidence are the same on each.

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { ballot, request, TRUSTED } from '#core/approvals/approvals.testkit.ts';
import { bob, NONCE } from '#core/approvals/store.testkit.ts';
import type { ApprovalStore } from '#core/approvals/store.ts';
import { intentDraft } from '#core/evidence/drafts.fixture.ts';
import { verifyLogs } from '#core/evidence/verify.ts';
import { freePort } from '#platform/process/free-port.fixture.ts';
import { openRedisApprovalStore } from './approval-store.ts';
import { connectRedis, type RedisClient } from './client.ts';
import { makeDocumentedUsers } from './documented-users.fixture.ts';
import { RedisFault } from './fault.ts';
import { LedgerBench } from './ledgers.fixture.ts';
import { startRedis, type TestRedis } from './redis-server.fixture.ts';
import { startSentinel, untilWatched } from './sentinel.fixture.ts';
import { namespace } from './stores.fixture.ts';
import { readRedisUrl } from './target.ts';

const run = promisify(execFile);
const now = () => new Date().toISOString().replace('Z', '000Z');
const DURABLE = [
  '--appendonly',
  'yes',
  '--appendfsync',
  'always',
  '--maxmemory-policy',
  'noeviction',
];

describe('Redis as it is run for real', function () {
  this.timeout(120_000);
  const running: TestRedis[] = [];
  const clients: RedisClient[] = [];

  afterEach(async () => {
    for (const client of clients.splice(0)) client.disconnect();
    for (const each of running.splice(0).reverse()) await each.stop();
  });

  async function start(...flags: readonly string[]): Promise<TestRedis> {
    const redis = await startRedis([...DURABLE, ...flags]);
    running.push(redis);
    return redis;
  }

  async function connect(url: string, ca?: string): Promise<RedisClient> {
    const options = { name: 'test', ...(ca === undefined ? {} : { ca }) };
    const client = await connectRedis(readRedisUrl(url, 'test'), options);
    clients.push(client);
    return client;
  }

  async function storeAt(
    url: string,
    ca?: string,
    shared = namespace('real'),
  ): Promise<ApprovalStore> {
    const [client, listener] = [await connect(url, ca), await connect(url, ca)];
    return openRedisApprovalStore({
      ...{ client, listener, namespace: shared, trusted: TRUSTED },
      pollMillis: 100,
    });
  }

  /** Asks, waits, approves, spends. */
  async function spendOne(store: ApprovalStore, name: string): Promise<string> {
    const asked = request(name);
    await store.attachOrCreate(asked);
    const waiting = store.waitFor({ id: asked.id, version: 1 }, AbortSignal.timeout(5000));
    await store.vote(asked.id, ballot(asked, bob, 'approve', { nowMillis: Date.now() }));
    await waiting;
    const spend = { binding: asked.binding, nonce: NONCE, exchange: 'x-1' };
    const moved = await store.consume(asked.id, spend);
    return moved.ok ? moved.approval.state : moved.code;
  }

  /** Until it is not refused for want of a Redis. */
  async function eventually<Result>(attempt: () => Promise<Result>): Promise<Result> {
    for (;;) {
      const result = await attempt().catch(() => undefined);
      if (result !== undefined) return result;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  it('with TLS: only for a certificate that its authority has signed', async () => {
    const port = await freePort();
    const first = await start();
    const [cert, key] = [join(first.folder, 'cert.pem'), join(first.folder, 'key.pem')];
    await run('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ...[
        '-keyout',
        key,
        '-out',
        cert,
        '-subj',
        '/CN=redis',
        '-addext',
        'subjectAltName=IP:127.0.0.1',
      ],
    ]);
    const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-auth-clients', 'no'];
    await start('--tls-port', String(port), ...files);
    const url = `rediss://127.0.0.1:${port}`;

    const store = await storeAt(url, await readFile(cert, 'utf8'));
    const distrusted = await connect(url).catch((error: unknown) => error);

    expect(await spendOne(store, '1')).to.equal('CONSUMED');
    expect(distrusted).to.be.instanceOf(RedisFault);
    expect(String(distrusted)).to.match(/DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED/);
    await store.close();
  });

  /** Two that share the slots; the URL of both. */
  async function startCluster() {
    const nodes = [
      await start('--cluster-enabled', 'yes'),
      await start('--cluster-enabled', 'yes'),
    ];
    const [one, two] = nodes;
    if (one === undefined || two === undefined) throw new Error('no nodes');
    const [first, second] = [await connect(one.url), await connect(two.url)];
    await first.call('CLUSTER', 'ADDSLOTSRANGE', '0', '8191');
    await second.call('CLUSTER', 'ADDSLOTSRANGE', '8192', '16383');
    await first.call('CLUSTER', 'MEET', '127.0.0.1', String(two.port));
    for (const each of [first, second]) {
      await eventually(async () =>
        String(await each.call('CLUSTER', 'INFO')).includes('cluster_state:ok') &&
        String(await each.call('CLUSTER', 'INFO')).includes('cluster_known_nodes:2')
          ? true
          : Promise.reject(new Error('not yet')),
      );
    }
    const sizes = async () => [await first.dbsize(), await second.dbsize()];
    return { nodes: [one, two], sizes } as const;
  }

  it('as a Cluster: every step stays in one slot', async () => {
    const { nodes, sizes } = await startCluster();
    const url = `redis://${nodes.map(({ port }) => `127.0.0.1:${port}`).join()}`;

    const store = await storeAt(url);
    const spent = await spendOne(store, '1');
    const bench = new LedgerBench(url, namespace('real'));
    const { ledger } = await bench.open({ now });
    await ledger.append(intentDraft('x1', now()));
    await ledger.close('done');
    const again = await bench.open({ now });
    await again.ledger.close('done');
    const report = await verifyLogs(await bench.logs(await connect(url)), [bench.trust]);

    expect(spent).to.equal('CONSUMED');
    expect(report).to.deep.include({ problems: [], lanes: 2 });
    expect((await sizes()).reduce((sum, size) => sum + size, 0)).to.be.above(8);
    await store.close();
  });

  it('as a Cluster, for a user that may do no more than the documentation gives', async () => {
    const { nodes } = await startCluster();
    await makeDocumentedUsers(...nodes.map(({ url }) => url));
    const url = `redis://payments:pass@${nodes.map(({ port }) => `127.0.0.1:${port}`).join()}`;
    const payments = namespace('payments');

    const store = await storeAt(url, undefined, payments);
    const spent = await spendOne(store, '1');
    const bench = new LedgerBench(url, payments);
    const { ledger } = await bench.open({ now });
    await ledger.append(intentDraft('x1', now()));
    await ledger.close('done');
    const report = await verifyLogs(await bench.logs(await connect(url)), [bench.trust]);
    const foreign = await storeAt(url, undefined, namespace('support')).then(
      (other) => other.get('request-1'),
      (error: unknown) => error,
    );

    expect(spent).to.equal('CONSUMED');
    expect(report.problems).to.deep.equal([]);
    expect(String(foreign)).to.include('NOPERM');
    await store.close();
  });

  it('behind Sentinels, for a user with a password', async () => {
    const primary = await start();
    await makeDocumentedUsers(primary.url);
    const sentinel = await startSentinel(primary);
    running.push(sentinel);
    const url = `redis+sentinel://payments:pass@127.0.0.1:${sentinel.port}/gate`;

    const store = await storeAt(url, undefined, namespace('payments'));

    expect(await spendOne(store, '1')).to.equal('CONSUMED');
    await store.close();
  });

  it('behind Sentinels: a failover loses nothing that was acknowledged', async () => {
    const primary = await start();
    const replica = await start('--replicaof', '127.0.0.1', String(primary.port));
    const sentinel = await startSentinel(primary);
    running.push(sentinel);
    const url = `redis+sentinel://127.0.0.1:${sentinel.port}/gate`;
    const store = await storeAt(url);
    const bench = new LedgerBench(url, namespace('real'));
    const { ledger } = await bench.open({ now });
    expect(await spendOne(store, '1')).to.equal('CONSUMED');
    const before = await ledger.append(intentDraft('before', now()));
    await untilWatched(replica, sentinel);

    await primary.kill();
    const after = await eventually(() => ledger.append(intentDraft('after', now())));
    const spentAgain = await eventually(() =>
      store.consume(request('1').id, {
        ...{ binding: request('1').binding, nonce: NONCE, exchange: 'x-2' },
      }),
    );
    const spent = await eventually(() => spendOne(store, '2'));
    // A client that hears late that the replica took over connects once more, and may just then have no Redis.
    await ledger.close('done').catch(() => {});

    expect(after.seq).to.be.above(before.seq);
    expect(spentAgain).to.include({ ok: false });
    expect(spent).to.equal('CONSUMED');
    const report = await verifyLogs(await bench.logs(await connect(url)), [bench.trust]);
    expect(report.problems).to.deep.equal([]);
    expect(report.intents).to.be.at.least(2);
    await store.close();
  });

  it('behind Sentinels: told of a failover while it connects, a client comes back all the same', async () => {
    const primary = await start();
    const replica = await start('--replicaof', '127.0.0.1', String(primary.port));
    const sentinel = await startSentinel(primary);
    running.push(sentinel);
    const client = await connect(`redis+sentinel://127.0.0.1:${sentinel.port}/gate`);
    await untilWatched(replica, sentinel);
    let ends = 0;
    client.on('end', () => {
      ends += 1;
    });
    // What the client's failover detector does when it hears of one, at the moment that matters.
    const { connector } = client as unknown as { connector: { disconnect(): void } };
    client.on('connecting', () => {
      if (ends < 3) setImmediate(() => connector.disconnect());
    });

    await primary.kill();
    const answer = await eventually(() => client.ping());

    expect(answer).to.equal('PONG');
    expect(ends).to.equal(3);
    client.disconnect();
    await new Promise((resolve) => client.once('end', resolve));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(client.status).to.equal('end');
  });

  it('with a replica that must have each record: without it, nothing counts', async () => {
    const primary = await start();
    const replica = await start('--replicaof', '127.0.0.1', String(primary.port));
    const copy = await connect(replica.url);
    await eventually(async () =>
      (await copy.info('replication')).includes('master_link_status:up')
        ? true
        : Promise.reject(new Error('not yet')),
    );
    const bench = new LedgerBench(primary.url, namespace('real'));
    const { ledger } = await bench.open({ now, waitReplicas: 1 });
    await eventually(() => ledger.append(intentDraft('with', now())));

    replica.freeze();
    const fault = await ledger.append(intentDraft('without', now())).catch((error) => error);
    replica.thaw();
    await eventually(() => ledger.append(intentDraft('after', now())));
    await ledger.close('done');

    expect(fault).to.have.property('code', 'write_failed');
    const { problems, dangling } = await verifyLogs(await bench.logs(await connect(primary.url)), [
      bench.trust,
    ]);
    expect(problems).to.deep.equal([]);
    expect(dangling.map(({ exchange }) => exchange)).not.to.include('without');
  });
});
