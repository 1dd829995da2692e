// Sessions out of Redis: of all gateways together, in the order of their time, with what was recorded.

import { expect } from 'chai';
import { intentDraft, outcomeDraft } from '#core/evidence/drafts.fixture.ts';
import { testRecorder, withRecording } from '#core/recordings/recordings.fixture.ts';
import type { RedisClient } from './client.ts';
import { LedgerBench } from './ledgers.fixture.ts';
import { redisSessions } from './recorded-sessions.ts';
import { startRedis, type TestRedis } from './redis-server.fixture.ts';
import { connectTo, namespace } from './stores.fixture.ts';

describe('Sessions out of Redis', () => {
  let redis: TestRedis;
  let client: RedisClient;

  before(async () => {
    redis = await startRedis();
    client = await connectTo(redis.url);
  });

  after(async () => {
    client.disconnect();
    await redis.stop();
  });

  it('are those of all gateways, in the order of their time, with what was recorded', async () => {
    const bench = new LedgerBench(redis.url, namespace('sessions'));
    const [one, two] = [await bench.open(), await bench.open()];
    const at = (second: number) => `2026-03-02T00:00:0${second}.000000Z`;
    const session = 'session-1';
    const recorder = testRecorder();
    const [intent, blob] = withRecording(intentDraft('x2', at(2)), recorder.record('refund 50'));
    await one.ledger.append({ ...intentDraft('x1', at(1)), session });
    await two.ledger.append({ ...intent, session }, blob);
    await two.ledger.append({ ...outcomeDraft('x2', at(3)), session });
    await one.ledger.append({ ...outcomeDraft('x1', at(4)), session });

    const recorded = redisSessions(client, namespace('sessions'));
    const index = await recorded.sessions((id) => id === session);
    const digest = intent.payload?.blob ?? '';
    const reader = await recorded.recordings([{ lane: two.ledger.lane, digest }], undefined);
    const shown = intent.payload && (await reader.read(intent.payload));
    const missing =
      intent.payload && (await reader.read({ ...intent.payload, blob: 'f'.repeat(64) }));

    expect(index.records(session).map(({ ts }) => ts)).to.deep.equal([at(1), at(2), at(3), at(4)]);
    expect(shown).to.deep.equal({ kind: 'unshown', why: 'no_key' });
    expect(missing).to.deep.equal({ kind: 'unshown', why: 'missing' });
    await one.ledger.close('done');
    await two.ledger.close('done');
  });
});
