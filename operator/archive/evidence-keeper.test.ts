import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { intentDraft, outcomeDraft } from '#core/evidence/drafts.fixture.ts';
import { certify, laneFileName } from '#core/evidence/lane.ts';
import { openLane } from '#core/evidence/open-lane.ts';
import { signatureKey, signerFor } from '#core/evidence/signature.ts';
import { type Verification, verifyLogs } from '#core/evidence/verify.ts';
import { openArchive } from '#platform/file/archive-source.ts';
import { codeOf, connectRedis, type RedisClient } from '#platform/redis/client.ts';
import { logKeys, logsKey, type Namespace } from '#platform/redis/keys.ts';
import { openRedisLedger } from '#platform/redis/ledger.ts';
import { startRedis, type TestRedis } from '#platform/redis/redis-server.fixture.ts';
import { readRedisUrl } from '#platform/redis/target.ts';
import { EvidenceKeeper, type EvidenceKeeperOptions } from './evidence-keeper.ts';

const TIME = '2026-03-01T12:00:01.000000Z';
const NS = 'payments' as Namespace;

describe('the evidence of sidecars, kept by the operator on a real Redis', () => {
  let redis: TestRedis;
  let admin: RedisClient;
  let folder: string;
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const signer = signerFor(privateKey);
  const trust = { id: signatureKey(signer.publicKey).id, signer, publicPem: '' };
  const trustPems = [publicKey.export({ type: 'spki', format: 'pem' }).toString()];

  before(async () => {
    redis = await startRedis();
    admin = await connectRedis(readRedisUrl(redis.url, 'test'), { name: 'test' });
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-archive-'));
  });
  after(async () => {
    admin?.disconnect();
    await redis?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function archived(): Promise<Verification> {
    const logs = (await openArchive(join(folder, NS), undefined)) ?? [];
    const sources = logs.map(({ source }) => source);
    return verifyLogs(sources, [signatureKey(signer.publicKey)]);
  }

  it('is checkpointed and archived, and verifies there with the operator’s public key alone', async () => {
    const faults: unknown[] = [];
    const keeper = new EvidenceKeeper({
      ...{ folder, version: '0.1.0', keys: { trust, trustPems } },
      admin: () => admin,
      namespaces: () => [NS, 'kube-system' as Namespace],
      governed: () => [NS],
      anchors: { read: async () => undefined, write: async () => {} },
      now: () => new Date().toISOString().replace('Z', '000Z'),
      onUnarchived: (_, log) => void faults.push(log),
      onFault: (error) => void faults.push(error),
      times: { checkpointMillis: 20, archiveMillis: 50 },
    });
    const client = await connectRedis(readRedisUrl(redis.url, 'test'), { name: 'sidecar' });
    const ledger = await openRedisLedger({
      ...{ client, namespace: NS, version: '0.1.0', now: () => TIME },
    });
    const certificate = certify(ledger.lane, ledger.identity.publicKey, signer);
    const detail = { trustKey: trust.id, certificate };
    await ledger.append({ type: 'lane.certified', ts: TIME, detail });
    await ledger.append(intentDraft('0195-a', TIME));
    await ledger.append(outcomeDraft('0195-a', TIME));
    await ledger.close('stopped');
    // What is being written cannot be read yet. The test's own time limit ends this when it never can.
    while ((await archived().catch(() => undefined))?.records !== 5) await delay(20);
    await keeper.close();

    const found = await archived();

    expect(faults).to.deep.equal([]);
    expect(found).to.deep.include({ verdict: 'verified', records: 5 });
  });

  it('waits while Redis is away, and goes on', async () => {
    const faults: unknown[] = [];
    let asked = 0;
    const keeper = new EvidenceKeeper({
      ...{ folder: undefined, version: '0.1.0', keys: { trust, trustPems } },
      admin: () => {
        asked += 1;
        return undefined;
      },
      namespaces: () => [NS],
      governed: () => [NS],
      anchors: { read: async () => undefined, write: async () => {} },
      now: () => TIME,
      onUnarchived: () => {},
      onFault: (error) => void faults.push(error),
      times: { checkpointMillis: 5, archiveMillis: 5 },
    });
    while (asked < 3) await delay(5);
    await keeper.close();

    expect(faults).to.deep.equal([]);
  });

  it('is asked for seldom where no sidecar is, and found there all the same', async () => {
    const left = 'left' as Namespace;
    const client = await connectRedis(readRedisUrl(redis.url, 'test'), { name: 'sidecar' });
    const ledger = await openRedisLedger({
      ...{ client, namespace: left, version: '0.1.0', now: () => TIME },
    });
    await ledger.close('stopped');
    const idle = Array.from({ length: 100 }, (_, index) => `idle-${index}` as Namespace);
    let rounds = 0;
    const faults: unknown[] = [];
    await admin.config('RESETSTAT');
    const keeper = new EvidenceKeeper({
      ...{ folder: undefined, version: '0.1.0', keys: { trust, trustPems } },
      admin: () => {
        rounds += 1;
        return admin;
      },
      namespaces: () => [NS, left, ...idle],
      governed: () => [NS],
      anchors: { read: async () => undefined, write: async () => {} },
      now: () => TIME,
      onUnarchived: () => {},
      onFault: (error) => void faults.push(error),
      times: { checkpointMillis: 5, archiveMillis: 1000 },
    });
    while (rounds < 24) await delay(5);
    await keeper.close();

    const [, calls] = /cmdstat_smembers:calls=(\d+)/.exec(await admin.info('commandstats')) ?? [];
    const asked = Number(calls);
    const everywhere = Math.ceil(rounds / 12) * (2 + idle.length);
    expect(asked).to.be.within(rounds, everywhere + rounds);
    expect((await admin.keys(`gh:{${left}/*:checkpoints`)).length).to.equal(1);
    expect(faults).to.deep.equal([]);
  });

  /** A keeper of these namespaces; stops once it has checkpointed `sound`. */
  async function checkpointed(
    sound: Namespace,
    options: Partial<EvidenceKeeperOptions>,
  ): Promise<readonly unknown[]> {
    const faults: unknown[] = [];
    const client = await connectRedis(readRedisUrl(redis.url, 'test'), { name: 'sidecar' });
    const ledger = await openRedisLedger({
      ...{ client, namespace: sound, version: '0.1.0', now: () => TIME },
    });
    const keeper = new EvidenceKeeper({
      ...{ folder: undefined, version: '0.1.0', keys: { trust, trustPems } },
      admin: () => admin,
      namespaces: () => [sound],
      governed: () => [sound],
      anchors: { read: async () => undefined, write: async () => {} },
      now: () => TIME,
      onUnarchived: () => {},
      onFault: (error) => void faults.push(error),
      times: { checkpointMillis: 5, archiveMillis: 5 },
      ...options,
    });
    const { checkpoints } = logKeys(sound, ledger.lane);
    while ((await admin.exists(checkpoints)) === 0) await delay(5);
    await keeper.close();
    await ledger.close('stopped');
    return faults;
  }

  it('is checkpointed whatever somebody made of another namespace, or of another log', async () => {
    const [spoilt, sound] = ['spoilt', 'sound'] as [Namespace, Namespace];
    const name = 'a'.repeat(26);
    await admin.sadd(logsKey(spoilt), name);
    await admin.set(logKeys(spoilt, name).head, 'no hash');
    const writer = { publicKey: 'no key', sign: () => 'A'.repeat(86) };
    const start = openLane({ signer: writer, bootNonce: '0', version: '0', startedAt: TIME });
    const keys = logKeys(sound, name);
    const lane = laneFileName(1, start.lane).replace('.jsonl', '');
    const { line, head } = start.commit;
    await admin.sadd(logsKey(sound), name);
    await admin.hset(keys.head, { lane, seq: '1', hash: head.hash, opening: line, trust: '' });
    await admin.xadd(keys.lane(lane), '1-0', 'e', line);

    const faults = await checkpointed(sound, { governed: () => [spoilt, sound] });

    expect(new Set(faults.map(codeOf))).to.deep.equal(new Set(['WRONGTYPE']));
  });

  it('is checkpointed also while the archive takes its time', async () => {
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<string>();
    // Only the archive asks how much room there is.
    const slow = new Proxy(admin, {
      get: (target, name) => {
        if (name !== 'info') return Reflect.get(target, name, target);
        asked.resolve();
        return () => answer.promise;
      },
    });
    const busy = 'busy' as Namespace;
    await admin.sadd(logsKey(busy), 'b'.repeat(26));
    let isArchiving = false;
    void asked.promise.then(() => {
      isArchiving = true;
    });

    const sound = 'beside' as Namespace;
    const faults = checkpointed(sound, {
      folder,
      admin: () => slow,
      namespaces: () => [busy],
      governed: () => (isArchiving ? [sound] : []),
      onUnarchived: () => {},
    });
    await asked.promise;
    while ((await admin.keys(`gh:{${sound}/*:checkpoints`)).length === 0) await delay(5);
    answer.resolve('');

    expect(await faults).to.deep.equal([]);
  });
});
