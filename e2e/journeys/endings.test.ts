import { expect } from 'chai';
import { start as startLegacy } from '#e2e/servers/legacy-fixture.ts';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { openEvents } from './event-stream.ts';
import { exchangesIn, type RecordedExchange, subjectOf } from './evidence.ts';
import { LegacySession, toolCall } from './legacy-session.ts';
import { type Rig, type Spec, startRig } from './rig.ts';
import { until } from './until.ts';
import { callTool, messageOf, modern, send } from './wire.ts';

const RULES: Spec['rules'] = [
  { name: 'all', effect: 'Allow', match: { tools: ['*'] } },
  { name: 'asks', effect: 'Allow', match: { methods: ['elicitation/create'] } },
];
const A_MINUTE = { ms: 60_000 };
/** All else must keep the limit too, such as the handshake before: longer than a busy machine takes for that. */
const SECONDS = 3;

async function outcomesOf(rig: Rig<Fixture>, subject: string): Promise<readonly unknown[]> {
  const all: readonly RecordedExchange[] = exchangesIn(await rig.records());
  const about = all.filter(({ intent }) => subjectOf(intent) === subject);
  return about.map(({ outcome }) => outcome?.outcome?.status);
}

const slowRuns = (rig: Rig<Fixture>): number => rig.server.journal.executions('slow');
const slowCancels = (rig: Rig<Fixture>): number => rig.server.journal.read().cancelled.slow ?? 0;

describe('a call that its client gives up, in the modern era', () => {
  let rig: Rig<Fixture>;
  before(async () => {
    rig = await startRig({ server: () => startModern(), specs: [{ rules: RULES }] });
  });
  after(() => rig?.close());

  it('is cancelled by hanging up, at the server too', async () => {
    const gone = new AbortController();
    const sent = modern(await rig.token(), callTool('slow', A_MINUTE));
    const left = send(rig.url, { ...sent, signal: gone.signal }).catch(() => undefined);
    await until('the slow tool', () => slowRuns(rig) === 1);

    gone.abort();

    await left;
    await until('the server to stop', () => slowCancels(rig) === 1);
    const [exchange] = await rig.concluded('tool:slow');
    expect(exchange?.outcome?.outcome?.status).to.equal('disconnected');
  });
});

describe('a call that its client gives up, in the legacy era', () => {
  let rig: Rig<Fixture>;
  let session: LegacySession;
  before(async () => {
    rig = await startRig({ server: () => startLegacy(), specs: [{ rules: RULES }] });
  });
  beforeEach(async () => {
    rig.server.journal.clear();
    session = await LegacySession.open(rig.url, await rig.token());
  });
  after(() => rig?.close());

  it('goes on when the client only hangs up: what it did is recorded', async () => {
    const stream = await session.stream(toolCall(1, 'slow', { ms: 500 }));
    await until('the slow tool', () => slowRuns(rig) === 1);

    stream.close();

    const [exchange] = await rig.concluded('tool:slow');
    expect(exchange?.outcome?.outcome?.status).to.equal('ok');
    expect(slowCancels(rig)).to.equal(0);
  });

  it('is cancelled when the client says so, and by nobody else', async () => {
    const before = (await outcomesOf(rig, 'tool:slow')).length;
    const cancel = { method: 'notifications/cancelled', params: { requestId: 2 } };
    const stream = await session.stream(toolCall(2, 'slow', A_MINUTE));
    await until('the slow tool', () => slowRuns(rig) === 1);
    const other = await LegacySession.open(rig.url, await rig.token('bob'));

    const foreign = [await other.post(cancel), await session.post(cancel, other.token)];
    const untouched = slowCancels(rig);
    const own = await session.post(cancel);

    expect(foreign.map(({ status }) => status)).to.deep.equal([202, 404]);
    expect([untouched, own.status]).to.deep.equal([0, 202]);
    await until('the server to stop', () => slowCancels(rig) === 1);
    await stream.end();
    const outcomes = await rig.concluded('tool:slow', before + 1);
    expect(outcomes.at(-1)?.outcome?.outcome?.status).to.equal('cancelled');
  });
});

describe('a call that takes too long', () => {
  for (const { era, server } of [
    { era: 'modern', server: () => startModern() },
    { era: 'legacy', server: () => startLegacy() },
  ] as const) {
    it(`ends at the time limit, for client, server and evidence (${era})`, async () => {
      const specs: Spec[] = [{ rules: RULES, limits: { callSeconds: SECONDS } }];
      const rig: Rig<Fixture> = await startRig({ server, specs });
      try {
        const answer = await (era === 'modern'
          ? send(rig.url, modern(await rig.token(), callTool('slow', A_MINUTE)))
          : (await LegacySession.open(rig.url, await rig.token())).post(
              toolCall(1, 'slow', A_MINUTE),
            ));

        expect(messageOf(answer).error?.code).to.equal(-31005);
        await until('the server to stop', () => slowCancels(rig) === 1);
        const [exchange] = await rig.concluded('tool:slow');
        expect(exchange?.outcome?.outcome?.status).to.equal('timeout');
      } finally {
        await rig.close();
      }
    });
  }

  it('is ended by a limit on silence as well, where a policy has one', async () => {
    const specs: Spec[] = [{ rules: RULES, limits: { streamIdleSeconds: SECONDS } }];
    const server = () => startLegacy({ keepAliveMs: 0 });
    const rig: Rig<Fixture> = await startRig({ server, specs });
    try {
      const session = await LegacySession.open(rig.url, await rig.token());
      const [stream, answer] = [
        await session.listen(),
        await session.post(toolCall(1, 'slow', A_MINUTE)),
      ];
      await stream.end();

      expect(messageOf(answer).error?.code).to.equal(-31005);
      const ends = [...(await rig.concluded('GET', 2)), ...(await rig.concluded('tool:slow'))];
      const reasons = ends.slice(1).map(({ outcome }) => outcome?.outcome?.reason);
      expect(reasons).to.deep.equal(
        Array(2).fill('idle longer than spec.limits.streamIdleSeconds'),
      );
    } finally {
      await rig.close();
    }
  });

  it('takes the question with it that nobody answered, and a late answer is one to nothing', async () => {
    const specs: Spec[] = [{ rules: RULES, limits: { callSeconds: SECONDS } }];
    const rig: Rig<Fixture> = await startRig({ server: () => startLegacy(), specs });
    try {
      const session = await LegacySession.open(rig.url, await rig.token(), { elicitation: {} });
      const stream = await session.stream(toolCall(1, 'test_elicitation', { message: 'Who?' }));
      const question = await stream.message('a question', (each) => each.method !== undefined);

      const answer = await stream.answer(1);
      const [asked] = await rig.concluded('elicitation/create');
      const late = await session.post({ id: Number(question.id), result: { action: 'cancel' } });

      expect(answer.error?.code).to.equal(-31005);
      expect(['timeout', 'cancelled']).to.include(asked?.outcome?.outcome?.status);
      expect(late.status).to.equal(400);
    } finally {
      await rig.close();
    }
  });
});

describe('a stream', () => {
  let rig: Rig<Fixture>;
  const FOLLOW = {
    method: 'subscriptions/listen',
    params: { notifications: { resourceSubscriptions: ['test://watched-resource'] } },
  };
  const READERS: Spec['rules'] = [
    { name: 'read', effect: 'Allow', match: { resources: ['test://*'] } },
  ];
  before(async () => {
    rig = await startRig({ server: () => startModern(), specs: [{ rules: READERS }] });
  });
  after(() => rig?.close());

  const follow = async (token: string) => {
    const stream = await openEvents(rig.url, modern(token, FOLLOW));
    await stream.message('its acknowledgement', ({ method }) => method !== undefined);
    return stream;
  };
  const endsOf = async (count: number): Promise<readonly unknown[]> => {
    const streams = await rig.concluded('subscriptions/listen', count);
    return streams.map(({ outcome }) => outcome?.outcome?.reason);
  };

  it('ends when the token expires that opened it', async () => {
    const stream = await follow(await rig.token('alice', { expiresInSeconds: 8 }));

    await stream.end();

    expect(await endsOf(1)).to.deep.equal(['the token has expired']);
  });

  it('ends when a policy takes away what it follows, and another goes on', async () => {
    const [taken, kept] = [await follow(await rig.token()), await follow(await rig.token('bob'))];

    await rig.activate({
      rules: [
        ...READERS,
        {
          name: 'not-alice',
          effect: 'Deny',
          match: { resources: ['test://watched-*'] },
          subjects: { claims: [{ name: 'sub', values: ['alice'] }] },
        },
      ],
    });

    await taken.end();
    expect(await endsOf(2)).to.include('the policy withdrew access');
    expect(kept.isOver).to.equal(false);
    kept.close();
  });

  it('ends when a policy takes its token no more, or reads it differently', async () => {
    const audience = 'https://other.example/mcp';
    const changes: readonly [token: string, before: object, after: object][] = [
      [await rig.token('alice', { audience }), { audiences: [audience] }, {}],
      [await rig.token(), {}, { claims: { groups: 'roles' } }],
      [await rig.token(), {}, { name: 'renamed' }],
    ];
    for (const [token, earlier, later] of changes) {
      await rig.activate({ rules: READERS, identity: { issuers: [issuer(rig, earlier)] } });
      const stream = await follow(token);

      await rig.activate({ rules: READERS, identity: { issuers: [issuer(rig, later)] } });

      await stream.end();
      await rig.activate({ rules: [...READERS], limits: { maxStreams: 7 } });
    }
    const ends = await endsOf(6);
    expect(ends.slice(-3)).to.deep.equal(Array(3).fill('the policy withdrew access'));
  });
});

function issuer({ provider }: Rig<Fixture>, more: object) {
  return { name: 'corp', issuer: provider.issuer, ...more };
}
