import { expect } from 'chai';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { type Rig, type Spec, startRig } from './rig.ts';
import { callTool, jsonHeaders, messageOf, modern, send } from './wire.ts';

const SPEC: Spec = {
  mode: 'Observe',
  rules: [
    {
      name: 'engineers',
      effect: 'Allow',
      match: { tools: ['echo'] },
      subjects: { groups: ['engineering'] },
    },
    { name: 'never', effect: 'Deny', match: { tools: ['delete_everything'] } },
  ],
};

// Promise 5 and design section 14, Observe: what would be refused happens, and is told.
describe('a policy that only observes', () => {
  let rig: Rig<Fixture>;
  before(async () => {
    rig = await startRig({ server: startModern, specs: [SPEC] });
  });
  after(() => rig.close());

  it('lets through what it would deny, and records what it would have said', async () => {
    const asked = modern(await rig.token(), callTool('delete_everything'));

    const answer = await send(rig.url, asked);

    expect(messageOf(answer).result?.content?.[0]?.text).to.equal('Everything is gone.');
    const [exchange] = await rig.concluded('tool:delete_everything');
    expect(exchange?.intent.decision).to.include({
      effect: 'Deny',
      rule: 'policy-0/never',
      observed: true,
    });
    expect(exchange?.outcome?.outcome?.status).to.equal('ok');
  });

  it('says nothing of the kind about what it allows', async () => {
    await send(rig.url, modern(await rig.token(), callTool('echo', { message: 'hi' })));

    const [exchange] = await rig.concluded('tool:echo');
    expect(exchange?.intent.decision).to.include({ effect: 'Allow', rule: 'policy-0/engineers' });
    expect(exchange?.intent.decision).to.not.have.property('observed');
  });

  const strangers: readonly {
    readonly name: string;
    readonly token: () => Promise<string | undefined>;
  }[] = [
    { name: 'no token', token: async () => undefined },
    { name: 'a token for somebody else', token: () => rig.token('bob', { audience: 'urn:other' }) },
    { name: 'no token at all, but words', token: async () => 'hello' },
  ];
  for (const { name, token } of strangers) {
    it(`lets a caller through who shows ${name}, as anonymous`, async () => {
      const shown = await token();
      const { headers, body } = modern(shown ?? '', callTool('counter'));
      const sent = headers.filter(([each]) => shown !== undefined || each !== 'authorization');

      const answer = await send(rig.url, { headers: sent, body });

      expect(messageOf(answer).result?.content?.[0]?.text).to.match(/^\d+$/);
      const exchange = (await rig.concluded('tool:counter')).at(-1);
      expect(exchange?.intent.principal).to.deep.equal({
        issuer: 'anonymous',
        subject: 'anonymous',
      });
      expect(exchange?.intent.decision).to.include({ effect: 'Deny', observed: true });
    });
  }

  it('shows the whole list, and records how much of it would be hidden', async () => {
    const answer = await send(rig.url, modern(await rig.token(), { method: 'tools/list' }));

    const names = messageOf(answer).result?.tools?.map((tool) => tool.name) ?? [];
    expect(names).to.include('delete_everything');
    const lists = await rig.concluded('tools/list');
    const exchange = lists.find(({ intent }) => intent.principal?.subject !== 'gatehouse');
    expect(exchange?.outcome?.outcome?.hidden).to.equal(names.length - 1);
  });

  it('still refuses what cannot be judged', async () => {
    const before = rig.server.journal.read().requests.length;

    const answer = await send(rig.url, {
      headers: jsonHeaders(await rig.token()),
      body: '{"jsonrpc":"2.0","id":1,"id":2,"method":"tools/list"}',
    });

    expect(answer.status).to.equal(400);
    expect(rig.server.journal.read().requests.length).to.equal(before);
  });

  it('enforces from one message to the next when its mode is changed', async () => {
    await rig.activate({ ...SPEC, mode: 'Enforce' });
    const ran = rig.server.journal.executions('delete_everything');

    const denied = await send(rig.url, modern(await rig.token(), callTool('delete_everything')));
    const stranger = await send(rig.url, {
      headers: [['content-type', 'application/json']],
      body: '{}',
    });

    expect(messageOf(denied).error?.code).to.equal(-32602);
    expect(rig.server.journal.executions('delete_everything')).to.equal(ran);
    expect(stranger.status).to.equal(401);
    const modes = (await rig.records())
      .filter(({ type }) => type === 'policy.loaded')
      .map(({ detail }) => detail?.mode);
    expect(modes).to.deep.equal(['Observe', 'Enforce']);
  });
});
