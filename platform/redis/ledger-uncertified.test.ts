// A gateway that holds no trust key keeps its evidence in Redis all the same: opened uncertified, certified by
// a record, without checkpoints of its own, and gone on with by the next gateway of the same kind.

import { expect } from 'chai';
import { intentDraft, outcomeDraft } from '#core/evidence/drafts.fixture.ts';
import { certify } from '#core/evidence/lane.ts';
import { signatureKey } from '#core/evidence/signature.ts';
import { verifyLogs } from '#core/evidence/verify.ts';
import { checkpointEntrustedLogs } from './entrusted-logs.ts';
import { LedgerBench } from './ledgers.fixture.ts';
import { startRedis, type TestRedis } from './redis-server.fixture.ts';
import { connectTo, namespace } from './stores.fixture.ts';

const TIME = '2026-03-01T12:00:01.000000Z';

describe('A ledger in Redis without a trust key', () => {
  let redis: TestRedis;

  before(async () => {
    redis = await startRedis();
  });

  after(() => redis.stop());

  it('is certified by a record, and sealed by the gateway that comes after', async () => {
    const bench = new LedgerBench(redis.url, namespace('uncertified'));
    const { ledger: first } = await bench.open({ checkpoints: undefined });
    const { lane, publicKey, trustKey } = { lane: first.lane, ...first.identity };
    await first.append(intentDraft('0195-a', TIME));
    const certificate = certify(lane, publicKey, bench.signer);
    const detail = { trustKey: signatureKey(bench.signer.publicKey).id, certificate };
    await first.append({ type: 'lane.certified', ts: TIME, detail });
    await first.append(outcomeDraft('0195-a', TIME));
    await first.close('stopped');
    const { ledger: second } = await bench.open({ checkpoints: undefined });
    await second.close('stopped');

    const reader = await connectTo(redis.url);
    const found = await verifyLogs(await bench.logs(reader), [bench.trust]);
    reader.disconnect();

    expect(trustKey).to.equal(undefined);
    expect(found).to.deep.include({ verdict: 'inconclusive', lanes: 2, records: 7 });
    expect(found.problems.map(({ code }) => code)).to.deep.equal([
      'lane_uncheckpointed',
      'lane_uncertified',
      'lane_uncheckpointed',
    ]);
    expect(found.notes.map(({ code }) => code)).to.include('lane_certified_late');
  });

  it('is verified once who holds the trust key has certified and checkpointed it', async () => {
    const bench = new LedgerBench(redis.url, namespace('entrusted'));
    const reader = await connectTo(redis.url);
    const trust = { id: signatureKey(bench.signer.publicKey).id, signer: bench.signer };
    const logs = { client: reader, namespace: bench.namespace, trust, now: () => TIME };
    const { ledger } = await bench.open({ checkpoints: undefined });
    const certificate = certify(ledger.lane, ledger.identity.publicKey, bench.signer);
    const detail = { trustKey: trust.id, certificate };
    await ledger.append({ type: 'lane.certified', ts: TIME, detail });
    expect(await checkpointEntrustedLogs(logs)).to.equal(1);
    expect(await checkpointEntrustedLogs(logs), 'nothing grew').to.equal(0);
    await ledger.append(intentDraft('0195-b', TIME));
    await ledger.append(outcomeDraft('0195-b', TIME));
    await ledger.close('stopped');
    expect(await checkpointEntrustedLogs(logs)).to.equal(1);

    const found = await verifyLogs(await bench.logs(reader), [bench.trust]);
    reader.disconnect();

    expect(found.problems).to.deep.equal([]);
    expect(found).to.deep.include({ verdict: 'verified', lanes: 1, records: 5 });
  });

  it('is found cut when its tail is gone from behind a checkpoint', async () => {
    const bench = new LedgerBench(redis.url, namespace('cut'));
    const reader = await connectTo(redis.url);
    const trust = { id: signatureKey(bench.signer.publicKey).id, signer: bench.signer };
    const { ledger } = await bench.open({ checkpoints: undefined });
    await ledger.append(intentDraft('0195-c', TIME));
    await ledger.append(outcomeDraft('0195-c', TIME));
    await checkpointEntrustedLogs({
      client: reader,
      namespace: bench.namespace,
      trust,
      now: () => TIME,
    });
    const [lanes] = await reader.keys(`gh:{${bench.namespace}/*}:lane:*`);
    const [last] = await reader.xrevrange(lanes ?? '', '+', '-', 'COUNT', 1);
    await reader.xdel(lanes ?? '', last?.[0] ?? '');

    const found = await verifyLogs(await bench.logs(reader), [bench.trust]);
    reader.disconnect();
    await ledger.close('stopped').catch(() => {});

    expect(found.verdict).to.equal('tampered');
  });

  it('leaves the log of a gateway with a trust key to its kind', async () => {
    const bench = new LedgerBench(redis.url, namespace('both-kinds'));
    const { ledger: certified } = await bench.open();
    await certified.close('stopped');
    const { ledger: uncertified } = await bench.open({ checkpoints: undefined });
    await uncertified.close('stopped');

    const reader = await connectTo(redis.url);
    const logs = await bench.logs(reader);
    reader.disconnect();

    expect(logs).to.have.length(2);
  });
});
