import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { intentDraft, outcomeDraft } from '#core/evidence/drafts.fixture.ts';
import { certify } from '#core/evidence/lane.ts';
import { signatureKey, signerFor } from '#core/evidence/signature.ts';
import { type Verification, verifyLogs } from '#core/evidence/verify.ts';
import { openArchive } from '#platform/file/archive-source.ts';
import { connectRedis, type RedisClient } from '#platform/redis/client.ts';
import type { Namespace } from '#platform/redis/keys.ts';
import { openRedisLedger } from '#platform/redis/ledger.ts';
import { startRedis, type TestRedis } from '#platform/redis/redis-server.fixture.ts';
import { readRedisUrl } from '#platform/redis/target.ts';
import { EvidenceKeeper } from './evidence-keeper.ts';

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
});
