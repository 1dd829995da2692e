import type { IncomingHttpHeaders } from 'node:http';
import { expect } from 'chai';
import { exchangesIn } from './evidence.ts';
import { LegacySession, toolCall } from './legacy-session.ts';
import { type Rig, type Spec, startRig } from './rig.ts';
import { json, type Script, type ScriptedServer, startScripted } from './scripted-server.ts';
import { until } from './until.ts';
import { callTool, jsonHeaders, LEGACY, modern, open, type Sent } from './wire.ts';

const SPEC: Spec = { rules: [{ name: 'all', effect: 'Allow', match: { tools: ['*'] } }] };

interface Listening {
  readonly headers: IncomingHttpHeaders;
  readonly text: () => string;
  close(): void;
}

/** Text as it comes, so that a test can see what is there before more is said. */
async function listen(url: string, sent: Sent): Promise<Listening> {
  const response = await open(url, sent);
  let text = '';
  response.setEncoding('utf8').on('data', (more: string) => {
    text += more;
  });
  return { headers: response.headers, text: () => text, close: () => response.destroy() };
}

/** An event stream that says each piece when it is told to. */
function speaking(): { script: Script; say: (piece: string) => void; end: () => void } {
  const { promise, resolve } = Promise.withResolvers<Parameters<Script>[1]>();
  const script: Script = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    resolve(response);
  };
  const say = (piece: string) => void promise.then((response) => response.write(piece));
  return { script, say, end: () => void promise.then((response) => response.end()) };
}

function withoutIds(text: string): string {
  return text.replaceAll(/^id: .+$/gm, 'id:').replaceAll(/^data: $/gm, 'data:');
}

describe('what a server says on a stream', () => {
  let rig: Rig<ScriptedServer>;
  before(async () => {
    rig = await startRig({ server: startScripted, specs: [SPEC] });
  });
  after(() => rig?.close());

  const progress = (n: number): string =>
    `data: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":${n}}}\n\n`;
  /** Comments keep a stream alive; what they say is nothing that anyone judges, and stays here. */
  const pieces: readonly { readonly said: string; readonly heard?: string }[] = [
    { said: 'id: e-1\nretry: 7\ndata:\n\n' },
    { said: progress(1) },
    { said: ': beat\n', heard: ':\n\n' },
    { said: `id: e-2\nevent: message\n${progress(2)}` },
    { said: `event: message\n: inside\n${progress(3)}` },
    {
      said: 'data: {"jsonrpc":"2.0","id":1,\ndata: "result":{"resultType":"complete","content":[]}}\n\n',
    },
  ];

  for (const method of ['POST', 'GET'] as const) {
    it(`reaches the client piece by piece, before the next one exists, on a ${method}`, async () => {
      const server = speaking();
      rig.server.play(server.script);
      const asked = modern(await rig.token(), callTool('echo'));
      const sent = method === 'POST' ? asked : { method, headers: jsonHeaders(await rig.token()) };
      // What answers nothing has no place on a GET stream.
      const said = method === 'POST' ? pieces : pieces.slice(0, -1);
      const client = await listen(rig.url, sent);

      let expected = '';
      for (const { said: piece, heard = piece } of said) {
        const half = Math.ceil(piece.length / 2);
        server.say(piece.slice(0, half));
        server.say(piece.slice(half));
        expected += heard;
        const sofar = expected;
        // Where a client can resume, it gets the id of an event as one of its own.
        const plain = () => (method === 'POST' ? client.text() : withoutIds(client.text()));
        await until(piece, () => plain() === (method === 'POST' ? sofar : withoutIds(sofar)));
      }

      // No proxy on the way may keep or change it.
      expect(client.headers).to.include({
        'content-type': 'text/event-stream',
        'cache-control': 'no-cache, no-transform',
        'x-accel-buffering': 'no',
      });
      server.end();
      client.close();
    });
  }

  it('stays here when it answers what nobody asked, and is recorded', async () => {
    const server = speaking();
    rig.server.play(server.script);
    const headers = jsonHeaders(await rig.token());
    const client = await listen(rig.url, { method: 'GET', headers });

    server.say('data: {"jsonrpc":"2.0","id":1,"result":{"secret":1}}\n\n');
    server.say(progress(1));
    await until('what may be said', () => client.text().includes('progress'));

    expect(client.text()).to.not.include('secret');
    client.close();
    const reasons = await until('the record', async () => {
      const all = exchangesIn(await rig.records()).flatMap((each) => each.all);
      const found = all.filter(
        ({ message, type }) => type === 'stream.message' && !message?.target,
      );
      const denied = found.filter(({ decision }) => decision?.effect === 'Deny');
      return denied.length > 0 && denied.map(({ decision }) => decision?.reason);
    });
    expect(reasons).to.deep.equal(['an answer to nothing that was asked']);
  });

  it('may break off where the client can resume it: its call goes on, and ends once', async () => {
    const answer = 'id: e-2\ndata: {"jsonrpc":"2.0","id":5,"result":{"content":[]}}\n\n';
    const resumed = Promise.withResolvers<string | undefined>();
    rig.server.play((asked, response) => {
      const { method } = asked.rpc;
      if (method === 'initialize') {
        const result = { protocolVersion: LEGACY, capabilities: {}, serverInfo: {} };
        const body = JSON.stringify({ jsonrpc: '2.0', id: asked.rpc.id, result });
        return json(body, 200, { 'mcp-session-id': 's-1' })(asked, response);
      }
      if (asked.method === 'POST' && method !== 'tools/call')
        return void response.writeHead(202).end();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      if (asked.method === 'GET') {
        resumed.resolve(asked.headers['last-event-id']?.toString());
        return void response.end(answer);
      }
      return void response.write('id: e-1\ndata:\n\n', () => response.destroy());
    });
    const session = await LegacySession.open(rig.url, await rig.token('carol'));

    const broken = await session.stream(toolCall(5, 'echo'));
    await broken.end();
    const stream = await session.listen(broken.events.at(-1)?.id);
    await stream.answer(5);

    expect(broken.messages).to.deep.equal([]);
    expect(await resumed.promise).to.equal('e-1');
    const call = await until('its outcome', async () => {
      const all = exchangesIn(await rig.records());
      const last = all.filter(({ intent }) => intent.message?.requestId === '5').at(-1);
      return last?.outcome !== undefined && last;
    });
    expect(call.all.map(({ type }) => type)).to.deep.equal(['intent', 'outcome']);
    expect(call.outcome?.outcome?.status).to.equal('ok');
  });

  it('never reaches the client by half', async () => {
    const server = speaking();
    rig.server.play(server.script);
    const client = await listen(rig.url, modern(await rig.token(), callTool('echo')));

    server.say(progress(1));
    server.say(progress(2).slice(0, -1));
    await until('the first', () => client.text().includes('progress'));
    server.end();

    await until('the end', () => client.text().includes('"error"'));
    expect(client.text()).to.not.include('"progress":2');
    expect(client.text().startsWith(progress(1))).to.equal(true);
    client.close();
  });
});
