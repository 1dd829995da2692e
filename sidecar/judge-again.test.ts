import { expect } from 'chai';
import type { McpGatewayPolicySpec } from '#crds/policy.ts';
import { ASKING, askingWith, Ladder, refusalOf } from './ladder.testkit.ts';

const NO = { name: 'no', effect: 'Deny', match: { prompts: ['pay'] } } as const;
/** Far longer than a test may take: only a change ends such a wait. */
const HOLD_SECONDS = 600;

describe('a policy that changes while calls wait', () => {
  let ladder: Ladder;

  beforeEach(() => {
    ladder = new Ladder({ holdSeconds: HOLD_SECONDS });
  });

  afterEach(() => ladder.stop());

  const changes: { name: string; spec: McpGatewayPolicySpec; says: string }[] = [
    {
      name: 'denies them now',
      spec: { ...ASKING, rules: [...(ASKING.rules ?? []), NO] },
      says: 'denied by policy',
    },
    {
      name: 'asks in other words',
      spec: askingWith({ reapproveOnInput: false }),
      says: 'call again to ask anew',
    },
  ];
  for (const { name, spec, says } of changes) {
    it(`and ${name} ends every wait at once, and leaves the request to people`, async () => {
      const calls = [ladder.climb(), ladder.climb({ revision: '2025-11-25' })];
      await ladder.asked();

      ladder.activate(spec);
      const refusals = (await Promise.all(calls.map(({ obtained }) => obtained))).map(refusalOf);

      expect(refusals.map(({ code }) => code)).to.deep.equal(Array(2).fill('approval_refused'));
      for (const { reason } of refusals) expect(reason).to.include(says);
      expect(await ladder.states()).to.deep.equal(['PENDING']);
    });
  }

  it('just as a call came ends its wait too', async () => {
    const call = ladder.climb();
    ladder.activate({ ...ASKING, rules: [...(ASKING.rules ?? []), NO] });

    expect(refusalOf(await call.obtained).reason).to.include('denied by policy');
  });

  it('and says of them what it said before lets them wait on', async () => {
    const call = ladder.climb();
    await ladder.asked();

    ladder.activate({ ...ASKING, limits: { requestsPerMinute: 1000 } });
    await ladder.decide();

    expect((await call.obtained).kind).to.equal('granted');
  });
});
