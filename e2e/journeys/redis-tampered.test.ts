import { expect } from 'chai';
import { connectRedis, type RedisClient } from '#platform/redis/client.ts';
import { approvalKeys, readNamespace } from '#platform/redis/keys.ts';
import { readRedisUrl } from '#platform/redis/target.ts';
import { textOf } from './desk.ts';
import { call, decide, type Replicas, startReplicas, verify, waiting } from './replicas.ts';

// Issue 6: a grant flipped back after spending is refused, or reported by verify.
describe('somebody who writes a spent grant back into Redis', function () {
  this.timeout(60_000);
  let pair: Replicas;
  let admin: RedisClient;

  beforeEach(async () => {
    pair = await startReplicas(0);
    admin = await connectRedis(readRedisUrl(pair.redis.url, 'test'), { name: 'intruder' });
  });

  afterEach(async () => {
    admin.disconnect();
    await pair.close();
  });

  const namespace = readNamespace('default');
  if (namespace === undefined) throw new Error('no namespace');
  const keys = approvalKeys(namespace);
  const executions = () => pair.rig.server.journal.executions('refund');
  const refund = (at = pair.one) => call(pair, at, 'refund', { amount: 50.5 });

  /** One refund, approved and carried out; what Redis held while it was granted. */
  async function spendOne(): Promise<{ readonly id: string; readonly granted: object }> {
    await refund();
    const { id } = await waiting(pair, pair.two);
    await decide(pair, pair.two, id, 'approve');
    const granted = await admin.hgetall(keys.approval(id));
    expect(textOf(await refund())).to.equal('Refunded 50.5.');
    return { id, granted };
  }

  it('gets no second call through, and nothing to hide', async () => {
    const { id, granted } = await spendOne();

    await admin.hset(keys.approval(id), granted);
    const again = await refund(pair.two);

    expect(textOf(again)).to.include('nonce_spent');
    expect(executions()).to.equal(1);
  });

  it('is found out by verify, who removes the count of uses as well', async () => {
    const { id, granted } = await spendOne();

    await admin.hset(keys.approval(id), granted);
    await admin.del(keys.spent(id));
    await refund(pair.two);
    await pair.one.close();
    await pair.two.close();
    const { code, problems } = await verify(pair);

    expect(code).to.equal(1);
    expect(JSON.stringify(problems)).to.include('grant_spent_twice');
  });

  it('is found out by verify, who undoes that it was taken back', async () => {
    await refund();
    const { id } = await waiting(pair, pair.two);
    await decide(pair, pair.two, id, 'approve');
    const granted = await admin.hgetall(keys.approval(id));
    await decide(pair, pair.two, id, 'revoke');

    await admin.hset(keys.approval(id), granted);
    await refund();
    await pair.one.close();
    await pair.two.close();
    const { code, problems } = await verify(pair);

    expect(code).to.equal(1);
    expect(JSON.stringify(problems)).to.include('grant_spent_after_end');
  });
});
