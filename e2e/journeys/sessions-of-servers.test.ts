import { expect } from 'chai';
import { start as startLegacy } from '#e2e/servers/legacy-fixture.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import type { EventStream } from './event-stream.ts';
import { exchangesIn, type RecordedExchange, subjectOf } from './evidence.ts';
import { LegacySession, toolCall } from './legacy-session.ts';
import { type Rig, type Spec, startRig } from './rig.ts';
import { until } from './until.ts';
import { type Answer, messageOf, type Rpc, send } from './wire.ts';

const SPEC: Spec = {
  rules: [
    { name: 'all', effect: 'Allow', match: { tools: ['*'] } },
    { name: 'hidden', effect: 'Deny', match: { tools: ['delete_everything'] } },
    { name: 'asks', effect: 'Allow', match: { methods: ['elicitation/create'] } },
  ],
};
const ACCEPTED = { action: 'accept', content: { username: 'ada', email: 'ada@example.com' } };

describe('a session of the legacy era', () => {
  let rig: Rig<Fixture>;
  let session: LegacySession;
  before(async () => {
    rig = await startRig({ server: () => startLegacy(), specs: [SPEC] });
  });
  beforeEach(async () => {
    rig.server.journal.clear();
    session = await LegacySession.open(rig.url, await rig.token(), { elicitation: {} });
  });
  after(() => rig?.close());

  /** Asks the user through the client; the tool waits for the answer. */
  const ask = async (id: number): Promise<{ stream: EventStream; question: Rpc }> => {
    const stream = await session.stream(toolCall(id, 'test_elicitation', { message: 'Who?' }));
    return { stream, question: await stream.message('a question', (each) => each.method != null) };
  };
  const posted = (): readonly string[] =>
    rig.server.journal
      .read()
      .requests.filter(({ method }) => method === 'POST')
      .map(({ bodyBase64 }) => Buffer.from(bodyBase64, 'base64').toString());
  const about = async (subject: string): Promise<readonly RecordedExchange[]> =>
    exchangesIn(await rig.records()).filter(({ intent }) => subjectOf(intent) === subject);

  it('has a GET stream on which the server speaks unasked, message by message recorded', async () => {
    const stream = await session.listen();
    const changed = { method: 'notifications/resources/list_changed' };

    await fetch(new URL('/__event', rig.server.url), {
      method: 'POST',
      body: JSON.stringify(changed),
    });

    await stream.message('the announcement', ({ method }) => method === changed.method);
    stream.close();
    // The first one is the gateway's own: it asked at start whether anybody is there.
    const [, exchange] = await rig.concluded('GET', 2);
    const said = exchange?.all.map(({ type, message }) => `${type} ${message?.method}`);
    expect(said).to.deep.equal(['intent GET', `stream.message ${changed.method}`, 'outcome GET']);
    expect(exchange?.outcome?.outcome?.status).to.equal('disconnected');
  });

  it('finds the answer to a broken stream on the one that resumes it, and ends it once', async () => {
    const broken = await session.stream(toolCall(5, 'test_reconnection'));
    await broken.end();
    const lastEventId = broken.events.at(-1)?.id;
    expect(broken.messages).to.deep.equal([]);

    const resumed = await session.listen(lastEventId);
    const answer = await resumed.answer(5);
    const again = await session.listen(lastEventId);
    const copy = await again.answer(5);

    const exchange = await until('a redelivery', async () => {
      const [found] = await about('tool:test_reconnection');
      return found?.all.some(({ type }) => type === 'redelivery') && found;
    });
    expect(copy).to.deep.equal(answer);
    expect(exchange.all.map(({ type }) => type)).to.deep.equal(['intent', 'outcome', 'redelivery']);
    expect(exchange.outcome?.outcome?.status).to.equal('ok');
    const asked = rig.server.journal.read().requests.filter(({ method }) => method === 'GET');
    const ids = asked.map(({ rawHeaders }) => headerOf(rawHeaders, 'last-event-id'));
    // The server hears its own id of that event, which the client never saw.
    expect(ids[0]).to.be.a('string').and.not.equal(lastEventId);
    expect(ids).to.deep.equal([ids[0], ids[0]]);
    resumed.close();
    again.close();
  });

  it('hides in a copy of an answer what the answer hid', async () => {
    const first = await session.stream({ id: 6, method: 'tools/list' });
    const answer = await first.answer(6);
    await first.end();

    const resumed = await session.listen(first.events[0]?.id);
    const copy = await resumed.answer(6);
    resumed.close();

    expect(copy).to.deep.equal(answer);
    expect(JSON.stringify(copy)).to.include('echo').and.not.include('delete_everything');
  });

  /** The server takes it once it has heard that the stream before is closed. */
  const resume = (lastEventId: string | undefined): Promise<EventStream> =>
    until('the stream to be taken again', async () => {
      const stream = await session.listen(lastEventId);
      return stream.status === 200 && stream;
    });

  it('gets on a stream that it resumes only what the policy of that moment lets it have', async () => {
    const listed = await session.stream({ id: 20, method: 'tools/list' });
    await listed.answer(20);
    const called = await session.stream(toolCall(21, 'echo', { message: 'earlier' }));
    await called.answer(21);
    const broken = await session.stream(toolCall(22, 'test_reconnection'));
    await broken.end();
    const taken = {
      name: 'taken',
      effect: 'Deny',
      match: { tools: ['echo', 'test_rec*'] },
    } as const;
    await rig.activate({ rules: [...(SPEC.rules ?? []), taken] });

    const [list, call, late] = [
      await session.listen(listed.events[0]?.id),
      await session.listen(called.events[0]?.id),
      await session.listen(broken.events.at(-1)?.id),
    ];
    const copy = await list.answer(20);
    const refused = await late.answer(22);
    // Asking again does not help.
    call.close();
    late.close();
    const again = [await resume(called.events[0]?.id), await resume(broken.events.at(-1)?.id)];
    const withheld = await until('the copies to be left out', async () => {
      const all = (await rig.records()).filter(({ type }) => type === 'stream.message');
      const found = all.filter(({ decision }) => decision?.reason?.includes('withdrew access'));
      return found.length === 3 && found;
    });
    await rig.activate(SPEC);

    expect(JSON.stringify(copy)).to.include('whoami').and.not.include('echo');
    expect(JSON.stringify(refused)).to.include('withdrew access').and.not.include('waited');
    expect(withheld.map(({ decision }) => decision?.effect)).to.deep.equal(Array(3).fill('Deny'));
    expect([call, ...again].flatMap(({ messages }) => messages)).to.deep.equal([]);
    expect((await about('tool:test_reconnection')).at(-1)?.outcome?.outcome?.status).to.equal(
      'withheld',
    );
    for (const stream of [list, call, late, ...again]) stream.close();
  });

  it('carries the answer to a question of the server, once', async () => {
    const { stream, question } = await ask(7);
    const reply = { id: Number(question.id), result: ACCEPTED };

    const taken = await session.post(reply);
    const twice = await session.post(reply);
    const answer = await stream.answer(7);

    expect([taken.status, twice.status]).to.deep.equal([202, 400]);
    expect(JSON.stringify(answer)).to.include('ada');
    expect(posted().filter((body) => body.includes('ada'))).to.have.length(1);
  });

  it('takes an answer from nobody else, and none to what was not asked', async () => {
    const { stream, question } = await ask(8);
    const reply = { id: Number(question.id), result: ACCEPTED };
    const other = await LegacySession.open(rig.url, session.token);

    const statuses = [
      (await session.post({ ...reply, id: 12_345 })).status,
      (await other.post(reply)).status,
      (await session.post(reply, await rig.token('bob'))).status,
    ];

    expect(statuses).to.deep.equal([400, 400, 404]);
    expect(posted().filter((body) => body.includes('ada'))).to.deep.equal([]);
    await session.post(reply);
    await stream.answer(8);
  });

  it('tells the server no when policy keeps its question from the client', async () => {
    await rig.activate({ rules: SPEC.rules?.slice(0, 2) ?? [] });

    const stream = await session.stream(toolCall(9, 'test_elicitation', { message: 'Who?' }));
    const answer = await stream.answer(9);
    await rig.activate(SPEC);

    expect(stream.messages).to.deep.equal([answer]);
    expect(JSON.stringify(answer)).to.include('denied by policy');
    const denied = (await about('elicitation/create')).at(-1);
    expect(denied?.intent.decision?.effect).to.equal('Deny');
    expect(denied?.outcome?.outcome).to.include({ status: 'refused', refusal: 'denied' });
  });

  it('is not disturbed by a policy that only observes: what it would deny is asked and answered', async () => {
    await rig.activate({ mode: 'Observe', rules: SPEC.rules?.slice(0, 2) ?? [] });

    const { stream, question } = await ask(13);
    const taken = await session.post({ id: Number(question.id), result: ACCEPTED });
    const answer = await stream.answer(13);
    await rig.activate(SPEC);

    expect(taken.status).to.equal(202);
    expect(JSON.stringify(answer)).to.include('ada');
    const observed = (await about('elicitation/create')).at(-1);
    expect(observed?.intent.decision).to.include({ effect: 'Deny', observed: true });
    expect(observed?.outcome?.outcome?.status).to.equal('ok');
  });

  it('is over for both sides when its client ends it: calls and questions end in a record', async () => {
    const { stream } = await ask(10);

    const ended = await session.end();
    await stream.end();
    const afterwards = await session.post({ id: 11, method: 'tools/list' });

    expect(ended.status).to.equal(200);
    expect(afterwards.status).to.equal(404);
    const last = await until('both outcomes', async () => {
      const both = [
        (await about('tool:test_elicitation')).at(-1),
        (await about('elicitation/create')).at(-1),
      ];
      return both.every((each) => each?.outcome !== undefined) && both;
    });
    const outcomes = last.map((each) => each?.outcome?.outcome?.status);
    expect(outcomes).to.deep.equal(['cancelled', 'cancelled']);
    const [deleted] = rig.server.journal.read().requests.filter((each) => each.method === 'DELETE');
    const own = headerOf(deleted?.rawHeaders ?? [], 'mcp-session-id');
    expect(own)
      .to.match(/^[\w-]{36}$/)
      .and.not.equal(session.id);
  });

  for (const revision of ['2025-06-18', '2025-11-25']) {
    it(`is held to the revision that it negotiated: ${revision}`, async () => {
      const held = await LegacySession.open(rig.url, session.token, {}, revision);
      const ask = async (id: number, version?: string): Promise<Answer> => {
        const without = held.headers().filter(([name]) => name !== 'mcp-protocol-version');
        const named = version === undefined ? [] : [['mcp-protocol-version', version] as const];
        const body = JSON.stringify({ jsonrpc: '2.0', ...toolCall(id, 'echo', { message: 'x' }) });
        return send(rig.url, { headers: [...without, ...named], body });
      };

      const other = revision === '2025-06-18' ? '2025-11-25' : '2025-06-18';
      const [own, none] = [await ask(1, revision), await ask(2)];
      const [differs, unknown] = [await ask(3, other), await ask(4, '1999-01-01')];

      expect(held.handshake.result?.protocolVersion).to.equal(revision);
      expect([own.status, none.status]).to.deep.equal([200, 200]);
      expect([differs.status, unknown.status]).to.deep.equal([400, 400]);
      expect(messageOf(unknown).error?.code).to.equal(-32022);
      expect(rig.server.journal.executions('echo')).to.equal(2);
    });
  }

  it('is worth nothing to another principal', async () => {
    const foreign = await session.post({ id: 12, method: 'ping' }, await rig.token('bob'));

    expect(foreign.status).to.equal(404);
    expect(messageOf(foreign).error?.code).to.equal(-31008);
    expect(posted().filter((body) => body.includes('ping'))).to.deep.equal([]);
  });
});

function headerOf(rawHeaders: readonly string[], name: string): string | undefined {
  const at = rawHeaders.findIndex((each, i) => i % 2 === 0 && each.toLowerCase() === name);
  return at === -1 ? undefined : rawHeaders[at + 1];
}
