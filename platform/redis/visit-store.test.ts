// Visits in Redis keep every promise of the port, on a real Redis, and say when it is away.

import { expect } from 'chai';
import { describeVisitStore } from '#core/identity/visit-store.contract.ts';
import { VisitStoreFault } from '#core/identity/visit-store.ts';
import { startRedis, type TestRedis } from './redis-server.fixture.ts';
import { connectTo, namespace } from './stores.fixture.ts';
import { RedisVisitStore } from './visit-store.ts';

describe('On a real Redis', () => {
  let redis: TestRedis;
  let count = 0;

  before(async () => {
    redis = await startRedis();
  });
  after(() => redis.stop());

  const open = async () => {
    count += 1;
    return new RedisVisitStore(await connectTo(redis.url), namespace(`test-${count}`));
  };

  describeVisitStore({ name: 'visits in Redis', open });

  it('leaves no key of a visit without an end', async () => {
    const store = await open();
    await store.begin({ key: 'a', account: 'carol', text: 't', ttlSeconds: 60, most: 3 });
    const client = await connectTo(redis.url);

    const keys = await client.keys(`gh:{test-${count}/*`);
    const ends = await Promise.all(keys.map((key) => client.pttl(key)));
    client.disconnect();
    store.close();

    expect(keys).to.have.length(2);
    expect(ends.every((end) => end > 0)).to.equal(true);
  });

  it('says that nobody can be found while Redis is away', async () => {
    const other = await startRedis();
    const store = new RedisVisitStore(await connectTo(other.url), namespace('test'));
    await other.stop();

    const fault = await store.get('a').catch((error: unknown) => error);
    store.close();

    expect(fault).to.be.instanceOf(VisitStoreFault);
  });
});
