import { expect } from 'chai';
import { Leader } from './leader.ts';
import { json, scriptedApi } from './scripted-api.fixture.ts';

const OURS = {
  metadata: { resourceVersion: '1' },
  spec: { holderIdentity: 'a', leaseTransitions: 0, acquireTime: '2026-01-01T00:00:00.000000Z' },
};

describe('a leader', () => {
  for (const { name, answer } of [
    { name: 'no answer comes', answer: () => {} },
    { name: 'the API server fails', answer: json({}, 500) },
  ]) {
    it(`stops leading in time when ${name}`, async () => {
      const api = await scriptedApi(json(OURS), json(OURS), answer);
      const lost = Promise.withResolvers<void>();
      let losses = 0;
      const leader = new Leader({
        client: api.client,
        namespace: 'default',
        name: 'operator',
        identity: 'a',
        monotonicMillis: () => performance.now(),
        wallMillis: Date.now,
        random: Math.random,
        onLead: () => {},
        onLoss: () => {
          losses += 1;
          lost.resolve();
        },
        times: { leaseMillis: 400, renewMillis: 200, retryMillis: 20 },
      });
      const began = performance.now();
      leader.start();

      await lost.promise;

      // Not when the request that hangs is given up, after 30 s.
      expect(performance.now() - began).to.be.within(195, 10_000);
      expect([leader.leads, losses]).to.deep.equal([false, 1]);
      await api.close();
      await leader.close();
    });
  }

  it('that stood still asks for nothing more before it says that it lost', async () => {
    let aheadMillis = 0;
    const api = await scriptedApi(json(OURS));
    const lost = Promise.withResolvers<void>();
    const leader = new Leader({
      client: api.client,
      ...{ namespace: 'default', name: 'operator', identity: 'a' },
      monotonicMillis: () => performance.now() + aheadMillis,
      wallMillis: Date.now,
      random: Math.random,
      onLead: () =>
        void setImmediate(() => {
          aheadMillis = 60_000;
        }),
      onLoss: lost.resolve,
      times: { leaseMillis: 40_000, renewMillis: 20_000, retryMillis: 20 },
    });
    leader.start();

    await lost.promise;
    await api.close();
    await leader.close();

    expect([leader.leads, api.asked.length]).to.deep.equal([false, 2]);
  });
});
