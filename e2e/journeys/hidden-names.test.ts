import { expect } from 'chai';
import { start as startLegacy } from '#e2e/servers/legacy-fixture.ts';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { LegacySession } from './legacy-session.ts';
import { type Rig, type Spec, startRig } from './rig.ts';
import { type Answer, callTool, type ModernRequest, messageOf, modern, send } from './wire.ts';

const SPEC: Spec = {
  rules: [
    {
      name: 'engineers',
      effect: 'Allow',
      match: { tools: ['*'] },
      subjects: { groups: ['engineering'] },
    },
    { name: 'never', effect: 'Deny', match: { tools: ['delete_everything'] } },
    {
      name: 'sometimes',
      effect: 'Allow',
      match: { tools: ['echo'] },
      when: ['args.message == "x"'],
    },
    { name: 'one', effect: 'Allow', match: { resources: ['test://static-text'] } },
    { name: 'prompt', effect: 'Allow', match: { prompts: ['test_simple_prompt'] } },
  ],
};

const resource = (uri: string): ModernRequest => ({ method: 'resources/read', params: { uri } });
const prompt = (name: string): ModernRequest => ({ method: 'prompts/get', params: { name } });
const completion = (name: string): ModernRequest => ({
  method: 'completion/complete',
  params: { ref: { type: 'ref/prompt', name }, argument: { name: 'arg1', value: 'p' } },
});

const pairs = [
  {
    name: 'a tool that a rule denies',
    sub: 'alice',
    hidden: callTool('delete_everything'),
    invented: callTool('delete_everyone_x'),
  },
  {
    name: 'a tool of other people',
    sub: 'bob',
    hidden: callTool('counter'),
    invented: callTool('no_such_tool'),
  },
  {
    name: 'a resource',
    sub: 'alice',
    hidden: resource('test://static-binary'),
    invented: resource('test://no-such-thing'),
  },
  {
    name: 'a prompt',
    sub: 'alice',
    hidden: prompt('test_prompt_with_image'),
    invented: prompt('no_such_prompt'),
  },
  {
    name: 'a prompt, by asking for completions',
    sub: 'alice',
    hidden: completion('test_prompt_with_arguments'),
    invented: completion('no_such_prompt'),
  },
] as const;

// Promise 2 and design section 14, Visible: what may not be known of cannot be told from nothing.
describe('a name that is hidden from the caller', () => {
  describe('in the modern era', () => {
    let rig: Rig<Fixture>;
    before(async () => {
      rig = await startRig({ server: startModern, specs: [SPEC] });
    });
    after(() => rig.close());

    for (const { name, sub, hidden, invented } of pairs) {
      // `*` lets alice see every tool that no rule denies, invented ones too.
      const seesAll = name === 'a tool that a rule denies';
      it(`answers ${seesAll ? 'as unknown' : 'byte for byte as one that does not exist'}: ${name}`, async () => {
        const token = await rig.token(sub);
        const before = rig.server.journal.read().requests.length;

        const answer = await send(rig.url, modern(token, hidden));
        const reached = rig.server.journal.read().requests.length - before;
        const other = await send(rig.url, modern(token, invented));

        expect(messageOf(answer).error?.code).to.equal(-32602);
        expect(reached).to.equal(0);
        if (!seesAll) expect(shapeOf(answer)).to.deep.equal(shapeOf(other));
      });
    }

    it('is not in the list of tools, and the list says it is private', async () => {
      const list = async (sub: string) =>
        messageOf(await send(rig.url, modern(await rig.token(sub), { method: 'tools/list' })))
          .result;

      const [alices, bobs] = [await list('alice'), await list('bob')];

      const names = alices?.tools?.map(({ name }) => name);
      expect(names).to.include.members(['echo', 'counter']).and.not.include('delete_everything');
      expect(bobs?.tools?.map(({ name }) => name)).to.deep.equal(['echo']);
      expect(alices).to.include({ cacheScope: 'private' });
      expect(Number(bobs?.ttlMs)).to.be.within(0, 60_000);
    });

    it('is not in any other list', async () => {
      const list = async (method: string) =>
        messageOf(await send(rig.url, modern(await rig.token(), { method }))).result ?? {};

      const lists = await Promise.all(
        ['prompts/list', 'resources/list', 'resources/templates/list'].map(list),
      );

      const [prompts, resources, templates] = lists;
      expect(JSON.stringify(prompts)).to.include('test_simple_prompt').and.not.include('image');
      expect(JSON.stringify(resources)).to.include('static-text').and.not.include('static-binary');
      expect(templates).to.have.deep.property('resourceTemplates', []);
      expect(lists.every(({ cacheScope }) => cacheScope === 'private')).to.equal(true);
      const [record] = await rig.concluded('resources/list');
      expect(record?.outcome?.outcome?.hidden).to.equal(2);
    });
  });

  describe('in the legacy era', () => {
    let rig: Rig<Fixture>;
    before(async () => {
      rig = await startRig({ server: startLegacy, specs: [SPEC] });
    });
    after(() => rig.close());

    it('answers byte for byte as one that does not exist, and is not listed', async () => {
      const session = await LegacySession.open(rig.url, await rig.token('bob'));
      const call = (name: string) =>
        session.post({ id: 1, method: 'tools/call', params: { name, arguments: {} } });

      const [hidden, invented] = [await call('counter'), await call('no_such_tool')];
      const list = messageOf(await session.post({ id: 2, method: 'tools/list' }));

      expect(messageOf(hidden).error?.code).to.equal(-32602);
      expect(shapeOf(hidden)).to.deep.equal(shapeOf(invented));
      expect(rig.server.journal.read().executed).to.deep.equal({});
      expect(list.result?.tools?.map(({ name }) => name)).to.deep.equal(['echo']);
      expect(list.result).to.not.have.property('cacheScope');
    });
  });
});

function shapeOf({ status, headers, text }: Answer): object {
  const { date: _, ...rest } = headers;
  return { status, headers: rest, text };
}
