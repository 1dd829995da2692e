import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as LegacyTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  ElicitRequestSchema,
  LoggingMessageNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { expect } from 'chai';
import { start as startLegacy } from '#e2e/servers/legacy-fixture.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { Secrets } from './leaks.ts';
import { addKeys, addToken, leaksOf } from './planted.ts';
import { type Rig, type Spec, startRig } from './rig.ts';
import { until } from './until.ts';
import { callTool, jsonHeaders, type ModernRequest, modern, type Sent, send } from './wire.ts';

const SPEC: Spec = {
  limits: { maxBodyBytes: 100_000 },
  rules: [
    { name: 'all', effect: 'Allow', match: { tools: ['*'] } },
    { name: 'files', effect: 'Allow', match: { resources: ['db://**'] } },
    { name: 'prompts', effect: 'Allow', match: { prompts: ['*'] } },
    { name: 'asks', effect: 'Allow', match: { methods: ['elicitation/create'] } },
    { name: 'small', effect: 'Deny', match: { tools: ['refund'] }, when: ['args.amount > 50'] },
    { name: 'typed', effect: 'Deny', match: { tools: ['add'] }, when: ['args.a > 50.0'] },
    { name: 'nobody', effect: 'Deny', match: { tools: ['delete_everything'] } },
  ],
};

describe('secrets of a client', () => {
  const secrets = new Secrets();
  let rig: Rig<Fixture>;
  before(async () => {
    // Whatever the gateway could say, it says.
    const start = { flags: ['--log-level', 'debug'] };
    rig = await startRig({ server: () => startLegacy(), specs: [SPEC], start });
    await addKeys(rig, secrets);
  });
  after(() => rig?.close());

  it('do their work: calls, denials, questions, prompts, resources and logs', async () => {
    const claim = { note: secrets.plant('claim') };
    const token = addToken(secrets, 'token', await rig.token('alice', { extraClaims: claim }));
    const client = new LegacyClient(
      { name: secrets.plant('client name'), version: secrets.plant('client version') },
      { capabilities: { elicitation: {} } },
    );
    const username = secrets.plant('answer to a question');
    client.setRequestHandler(ElicitRequestSchema, () => ({
      action: 'accept',
      content: { username, email: 'a@b.example' },
    }));
    let logged = 0;
    client.setNotificationHandler(LoggingMessageNotificationSchema, () => {
      logged += 1;
    });
    const transport = new LegacyTransport(new URL(rig.url), {
      requestInit: {
        headers: {
          authorization: `Bearer ${token}`,
          cookie: `session=${secrets.plant('cookie')}`,
          'x-api-key': secrets.plant('api key'),
          'x-custom': secrets.plant('custom header'),
          'user-agent': secrets.plant('user agent'),
          traceparent: secrets.plant('traceparent'),
        },
      },
    });
    await client.connect(transport as Parameters<typeof client.connect>[0]);
    secrets.add('sealed session id', transport.sessionId ?? '');
    const call = (name: string, args: Record<string, unknown>) =>
      client.callTool({ name, arguments: args }).catch((error: unknown) => error);

    const heard = [
      await call('refund', { amount: 100, customer: secrets.plant('denied argument') }),
      await call('add', { a: secrets.plant('argument of a failing condition'), b: 1 }),
      await call('delete_everything', { why: secrets.plant('hidden argument') }),
    ];
    const echoed = await call('echo', { message: secrets.plant('allowed argument') });
    const asked = await call('test_elicitation', { message: secrets.plant('question') });
    const arg1 = secrets.plant('prompt argument');
    await client.getPrompt({ name: 'test_prompt_with_arguments', arguments: { arg1, arg2: '' } });
    for (const uri of ['db', 'https'].map(secretUri)) {
      await client.readResource({ uri }).catch(() => undefined);
    }
    const event = { level: 'error', data: secrets.plant('log notification') };
    await until('the log notification', async () => {
      await emit({ method: 'notifications/message', params: event });
      return logged > 0;
    });
    await transport.terminateSession();
    await client.close();

    expect(secrets.foundIn(heard.map(String).join())).to.deep.equal([]);
    expect(secrets.foundIn(JSON.stringify(heard))).to.deep.equal([]);
    expect(secrets.foundIn(JSON.stringify(echoed))).not.to.deep.equal([]);
    expect(JSON.stringify(asked)).to.include(username);
  });

  const secretUri = (scheme: string): string => {
    const [user, query, fragment] = ['user', 'query', 'fragment'].map((part) =>
      secrets.plantWord(`${part} of a ${scheme} uri`),
    );
    return `${scheme}://${user}:${user}@host.example/file?key=${query}#${fragment}`;
  };
  const emit = (event: object): Promise<unknown> =>
    fetch(new URL('/__event', rig.server.url), { method: 'POST', body: JSON.stringify(event) });

  const PING = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
  const withBody =
    (body: (secret: string) => string) =>
    (token: string): Sent => ({
      headers: jsonHeaders(token),
      body: body(secrets.plant(`body ${body}`)),
    });
  const withHeader =
    (name: string, value: (secret: string) => string, method = 'POST') =>
    (token: string): Sent => {
      const others = jsonHeaders(token).filter(([header]) => header !== name);
      const headers = [
        ...others,
        [name, value(secrets.plantWord(`header ${name} ${value}`))] as const,
      ];
      return method === 'GET' ? { method, headers } : { headers, body: PING };
    };
  const withPath =
    (path: (secret: string) => string) =>
    (token: string): Sent => ({
      path: path(secrets.plantWord(`path ${path}`)),
      headers: jsonHeaders(token),
      body: PING,
    });
  const withMirror =
    (name: string, asked: (secret: string) => ModernRequest) =>
    (token: string): Sent => {
      const { headers, body } = modern(token, asked(secrets.plant(`mirrored by ${name}`)));
      const others = headers.filter(([header]) => header !== name);
      return { headers: [...others, [name, secrets.plant(`mirror ${name}`)]], body };
    };

  const refused: { name: string; sent: (token: string) => Sent; status: number }[] = [
    { name: 'broken JSON', sent: withBody((s) => `{"${s}`), status: 400 },
    { name: 'a key twice', sent: withBody((s) => `{"${s}":1,"${s}":2}`), status: 400 },
    { name: 'a batch', sent: withBody((s) => JSON.stringify([{ a: s }])), status: 400 },
    {
      name: 'an id that is none',
      sent: withBody((s) => JSON.stringify({ jsonrpc: '2.0', id: { s }, method: 'ping' })),
      status: 400,
    },
    {
      name: 'a name that is none',
      sent: withBody((s) =>
        JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: [s] } }),
      ),
      status: 400,
    },
    { name: 'a body that is too long', sent: withBody((s) => s.padEnd(200_000, s)), status: 413 },
    { name: 'another scheme', sent: withHeader('authorization', (s) => `Basic ${s}`), status: 401 },
    { name: 'no token', sent: withHeader('authorization', (s) => `Bearer ${s}`), status: 401 },
    {
      name: 'a token of nobody',
      sent: withHeader('authorization', (s) => `Bearer ${tokenOf(s)}`),
      status: 401,
    },
    { name: 'a token in the query', sent: withPath((s) => `/mcp?access_token=${s}`), status: 404 },
    { name: 'another path', sent: withPath((s) => `/${s}`), status: 404 },
    { name: 'a foreign host', sent: withHeader('host', (s) => `${s}.example`), status: 403 },
    { name: 'a foreign origin', sent: withHeader('origin', (s) => `https://${s}`), status: 403 },
    { name: 'another type', sent: withHeader('content-type', (s) => `text/${s}`), status: 415 },
    { name: 'an encoding', sent: withHeader('content-encoding', (s) => s), status: 415 },
    { name: 'a foreign session', sent: withHeader('mcp-session-id', (s) => s), status: 404 },
    {
      name: 'an event to resume from',
      sent: withHeader('last-event-id', (s) => s, 'GET'),
      status: 400,
    },
    {
      name: 'a mirrored name that differs',
      sent: withMirror('mcp-name', (s) => callTool('echo', { message: s })),
      status: 400,
    },
    {
      name: 'a mirrored argument that differs',
      sent: withMirror('mcp-param-region', (s) => callTool('test_x_mcp_header', { region: s })),
      status: 400,
    },
    {
      name: 'a request state that we did not seal',
      sent: (token) => {
        const requestState = secrets.plant('request state');
        return modern(token, { method: 'tools/call', params: { name: 'echo', requestState } });
      },
      status: 200,
    },
  ];
  for (const { name, sent, status } of refused) {
    it(`are not said back when a request is refused for ${name}`, async () => {
      const answer = await send(rig.url, sent(await rig.token()));

      expect(answer.status).to.equal(status);
      expect(secrets.foundIn(`${JSON.stringify(answer.headers)}\n${answer.text}`)).to.deep.equal(
        [],
      );
    });
  }

  it('are in no file, metric or log line after all of that', async () => {
    const leaks = await leaksOf(rig, secrets);
    const targets = (await rig.records()).flatMap(({ message }) => message?.target ?? []);

    expect(leaks).to.deep.equal([]);
    expect(secrets.count).to.be.greaterThan(45);
    expect(targets).to.include.members([
      'tool:echo',
      'tool:refund',
      'tool:add',
      'tool:delete_everything',
      'tool:test_elicitation',
      'prompt:test_prompt_with_arguments',
      'resource:db://…@host.example/file?…',
      'resource:https://…@host.example/file?…',
    ]);
  });
});

/** In the shape of a JWT, its claims no one's. */
function tokenOf(secret: string): string {
  const [header, claims] = [{ alg: 'ES256' }, { iss: secret }].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  return `${header}.${claims}.${'A'.repeat(86)}`;
}
