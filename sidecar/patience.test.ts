import { expect } from 'chai';
import { Ladder } from './ladder.testkit.ts';

const LEGACY = '2025-11-25';
const TOLD = { _meta: { progressToken: 'p-1' } };

describe('what a waiting client hears', () => {
  it('is what it waits for, where it asked for progress in the legacy era', async () => {
    const ladder = new Ladder();
    const call = ladder.climb({ params: TOLD, revision: LEGACY });
    const { request: asked } = await ladder.asked();
    await ladder.decide('deny');
    await call.obtained;

    const data = call.heard().match(/^data: ?(.+)$/m)?.[1] ?? '';

    expect(JSON.parse(data)).to.deep.include({ method: 'notifications/progress' });
    expect(JSON.parse(data).params).to.deep.include({
      progressToken: 'p-1',
      message: `Waiting for approval ${asked.id}: https://approvals.example/approvals/${asked.id}`,
    });
    // The server's own progress starts at zero and may only grow from ours.
    expect(JSON.parse(data).params.progress).to.be.within(-30, -0.01);
  });

  const silent = [
    { name: 'asked for no progress', wish: { revision: LEGACY } },
    { name: 'is of the modern era', wish: { params: TOLD } },
  ] as const;
  for (const { name, wish } of silent) {
    it(`is nothing before its answer where it ${name}`, async () => {
      const ladder = new Ladder();
      const call = ladder.climb(wish);
      await ladder.decide('deny');
      await call.obtained;

      expect([call.heard(), call.client.isCommitted]).to.deep.equal(['', false]);
    });
  }

  it('is nothing where a grant waits for its call already', async () => {
    const ladder = new Ladder({ holdSeconds: 0 });
    await ladder.climb({ revision: LEGACY }).obtained;
    await ladder.decide();
    const call = ladder.climb({ params: TOLD, revision: LEGACY });

    await call.obtained;

    expect(call.client.isCommitted).to.equal(false);
  });
});
