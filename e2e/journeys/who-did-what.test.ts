import { expect } from 'chai';
import { connectLegacy, connectModern } from '#e2e/demo/clients.ts';
import { start as startLegacy } from '#e2e/servers/legacy-fixture.ts';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { type Rig, type Spec, startRig } from './rig.ts';
import { jsonHeaders, send } from './wire.ts';

const SPEC: Spec = {
  rules: [
    { name: 'all', effect: 'Allow', match: { tools: ['*'] } },
    { name: 'small', effect: 'Deny', match: { tools: ['refund'] }, when: ['args.amount > 50'] },
    { name: 'nobody', effect: 'Deny', match: { tools: ['delete_everything'] } },
  ],
};

interface Session {
  readonly id: string;
  readonly principal?: { readonly subject: string; readonly client?: string };
  readonly calls: number;
  readonly denied: number;
  readonly unknown: number;
}

interface Entry {
  readonly type: string;
  readonly method?: string;
  readonly target?: string;
  readonly effect?: string;
  readonly rule?: string;
  readonly outcome: string;
  readonly refusal?: string;
  readonly durationMicros?: number;
}

/** One line for each entry: what, target, decision and rule, outcome. */
function told(entries: readonly Entry[]): readonly string[] {
  return entries.map(({ type, method, target, effect, rule, outcome, refusal }) =>
    [method ?? type, target, effect, rule, outcome, refusal].filter(Boolean).join(' '),
  );
}

const CALLS = [
  'tools/list Allow plumbing ok',
  'tools/call tool:echo Allow policy-0/all ok',
  'tools/call tool:refund Deny policy-0/small refused denied',
  'tools/call tool:delete_everything Deny policy-0/nobody refused target_unknown',
  'tools/call tool:test_error_handling Allow policy-0/all tool_error',
  'tools/call tool:counter Allow policy-0/all refused upstream_unavailable',
];

const ERAS = [
  {
    era: 'legacy',
    server: () => startLegacy(),
    connect: connectLegacy,
    before: ['initialize Allow plumbing ok', 'notifications/initialized Allow plumbing delivered'],
    // A stream beside the calls: nothing says which of them is first.
    beside: ['GET Allow plumbing'],
    session: /^[\da-f]{8}-/,
  },
  {
    era: 'modern',
    server: () => startModern(),
    connect: connectModern,
    before: ['server/discover Allow plumbing ok'],
    beside: [],
    session: /^stateless-/,
  },
] as const;

for (const { era, server, connect, ...expected } of ERAS) {
  describe(`the timeline of a ${era} client's work`, () => {
    let rig: Rig<Fixture>;
    let sessions: readonly Session[];
    before(async () => {
      rig = await startRig({ server, specs: [SPEC] });
      const client = await connect(rig.url, await rig.token('alice'));
      await client.tools();
      await client.call('echo', { message: 'hello' });
      await client.call('refund', { amount: 100 });
      await client.call('delete_everything', {}).catch(() => undefined);
      await client.call('test_error_handling', {});
      await send(rig.url, { headers: jsonHeaders(await rig.token('alice')), body: '{"id":' });
      await send(rig.url, { headers: jsonHeaders('no-token'), body: '{}' });
      await rig.server.close();
      await client.call('counter', {}).catch(() => undefined);
      await client.close();
      await rig.gatehouse.close();
      const listed = await rig.cli('sessions', 'list', '--data', rig.data, '--json');
      sessions = JSON.parse(listed.stdout);
    });
    after(() => rig?.close());

    const show = async (id: string): Promise<readonly Entry[]> => {
      const shown = await rig.cli('sessions', 'show', id, '--data', rig.data, '--json');
      return JSON.parse(shown.stdout).timeline;
    };

    it('tells each call, what was decided by which rule, and how it ended', async () => {
      const session = sessions.find(
        ({ id, principal }) => expected.session.test(id) && principal?.subject === 'alice',
      );
      const entries = await show(session?.id ?? '');
      const lines = told(entries);

      expect(session?.principal).to.deep.include({ subject: 'alice', client: 'demo-client' });
      expect(
        lines
          .slice(0, expected.before.length)
          .map((line, at) => line.slice(0, expected.before[at]?.length)),
      ).to.deep.equal(expected.before);
      for (const each of expected.beside) {
        expect(lines.filter((line) => line.startsWith(each))).not.to.deep.equal([]);
      }
      expect(lines.filter((line) => line.startsWith('tools/'))).to.deep.equal(CALLS);
      expect(session?.unknown).to.equal(0);
      expect(
        entries
          .filter(({ type }) => type === 'intent')
          .every(({ durationMicros = 0 }) => durationMicros > 0),
      ).to.equal(true);
    });

    it('tells of messages that could not be read, under who sent them', async () => {
      const its = sessions.filter(
        ({ id, principal }) => id.startsWith('stateless-') && principal?.subject === 'alice',
      );
      const [session] = its;
      const lines = told(await show(session?.id ?? ''));

      expect(its).to.have.length(1);
      expect(lines).to.include('message.refused refused json_invalid');
    });

    it('tells of sign-ins that failed, under nobody', async () => {
      const session = sessions.find(({ id }) => id.startsWith('unproven-'));

      expect(session).not.to.have.property('principal');
      expect(told(await show(session?.id ?? ''))).to.deep.equal([
        'auth.failed refused token_invalid',
      ]);
    });

    it('counts as the records do', async () => {
      const records = await rig.records();
      const sum = (field: 'calls' | 'denied' | 'unknown') =>
        sessions.reduce((total, session) => total + session[field], 0);
      const turnedAway = records.filter(({ type }) =>
        ['auth.failed', 'message.refused'].includes(type),
      );
      const intents = records.filter(({ type }) => type === 'intent');
      const denied = intents.filter(({ decision }) => decision?.effect === 'Deny');

      expect(sum('calls')).to.equal(intents.length + turnedAway.length);
      expect(sum('denied')).to.equal(denied.length + turnedAway.length);
      expect(sum('unknown')).to.equal(0);
    });

    it('is printed for people too, one line each', async () => {
      const [session] = sessions.filter(({ principal }) => principal?.subject === 'alice');
      const shown = await rig.cli('sessions', 'show', session?.id ?? '', '--data', rig.data);

      expect(shown.stdout).to.match(
        /alice +tools\/call +tool:refund +Deny +policy-0\/small +refused/,
      );
    });
  });
}
