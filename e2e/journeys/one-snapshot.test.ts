import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { type Rig, type Spec, startRig } from './rig.ts';
import { until } from './until.ts';
import { callTool, messageOf, modern, type Rpc, send } from './wire.ts';

const allow = (...tools: string[]): Spec => ({
  rules: [{ name: 'some', effect: 'Allow', match: { tools } }],
});

const OLD = allow('slow', 'counter');

// Promise 5: a message is judged under one snapshot, the one current when it arrives.
describe('a policy that changes while the gateway runs', () => {
  let rig: Rig<Fixture>;
  before(async () => {
    rig = await startRig({ server: startModern, specs: [OLD] });
  });
  after(() => rig.close());

  const call = async (name: string, args: object = {}): Promise<Rpc> =>
    messageOf(await send(rig.url, modern(await rig.token(), callTool(name, args))));

  it('judges the next message, and lets the one under way end as it was allowed', async () => {
    const slow = call('slow', { ms: 60_000 });
    await until('the slow call under way', () => rig.server.journal.executions('slow') === 1);

    await rig.activate(allow('echo'));
    const next = await call('slow', { ms: 0 });
    const now = await call('echo', { message: 'new' });
    rig.server.journal.endSlow();

    expect(next.error?.code).to.equal(-32602);
    expect(now.result?.content?.[0]?.text).to.equal('new');
    expect((await slow).result?.content?.[0]?.text).to.equal('Waited 60000 ms.');
    expect(rig.server.journal.executions('slow')).to.equal(1);
    const [first, second] = await rig.concluded('tool:slow', 2);
    expect(first?.outcome?.outcome?.status).to.equal('ok');
    expect(first?.intent.decision?.policy).to.not.equal(second?.intent.decision?.policy);
    expect(second?.intent.decision?.effect).to.equal('Deny');
    await rig.activate(OLD);
  });

  it('is recorded before it judges anything, by a digest that decisions name', async () => {
    await call('counter');

    const records = await rig.records();
    const loaded = records.filter(({ type }) => type === 'policy.loaded');
    const intents = records.filter(({ type }) => type === 'intent');
    for (const { seq, decision } of intents) {
      const source = loaded.find(({ detail }) => detail?.policy === decision?.policy);
      expect(source?.seq).to.be.lessThan(seq);
    }
  });

  const broken: readonly { readonly name: string; readonly spoil: (text: string) => string }[] = [
    { name: 'a field is misspelled', spoil: (text) => text.replace('match', 'mach') },
    { name: 'it is cut off', spoil: (text) => text.slice(0, -20) },
    { name: 'it is empty', spoil: () => '' },
    { name: 'it is another kind of thing', spoil: () => 'hello: [world' },
    {
      name: 'an expression cannot be read',
      spoil: (text) => `${text}      when: ["args.x ="]\n`,
    },
  ];
  for (const { name, spoil } of broken) {
    it(`keeps judging by the last good one when ${name}, and says so`, async () => {
      const good = await readFile(rig.policyFiles[0] ?? '', 'utf8');
      const kept = (await rig.records()).filter(({ type }) => type === 'policy.loaded').at(-1);
      const rejections = async () =>
        (await rig.records()).filter(({ type }) => type === 'policy.rejected');
      const before = (await rejections()).length;

      await rig.writePolicy(spoil(good));
      await until('a rejection', async () => (await rejections()).length > before);

      const [allowed, denied] = [await call('counter'), await call('echo', { message: 'x' })];
      expect(allowed.result?.content?.[0]?.text).to.match(/^\d+$/);
      expect(denied.error?.code).to.equal(-32602);
      const rejected = (await rejections()).at(-1);
      expect(rejected?.detail?.kept).to.equal(kept?.detail?.policy);
      expect(String(rejected?.detail?.problems)).to.match(/policy-0\.yaml:\d+:/);
      const metrics = await (await fetch(`${rig.gatehouse.adminUrl}/metrics`)).text();
      expect(metrics).to.match(/rejected/);
      await rig.activate(OLD);
    });
  }
});
