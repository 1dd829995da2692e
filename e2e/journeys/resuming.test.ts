// A stream is resumed by whoever it broke for, in the session it broke in. The server here keeps the events of all its
// sessions in one place, and says them again to anybody who names one.

import { expect } from 'chai';
import { LegacySession, toolCall } from './legacy-session.ts';
import { type Rig, type Spec, startRig } from './rig.ts';
import { json, type Script, type ScriptedServer, startScripted } from './scripted-server.ts';
import { bearer, LEGACY, open, send } from './wire.ts';

const SPEC: Spec = { rules: [{ name: 'all', effect: 'Allow', match: { tools: ['*'] } }] };
const ANSWER =
  'id: e-2\ndata: {"jsonrpc":"2.0","id":5,"result":{"content":[{"type":"text","text":"of alice"}]}}\n\n';

/** Two sessions, one store of events. */
function careless(): Script {
  let sessions = 0;
  return (asked, response) => {
    const { method, id } = asked.rpc;
    if (method === 'initialize') {
      sessions += 1;
      const result = { protocolVersion: LEGACY, capabilities: {}, serverInfo: {} };
      const body = JSON.stringify({ jsonrpc: '2.0', id, result });
      return json(body, 200, { 'mcp-session-id': `s-${sessions}` })(asked, response);
    }
    if (asked.method === 'POST' && method !== 'tools/call') {
      return void response.writeHead(202).end();
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const isResumed = asked.method === 'GET' && asked.headers['last-event-id'] !== undefined;
    if (isResumed) return void response.end(ANSWER);
    return void response.write('id: e-1\ndata:\n\n', () => response.destroy());
  };
}

describe('the id of an event', () => {
  let rig: Rig<ScriptedServer>;
  let mine: LegacySession;
  let broken: string;
  before(async () => {
    rig = await startRig({ server: startScripted, specs: [SPEC] });
    rig.server.play(careless());
    mine = await LegacySession.open(rig.url, await rig.token('alice'));
    const stream = await mine.stream(toolCall(5, 'echo'));
    await stream.end();
    broken = stream.events.at(-1)?.id ?? '';
  });
  after(() => rig?.close());

  const resumes = () =>
    rig.server.asked.filter(
      ({ method, headers }) => method === 'GET' && headers['last-event-id'] !== undefined,
    );

  it('is not the server’s own, and resumes the stream of whoever it was sent to', async () => {
    const stream = await mine.listen(broken);
    const answer = await stream.answer(5);

    expect(broken).to.match(/^[\w-]{40,}$/);
    expect(answer.result?.content?.[0]?.text).to.equal('of alice');
    expect(resumes().map(({ headers }) => headers['last-event-id'])).to.deep.equal(['e-1']);
  });

  const thieves: readonly (readonly [string, () => Promise<LegacySession>])[] = [
    ['somebody else', async () => LegacySession.open(rig.url, await rig.token('bob'))],
    ['the same person in another session', () => LegacySession.open(rig.url, mine.token)],
  ];
  for (const [who, opened] of thieves) {
    it(`is worth nothing to ${who}: the server is not even asked`, async () => {
      const session = await opened();
      const before = resumes().length;

      const headers = [...session.headers(), ['last-event-id', broken] as const];
      const answer = await send(rig.url, { method: 'GET', headers });

      expect(answer.status).to.equal(400);
      expect(answer.text).to.include('Last-Event-ID').and.not.include('of alice');
      expect(resumes()).to.have.length(before);
    });
  }

  for (const [what, name] of [
    ['the server’s own id', 'last-event-id'],
    ['the same, in the spelling of CGI', 'last_event_id'],
  ] as const) {
    it(`is the only way back: ${what} reaches no server`, async () => {
      const before = resumes().length;
      const headers = [...mine.headers(), [name, 'e-1'] as const];

      const response = await open(rig.url, { method: 'GET', headers });
      response.destroy();

      expect(resumes()).to.have.length(before);
      expect(JSON.stringify(rig.server.asked.map((each) => each.headers))).to.not.include(
        '"last_event_id"',
      );
    });
  }

  it('is read where no session is, for the same person alone', async () => {
    const token = await rig.token('carol');
    const headers = [bearer(token), ['accept', 'text/event-stream'] as const];
    const response = await open(rig.url, { method: 'GET', headers });
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) {
      text += chunk;
      if (text.includes('\n\n')) break;
    }
    const id = /^id: (.+)$/m.exec(text)?.[1] ?? '';
    const before = resumes().length;

    const own = await send(rig.url, {
      method: 'GET',
      headers: [...headers, ['last-event-id', id]],
    });
    const foreign = await send(rig.url, {
      method: 'GET',
      headers: [bearer(await rig.token('bob')), ...headers.slice(1), ['last-event-id', id]],
    });

    expect([own.status, foreign.status]).to.deep.equal([200, 400]);
    expect(resumes()).to.have.length(before + 1);
  });
});
