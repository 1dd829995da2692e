import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { type Rig, type Spec, startRig } from './rig.ts';
import { json, type Script, type ScriptedServer, startScripted } from './scripted-server.ts';
import { until } from './until.ts';
import { callTool, jsonHeaders, LEGACY, MODERN, messageOf, modern, send } from './wire.ts';

const SPEC: Spec = {
  rules: [
    { name: 'all', effect: 'Allow', match: { tools: ['*'] } },
    { name: 'read', effect: 'Allow', match: { resources: ['x:*'] } },
  ],
};

describe('what a server answers', () => {
  let rig: Rig<ScriptedServer>;
  before(async () => {
    rig = await startRig({ server: startScripted, specs: [SPEC] });
  });
  after(() => rig?.close());

  const rpc = (body: string): string => `{"jsonrpc":"2.0",${body}}`;
  const carried = [
    {
      name: 'a JSON-RPC error in HTTP 200',
      status: 200,
      body: rpc('"id":1,"error":{"code":-1,"message":"x"}'),
    },
    {
      name: 'a refusal of the revision',
      status: 400,
      body: rpc(
        '"id":null,"error":{"code":-32022,"message":"x","data":{"supported":["2026-07-28"]}}',
      ),
    },
    {
      name: 'an unknown method',
      status: 404,
      body: rpc('"id":1,"error":{"code":-32601,"message":"x"}'),
    },
    {
      name: 'a fault of its own that it can put into words',
      status: 500,
      body: rpc('"id":1,"error":{"code":-32603,"message":"x"}'),
    },
  ];
  for (const { name, status, body } of carried) {
    it(`goes on with its status and bytes: ${name}`, async () => {
      rig.server.play(json(body, status));

      const answer = await send(rig.url, modern(await rig.token(), callTool('echo')));

      expect(answer.status).to.equal(status);
      expect(answer.text).to.equal(body);
      const [exchange] = (await rig.concluded('tool:echo')).slice(-1);
      expect(exchange?.outcome?.outcome?.status).to.equal('rpc_error');
    });
  }

  const result = rpc('"id":1,"result":{"resultType":"complete","content":[]}');
  const challenge = { 'www-authenticate': 'Bearer resource_metadata="https://own.example/"' };
  const kept: readonly {
    name: string;
    script: Script;
    status?: number;
    code?: number;
    outcome: object;
  }[] = [
    {
      name: 'no to our credential',
      script: json(result, 401, challenge),
      code: -31004,
      outcome: { refusal: 'upstream_requires_oauth' },
    },
    {
      name: 'no to our rights',
      script: json(result, 403, challenge),
      code: -31004,
      outcome: { refusal: 'upstream_requires_oauth' },
    },
    {
      name: 'go elsewhere',
      script: json(result, 307, { location: '/elsewhere' }),
      outcome: { refusal: 'upstream_invalid' },
    },
    {
      name: 'a compressed answer',
      script: json(gzipSync(result), 200, { 'content-encoding': 'gzip' }),
      outcome: { refusal: 'upstream_invalid' },
    },
    {
      name: 'a page',
      script: (_, response) =>
        void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
      outcome: { status: 'unknown' },
    },
    {
      name: 'a fault without words',
      script: json('Internal Server Error', 500),
      status: 500,
      outcome: { status: 'unknown', httpStatus: 500 },
    },
    {
      name: 'that it accepted',
      script: (_, response) => void response.writeHead(202).end(),
      outcome: { status: 'unknown' },
    },
    {
      name: 'the answer to something else',
      script: json(result.replace('1', '2')),
      outcome: { status: 'unknown' },
    },
    { name: 'an array', script: json(`[${result}]`), outcome: { status: 'unknown' } },
    {
      name: 'a stream without the answer',
      script: (_, response) =>
        void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(),
      outcome: { status: 'unknown' },
    },
    {
      name: 'nothing, and hangs up',
      script: (_, response) => void response.destroy(),
      code: -31004,
      outcome: { status: 'unknown', refusal: 'upstream_unavailable' },
    },
  ];
  for (const { name, script, status = 200, code = -31006, outcome } of kept) {
    it(`stays here, is recorded, and is not asked for twice: ${name}`, async () => {
      const before = rig.server.asked.length;
      rig.server.play(script);

      const answer = await send(rig.url, modern(await rig.token(), callTool('echo')));

      expect({ status: answer.status, code: messageOf(answer).error?.code }).to.deep.equal({
        status,
        code,
      });
      expect(answer.headers).to.not.have.any.keys('www-authenticate', 'location');
      expect(rig.server.asked.length).to.equal(before + 1);
      const [exchange] = (await rig.concluded('tool:echo')).slice(-1);
      expect(exchange?.outcome?.outcome).to.include(outcome);
    });
  }

  for (const [version, says] of [
    ['2099-01-01', '2099-01-01'],
    [MODERN, MODERN],
    [7, 'version ?'],
  ] as const) {
    it(`is refused by name when it would speak revision ${version} after a handshake`, async () => {
      const negotiated = JSON.stringify(version);
      const answer = rpc(`"id":1,"result":{"protocolVersion":${negotiated},"capabilities":{}}`);
      rig.server.play(json(answer, 200, { 'mcp-session-id': 's-1' }));
      const params = { protocolVersion: LEGACY, capabilities: {}, clientInfo: {} };
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params });

      const refused = await send(rig.url, { headers: jsonHeaders(await rig.token()), body });

      expect(messageOf(refused).error).to.include({ code: -31006 });
      expect(messageOf(refused).error?.message).to.include(says);
      expect(refused.headers).to.not.have.property('mcp-session-id');
    });
  }

  it('may be kept by its caller alone when it is a resource, and not for long', async () => {
    const content = '"contents":[{"uri":"x:y","text":"z","x":1.50}]';
    const kept = (scope: string) =>
      rpc(`"id":1,"result":{"resultType":"complete",${content}, ${scope}}`);
    rig.server.play(json(kept('"cacheScope":"public","ttlMs":86400000')));

    const answer = await send(
      rig.url,
      modern(await rig.token(), { method: 'resources/read', params: { uri: 'x:y' } }),
    );

    expect(answer.text).to.equal(kept('"cacheScope":"private","ttlMs":60000'));
  });

  it('is asked for in a form that can be judged, and over a connection of its own', async () => {
    rig.server.play(json(result));
    const asked = modern(await rig.token(), callTool('echo'));
    const hops = [
      ['accept-encoding', 'gzip, br'],
      ['connection', 'close, x-hop'],
      ['x-hop', '1'],
    ] as const;

    await send(rig.url, { ...asked, headers: [...asked.headers, ...hops] });

    const headers = rig.server.asked.at(-1)?.headers ?? {};
    expect(headers['accept-encoding']).to.equal('identity');
    expect(headers).to.not.have.property('x-hop');
    expect(headers.connection).to.not.equal('close, x-hop');
  });

  it('is refused when it goes on and on before the answer to a handshake', async () => {
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const noise = `data: {"jsonrpc":"2.0","method":"notifications/message","params":{"data":"${'x'.repeat(60_000)}"}}\n\n`;
    rig.server.play((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.once('close', resolve);
      const talk = (): void => {
        while (!response.destroyed && response.write(noise));
        response.once('drain', talk);
      };
      talk();
    });
    const params = { protocolVersion: LEGACY, capabilities: {}, clientInfo: {} };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params });

    const answer = await send(rig.url, { headers: jsonHeaders(await rig.token()), body });

    await over;
    expect(messageOf(answer).error?.message).to.include('before its answer');
  });

  it('is not asked for with methods that the revision of the client does not have', async () => {
    const before = rig.server.asked.length;
    const headers = [...jsonHeaders(await rig.token()), ['mcp-protocol-version', MODERN]] as const;

    const [got, ended] = [
      await send(rig.url, { method: 'GET', headers }),
      await send(rig.url, { method: 'DELETE', headers }),
    ];

    for (const answer of [got, ended]) {
      expect(answer.status).to.equal(405);
      expect(answer.headers.allow).to.equal('POST, OPTIONS');
    }
    expect(rig.server.asked.length).to.equal(before);
  });

  it('is no answer at all when nobody is there: the call had no effect, and that is recorded', async () => {
    await rig.server.close();

    const answer = await send(rig.url, modern(await rig.token(), callTool('echo')));

    expect(messageOf(answer).error?.code).to.equal(-31004);
    const [exchange] = (await rig.concluded('tool:echo')).slice(-1);
    expect(exchange?.outcome?.outcome).to.include({
      status: 'refused',
      refusal: 'upstream_unavailable',
    });
  });
});

describe('a server that insists on OAuth of its own', () => {
  it('is found at start, and the operator is told what to do', async () => {
    const refusing = async (): Promise<ScriptedServer> => {
      const server = await startScripted();
      server.play(json('{}', 401));
      return server;
    };
    const rig = await startRig({ server: refusing, specs: [SPEC] });
    try {
      const line = await until('the warning', () =>
        rig
          .log()
          .split('\n')
          .find((each) => each.includes('UpstreamRequiresOAuth')),
      );

      expect(JSON.parse(line)).to.include({ level: 'error', field: 'spec.identity.upstream' });
      expect(rig.server.asked[0]?.headers.authorization).to.match(/^Bearer ey/);
    } finally {
      await rig.close();
    }
  });
});

describe('a server that never answers', () => {
  it('keeps nobody beyond the time limit: not a DELETE, not a notification, not a call', async () => {
    const specs: Spec[] = [{ ...SPEC, limits: { callSeconds: 1 } }];
    const rig = await startRig({ server: startScripted, specs });
    try {
      rig.server.play(() => undefined);
      const headers = [
        ...jsonHeaders(await rig.token()),
        ['mcp-protocol-version', LEGACY],
      ] as const;
      const body = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' });

      const answers = await Promise.all([
        send(rig.url, { method: 'DELETE', headers }),
        send(rig.url, { headers, body }),
        send(rig.url, modern(await rig.token(), callTool('echo'))),
      ]);

      expect(answers.map(({ status }) => status)).to.deep.equal([504, 504, 200]);
      for (const subject of ['DELETE', 'notifications/initialized', 'tool:echo']) {
        const [exchange] = await rig.concluded(subject);
        expect(exchange?.outcome?.outcome?.status, subject).to.equal('timeout');
      }
    } finally {
      await rig.close();
    }
  });
});
