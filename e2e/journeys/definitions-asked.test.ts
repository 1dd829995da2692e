import { expect } from 'chai';
import type { SeenRequest } from '#e2e/servers/content/journal.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { ERAS, type Talk } from './eras.ts';
import { openEvents } from './event-stream.ts';
import { LegacySession } from './legacy-session.ts';
import { type Rig, type Spec, startRig } from './rig.ts';
import { until } from './until.ts';
import { modern, type Rpc } from './wire.ts';

const SPEC: Spec = {
  rules: [
    { name: 'all', effect: 'Allow', match: { tools: ['*'] } },
    { name: 'follow', effect: 'Allow', match: { methods: ['subscriptions/listen'] } },
  ],
  tools: { pinning: 'Observe' },
};

interface Arrived {
  readonly rpc: Rpc;
  readonly headers: Readonly<Record<string, string>>;
}

function arrivedAt({ journal }: Fixture, method: string): readonly Arrived[] {
  return journal
    .read()
    .requests.map(({ rawHeaders, bodyBase64 }: SeenRequest) => {
      const text = Buffer.from(bodyBase64, 'base64').toString('utf8');
      const pairs = rawHeaders.flatMap((name, at) =>
        at % 2 === 0 ? [[name.toLowerCase(), rawHeaders[at + 1] ?? ''] as const] : [],
      );
      return { rpc: text === '' ? {} : JSON.parse(text), headers: Object.fromEntries(pairs) };
    })
    .filter(({ rpc }) => rpc.method === method);
}

// Design section 14, Tool definitions: what is not known is asked for, and what is not there is not called.
for (const { era, server, talk, listChanged } of ERAS) {
  describe(`a call of a tool that nobody has listed yet, in the ${era} era`, () => {
    let rig: Rig<Fixture>;
    let client: Talk;
    before(async () => {
      rig = await startRig({ server, specs: [SPEC] });
      client = await talk(rig.url, await rig.token());
    });
    after(() => rig.close());

    const questions = () =>
      arrivedAt(rig.server, 'tools/list').filter(({ rpc }) => String(rpc.id).startsWith('gw-'));

    const announceAnother = async (): Promise<void> => {
      const stream = await listen(rig, era);
      await fetch(new URL('/__event', rig.server.url), {
        method: 'POST',
        body: JSON.stringify(listChanged),
      });
      await stream.message('the announcement', ({ method }) =>
        String(method).endsWith('list_changed'),
      );
      stream.close();
    };

    it('makes Gatehouse ask for the list first, once, as the caller would be told it', async () => {
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => client.call('echo', { message: 'hi' })),
      );

      for (const { result } of answers) expect(result?.content?.[0]?.text).to.equal('hi');
      const [asked, ...more] = arrivedAt(rig.server, 'tools/list');
      const [call] = arrivedAt(rig.server, 'tools/call');
      expect(more).to.deep.equal([]);
      expect(asked?.rpc.id).to.match(/^gw-[0-9a-f-]{36}$/);
      for (const header of ['mcp-session-id', 'mcp-protocol-version', 'user-agent']) {
        expect(asked?.headers[header], header).to.equal(call?.headers[header]);
      }
      expect(asked?.headers['mcp-name']).to.equal(undefined);
      expect(subjectIn(asked)).to.equal('alice');
    });

    it('records the question as its own exchange, of the principal gatehouse', async () => {
      const calls = await rig.concluded('tool:echo', 8);
      const [own] = await rig.concluded('tools/list');

      expect(own?.intent.principal).to.deep.equal({ issuer: 'gatehouse', subject: 'gatehouse' });
      expect(own?.intent.decision).to.include({ effect: 'Allow', rule: 'gatehouse' });
      expect(calls.map(({ intent }) => intent.exchange)).to.include(own?.intent.detail?.askedFor);
      expect(own?.intent.message?.requestId).to.match(/^gw-/);
      expect(own?.outcome?.outcome?.status).to.equal('ok');
      const learnt = (await rig.records()).find(({ type }) => type === 'catalog.learnt');
      expect(learnt?.exchange).to.equal(own?.intent.exchange);
      for (const { intent } of calls) expect(intent.seq).to.be.above(Number(own?.outcome?.seq));
    });

    it('is never forwarded when the server lists no such tool, whatever rules allow', async () => {
      const before = questions().length;

      const invented = [await client.call('no_such_tool'), await client.call('nor_this')];

      for (const { error } of invented) expect(error?.code).to.equal(-32602);
      const called = arrivedAt(rig.server, 'tools/call').map(({ rpc }) => rpc.params?.name);
      expect(new Set(called)).to.deep.equal(new Set(['echo']));
      expect(questions().length - before).to.be.at.most(1);
      const [denied] = await rig.concluded('tool:no_such_tool');
      expect(denied?.intent.decision).to.include({ effect: 'Deny' });
      expect(denied?.outcome?.outcome).to.include({ refusal: 'target_unknown' });
    });

    it('is asked about anew once the server has announced another list', async () => {
      const before = questions().length;
      rig.server.redefine('echo', 'Says what it was told, and remembers it.');
      await announceAnother();

      await client.call('echo', { message: 'hi' });

      expect(questions().length - before).to.equal(1);
      const change = await until('a change', async () =>
        (await rig.records()).find(({ type }) => type === 'catalog.changed'),
      );
      expect(change.detail).to.include({ tool: 'echo', effect: 'observed' });
      expect(change.detail?.previous)
        .to.match(/^sha256:/)
        .and.not.equal(change.detail?.seen);
    });

    it('is not asked about when the caller has listed the tools itself', async () => {
      await announceAnother();
      const before = questions().length;

      await client.list();
      await client.call('add', { a: 1, b: 1 });

      expect(questions().length - before).to.equal(0);
    });
  });
}

/** By the token that Gatehouse gives the server. */
function subjectIn(asked: Arrived | undefined): unknown {
  const [, payload = ''] = (asked?.headers.authorization ?? '').split('.');
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')).sub;
}

/** A stream on which announcements come, once it is open. */
async function listen(rig: Rig<Fixture>, era: 'legacy' | 'modern') {
  if (era === 'legacy') return (await LegacySession.open(rig.url, await rig.token())).listen();
  const asked = {
    method: 'subscriptions/listen',
    params: { notifications: { toolsListChanged: true } },
  };
  const stream = await openEvents(rig.url, modern(await rig.token(), asked));
  await stream.message('the acknowledgement', ({ method }) =>
    String(method).endsWith('acknowledged'),
  );
  return stream;
}
