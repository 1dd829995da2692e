import { expect } from 'chai';
import { principal } from '#core/approvals/approvals.testkit.ts';
import type { ApprovalRequest } from '#core/approvals/request.ts';
import type { McpGatewayPolicySpec } from '#crds/policy.ts';
import { ASKING, askingWith, Ladder, refusalOf } from './ladder.testkit.ts';

const MINUTES = 60_000;
const WINDOW = {
  approvals: [
    {
      name: 'finance',
      approvers: { groups: ['finance'] },
      scope: 'Window' as const,
      window: { ttl: '10m', maxUses: 2 },
    },
  ],
};

/** Waits under ASKING until `meanwhile` is done and somebody approves. */
async function approvedAfter(meanwhile: (ladder: Ladder) => void) {
  const ladder = new Ladder();
  const call = ladder.climb();
  await ladder.asked();
  meanwhile(ladder);
  await ladder.decide();
  return { ladder, obtained: await call.obtained };
}

describe('a grant that is about to be spent', () => {
  const changes: { name: string; spec: McpGatewayPolicySpec; says: string }[] = [
    {
      name: 'the policy denies it now',
      spec: {
        ...ASKING,
        rules: [
          ...(ASKING.rules ?? []),
          { name: 'no', effect: 'Deny', match: { prompts: ['pay'] } },
        ],
      },
      says: 'denied by policy',
    },
    {
      name: 'its rule is gone',
      spec: { ...ASKING, rules: [] },
      says: 'denied by policy',
    },
    {
      name: 'its rule asks in other words',
      spec: askingWith({ reapproveOnInput: false }),
      says: 'call again to ask anew',
    },
    {
      name: 'it takes more people now',
      spec: {
        ...ASKING,
        approvals: [{ name: 'finance', approvers: { groups: ['finance'] }, quorum: 2 }],
      },
      says: 'call again to ask anew',
    },
  ];
  for (const { name, spec, says } of changes) {
    it(`is kept back when ${name}`, async () => {
      const { ladder, obtained } = await approvedAfter((each) => each.activate(spec));

      const { code, reason } = refusalOf(obtained);

      expect(code).to.equal('approval_refused');
      expect(reason).to.include(says);
      expect(await ladder.states()).to.deep.equal(['GRANTED']);
    });
  }

  it('is spent when the policy would let the call through anyway', async () => {
    const spec: McpGatewayPolicySpec = {
      ...ASKING,
      rules: [{ name: 'all', effect: 'Allow', match: { prompts: ['*'] } }],
    };

    const { ladder, obtained } = await approvedAfter((each) => each.activate(spec));

    expect(obtained.kind).to.equal('granted');
    expect(await ladder.states()).to.deep.equal(['CONSUMED']);
  });

  it('is spent when something else in the policy has changed', async () => {
    const spec: McpGatewayPolicySpec = { ...ASKING, limits: { callSeconds: 7 } };

    const { obtained } = await approvedAfter((each) => each.activate(spec));

    expect(obtained.kind).to.equal('granted');
  });

  it('is kept back when its caller comes from an issuer that is not trusted any more', async () => {
    const issuers = (ASKING.identity?.issuers ?? []).map((each) => ({
      ...each,
      issuer: 'https://other.example',
    }));
    const spec = { ...ASKING, identity: { ...ASKING.identity, issuers } };

    const { ladder, obtained } = await approvedAfter((each) => each.activate(spec));

    expect(refusalOf(obtained).code).to.equal('token_invalid');
    expect(await ladder.states()).to.deep.equal(['GRANTED']);
  });

  it('is kept back once the token of its caller has expired', async () => {
    const ladder = new Ladder();
    const by = { ...principal('alice'), expiresAtSeconds: ladder.now / 1000 + 60 };
    const call = ladder.climb({ by });
    await ladder.asked();
    ladder.now += 2 * MINUTES;
    await ladder.decide();

    const { code } = refusalOf(await call.obtained);

    expect(code).to.equal('token_invalid');
    expect(await ladder.states()).to.deep.equal(['GRANTED']);
  });

  it('is over after its time, and the call asks anew', async () => {
    const ladder = new Ladder({ holdSeconds: 0 });
    await ladder.climb().obtained;
    await ladder.decide();
    ladder.now += 6 * MINUTES;

    const obtained = await ladder.climb().obtained;

    expect(refusalOf(obtained).code).to.equal('approval_round');
    expect(await ladder.states()).to.deep.equal(['PENDING', 'EXPIRED']);
  });

  const forgeries: { name: string; forge: (asked: ApprovalRequest) => Partial<ApprovalRequest> }[] =
    [
      {
        name: 'somebody else as its requester',
        forge: ({ requester }) => ({ requester: { ...requester, person: 'nobody@example.com' } }),
      },
      {
        name: 'approvers whom the policy does not name',
        forge: ({ terms }) => ({
          terms: { ...terms, needs: terms.needs.map((need) => ({ ...need, subjects: ['bob'] })) },
        }),
      },
      { name: 'another server', forge: () => ({ server: 'http://staging.example/mcp' }) },
      { name: 'another method', forge: () => ({ method: 'tools/call' }) },
      { name: 'another rule', forge: () => ({ rule: 'payments/harmless' }) },
      { name: 'another tool', forge: ({ target }) => ({ target: { ...target, name: 'echo' } }) },
      { name: 'other arguments', forge: () => ({ preview: '{"amount":1}' }) },
      { name: 'what is no JSON', forge: () => ({ preview: '{' }) },
    ];
  for (const { name, forge } of forgeries) {
    it(`is kept back when the store showed its approvers ${name}`, async () => {
      const honest = new Ladder({ holdSeconds: 0 });
      await honest.climb().obtained;
      const { request } = await honest.asked();
      const ladder = new Ladder();
      await ladder.store.attachOrCreate({ ...request, ...forge(request) });
      await ladder.decide();

      const { code, reason } = refusalOf(await ladder.climb().obtained);

      expect(code).to.equal('approval_refused');
      expect(reason).to.include('approvers were shown');
      expect(await ladder.states()).to.deep.equal(['GRANTED']);
    });
  }

  it('is spent when the identical call comes with other spaces in it', async () => {
    const ladder = new Ladder({ holdSeconds: 0 });
    const params = { arguments: { amount: 50 } };
    await ladder.climb({ params }).obtained;
    const { request } = await ladder.asked();
    const other = new Ladder();
    await other.store.attachOrCreate({ ...request, preview: '{ "amount" : 50.0 }' });
    await other.decide();

    const obtained = await other.climb({ params }).obtained;

    expect(obtained.kind).to.equal('granted');
  });

  it('that is a window lets through what it has uses for, whatever the arguments', async () => {
    const ladder = new Ladder({ holdSeconds: 0, spec: { ...ASKING, ...WINDOW } });
    await ladder.climb({ params: { arguments: { amount: 0 } } }).obtained;
    await ladder.decide();

    const kinds: string[] = [];
    for (const amount of [1, 2, 3]) {
      const params = { arguments: { amount } };
      const obtained = await ladder.climb({ params }).obtained;
      kinds.push(obtained.kind === 'granted' ? 'granted' : obtained.refusal.code);
    }

    expect(kinds).to.deep.equal(['granted', 'granted', 'approval_round']);
    const uses = ladder.records().filter(({ type }) => type === 'approval.consumed');
    expect(uses.map(({ approval }) => approval?.use)).to.deep.equal([1, 2]);
  });
});
