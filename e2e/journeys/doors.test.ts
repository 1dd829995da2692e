import { connect } from 'node:net';
import { expect } from 'chai';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { type Rig, startRig } from './rig.ts';
import { bearer, callTool, messageOf, modern, type Sent, send } from './wire.ts';

interface Knock {
  readonly name: string;
  readonly status: number;
  /** Error code inside the answer. */
  readonly code: number;
  readonly spoil: (sent: Sent, rig: Rig<Fixture>) => Sent;
}

const DENIED = -31001;
const NOT_FOUND = -32601;

const knocks: readonly Knock[] = [
  {
    name: 'another Host',
    status: 403,
    code: DENIED,
    spoil: (sent) => ({ ...sent, headers: [['host', 'evil.example'], ...sent.headers] }),
  },
  {
    name: 'the right Host on another port',
    status: 403,
    code: DENIED,
    spoil: (sent) => ({ ...sent, headers: [['host', '127.0.0.1:1'], ...sent.headers] }),
  },
  {
    name: 'the Origin of another page',
    status: 403,
    code: DENIED,
    spoil: (sent) => ({ ...sent, headers: [...sent.headers, ['origin', 'http://evil.example']] }),
  },
  {
    name: 'an Origin that nobody has',
    status: 403,
    code: DENIED,
    spoil: (sent) => ({ ...sent, headers: [...sent.headers, ['origin', 'null']] }),
  },
  {
    name: 'two Origins',
    status: 403,
    code: DENIED,
    spoil: (sent, { url }) => ({
      ...sent,
      headers: [
        ...sent.headers,
        ['origin', new URL(url).origin],
        ['origin', 'http://evil.example'],
      ],
    }),
  },
  {
    name: 'a query string',
    status: 404,
    code: NOT_FOUND,
    spoil: (sent) => ({ ...sent, path: '/mcp?access_token=x' }),
  },
  ...[
    '/',
    '/mcp/',
    '/mcp;a=b',
    '//mcp',
    '/%6dcp',
    '/x/../mcp',
    '/__seen',
    'http://evil.example/mcp',
  ].map(
    (path): Knock => ({
      name: `the path ${path}`,
      status: 404,
      code: NOT_FOUND,
      spoil: (sent) => ({ ...sent, path }),
    }),
  ),
  ...['PUT', 'PATCH', 'TRACE'].map(
    (method): Knock => ({
      name: `the method ${method}`,
      status: 405,
      code: NOT_FOUND,
      spoil: (sent) => ({ ...sent, method }),
    }),
  ),
  {
    name: 'no token',
    status: 401,
    code: DENIED,
    spoil: (sent) => ({ ...sent, headers: without(sent, 'authorization') }),
  },
  {
    name: 'two tokens, one of them good',
    status: 401,
    code: DENIED,
    spoil: (sent) => ({ ...sent, headers: [...sent.headers, bearer('x')] }),
  },
  {
    name: 'two tokens in one header',
    status: 401,
    code: DENIED,
    spoil: (sent) => {
      const good = sent.headers.find(([name]) => name === 'authorization')?.[1];
      const headers = [...without(sent, 'authorization'), ['authorization', `${good}, Bearer x`]];
      return { ...sent, headers: headers as Sent['headers'] };
    },
  },
  {
    name: 'a token of another scheme',
    status: 401,
    code: DENIED,
    spoil: (sent) => ({
      ...sent,
      headers: [...without(sent, 'authorization'), ['authorization', 'Basic YWxpY2U6eA==']],
    }),
  },
];

// Promise 1, before a byte of the body is read: who may knock, and how.
describe('at the door', () => {
  let rig: Rig<Fixture>;
  before(async () => {
    rig = await startRig({
      server: startModern,
      specs: [{ rules: [{ name: 'count', effect: 'Allow', match: { tools: ['counter'] } }] }],
    });
  });
  after(() => rig.close());

  for (const { name, status, code, spoil } of knocks) {
    it(`is turned away, and reaches nothing: ${name}`, async () => {
      const before = rig.server.journal.read().requests.length;
      const good = modern(await rig.token(), callTool('counter'));

      const answer = await send(rig.url, spoil(good, rig));

      expect({ status: answer.status, code: messageOf(answer).error?.code }).to.deep.equal({
        status,
        code,
      });
      expect(rig.server.journal.read().requests.length).to.equal(before);
    });
  }

  it('is let in under both names of the loopback, from pages of its own', async () => {
    const { port } = new URL(rig.url);
    const good = modern(await rig.token(), callTool('counter'));
    const origin = `http://localhost:${port}`;
    const headers = [['host', `localhost:${port}`], ['origin', origin], ...good.headers] as const;

    const answer = await send(rig.url, { ...good, headers });

    expect(messageOf(answer).result?.content?.[0]?.text).to.match(/^\d+$/);
    expect(answer.headers['access-control-allow-origin']).to.equal(origin);
  });

  it('answers a preflight itself, and only to pages of its own', async () => {
    const before = rig.server.journal.read().requests.length;
    const asked = (origin: string): Promise<{ status: number; headers: object }> =>
      send(rig.url, {
        method: 'OPTIONS',
        headers: [
          ['origin', origin],
          ['access-control-request-method', 'POST'],
          ['access-control-request-headers', 'mcp-param-region'],
        ],
      });

    const own = await asked(new URL(rig.url).origin);
    const foreign = await asked('http://evil.example');

    expect(own.status).to.equal(204);
    expect(JSON.stringify(own.headers))
      .to.include('mcp-param-region')
      .and.include('WWW-Authenticate');
    expect(foreign.status).to.equal(403);
    expect(JSON.stringify(foreign.headers)).to.not.include('access-control-allow');
    expect(rig.server.journal.read().requests.length).to.equal(before);
  });

  it('takes no request whose end two readers would see in two places', async () => {
    const before = rig.server.journal.read().requests.length;
    const { headers, body } = modern(await rig.token(), callTool('counter'));
    const { host, port } = new URL(rig.url);
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const chunk = `${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    const wire = `POST /mcp HTTP/1.1\r\nhost: ${host}\r\n${lines}content-length: ${chunk.length}\r\ntransfer-encoding: chunked\r\n\r\n${chunk}`;

    const answer = await raw(Number(port), wire);

    expect(answer).to.match(/^HTTP\/1\.1 400 /);
    expect(rig.server.journal.read().requests.length).to.equal(before);
  });

  it('records who was turned away and why, and never what they showed', async () => {
    const token = await rig.token('alice', { audience: 'https://elsewhere.example/mcp' });
    const good = modern(token, callTool('counter'));

    const answer = await send(rig.url, good);

    expect(answer.status).to.equal(401);
    expect(answer.headers['www-authenticate']).to.include('error="invalid_token"');
    const failed = (await rig.records()).filter(({ type }) => type === 'auth.failed').at(-1);
    expect(failed?.outcome?.refusal).to.equal('token_invalid');
    expect(failed?.source?.address).to.equal('127.0.0.1');
    expect(JSON.stringify(await rig.records()) + rig.log()).to.not.include(token.slice(0, 40));
  });
});

function without({ headers }: Sent, name: string): Sent['headers'] {
  return headers.filter(([each]) => each !== name);
}

/** Writes these bytes and gives what came back until the peer closed. */
function raw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let answer = '';
    socket.setEncoding('latin1').setTimeout(30_000, () => socket.destroy());
    socket.on('data', (text: string) => {
      answer += text;
    });
    socket.once('close', () => resolve(answer)).once('error', reject);
  });
}
