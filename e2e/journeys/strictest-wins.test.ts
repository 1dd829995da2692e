import { expect } from 'chai';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { type Rig, type Spec, startRig } from './rig.ts';
import { callTool, messageOf, modern, send } from './wire.ts';

const TEAM: Spec = {
  mode: 'Observe',
  rules: [{ name: 'all', effect: 'Allow', match: { tools: ['*'] } }],
  limits: { maxBodyBytes: 100_000, maxDepth: 8 },
};
const BASELINE: Spec = {
  rules: [
    { name: 'known', effect: 'Allow', match: { tools: ['echo', 'refund', 'add'] } },
    { name: 'small', effect: 'Deny', match: { tools: ['refund'] }, when: ['args.amount > 50.0'] },
  ],
  limits: { maxBodyBytes: 2000, maxDepth: 64 },
};

// Design sections 6 and 14: adding a policy never grants anything.
describe('two policies together', () => {
  let rig: Rig<Fixture>;
  before(async () => {
    rig = await startRig({ server: startModern, specs: [TEAM, BASELINE] });
  });
  after(() => rig.close());

  const call = async (name: string, args: object = {}) =>
    messageOf(await send(rig.url, modern(await rig.token(), callTool(name, args))));

  it('allow only what both allow', async () => {
    const [both, one] = [await call('echo', { message: 'hi' }), await call('counter')];

    expect(both.result?.content?.[0]?.text).to.equal('hi');
    expect(one.error?.code).to.equal(-32602);
    expect(rig.server.journal.executions('counter')).to.equal(0);
  });

  it('deny what either denies, and name the rule that did', async () => {
    const [small, large] = [
      await call('refund', { amount: 50 }),
      await call('refund', { amount: 51 }),
    ];

    expect(small.result?.isError).to.equal(undefined);
    expect(large.result?.isError).to.equal(true);
    expect(large.result?.content?.[0]?.text).to.include('policy-1/small');
  });

  it('observe only if both do', async () => {
    const answer = await send(rig.url, {
      headers: [['content-type', 'application/json']],
      body: '{}',
    });

    expect(answer.status).to.equal(401);
    const [loaded] = (await rig.records()).filter(({ type }) => type === 'policy.loaded');
    expect(loaded?.detail?.mode).to.equal('Enforce');
    expect(loaded?.detail?.documents).to.have.length(2);
  });

  it('hold everyone to the tighter limit of each kind', async () => {
    const deep = JSON.parse('['.repeat(6) + ']'.repeat(6));

    const long = await send(
      rig.url,
      modern(await rig.token(), callTool('echo', { message: 'x'.repeat(2000) })),
    );
    const nested = await send(
      rig.url,
      modern(await rig.token(), callTool('echo', { message: '', deep })),
    );

    expect(long.status).to.equal(413);
    expect(messageOf(nested).error?.message).to.include('nested over 8');
  });

  it('are both read again when either changes', async () => {
    await rig.activate({ ...BASELINE, rules: [{ name: 'none', effect: 'Deny' }] }, 1);

    const answer = await call('echo', { message: 'hi' });

    expect(answer.error?.code).to.equal(-32602);
  });
});
