import { expect } from 'chai';
import { start as startLegacy } from '#e2e/servers/legacy-fixture.ts';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { LegacySession } from './legacy-session.ts';
import { type Rig, type Spec, startRig } from './rig.ts';
import { callTool, messageOf, modern, type Sent, send } from './wire.ts';

const SPEC: Spec = {
  rules: [{ name: 'small', effect: 'Allow', match: { tools: ['echo', 'add'] } }],
};

const META =
  '"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}';

/** Messages as no serializer would write them. */
const odd: readonly { readonly name: string; readonly body: string; readonly tool?: string }[] = [
  {
    name: 'white space and the order of keys',
    body: `\t{\r\n "params" : { "arguments" :{"message":"hi"\n}, ${META} ,"name":\t"echo" },"method":"tools/call" , "id" : 1,\n"jsonrpc":"2.0"}\n `,
  },
  {
    name: 'escapes that need not be there',
    body: `{"jsonrpc":"2.0","id":1,"method":"tools\\/call","params":{"n\\u0061me":"\\u0065cho","arguments":{"message":"\\u0068\\ud83d\\ude00\\/\\b"},${META}}}`,
  },
  {
    name: 'numbers that a double would spell otherwise',
    body: `{"jsonrpc":"2.0","id":1.0,"method":"tools/call","params":{"name":"add","arguments":{"a":0.1000000000000000055511151231257827,"b":1.50e+2},${META}}}`,
    tool: 'add',
  },
  {
    name: 'text of every plane, direction and composition',
    body: `{"jsonrpc":"2.0","id":"ключ-🔑","method":"tools/call","params":{"name":"echo","arguments":{"message":"a\u2028b\u202e𝒳é e\u0301 \u007f"},${META}}}`,
  },
  {
    name: 'fields that nobody knows, wherever they stand',
    body: `{"x-top":[1,2.50,{"y":null}],"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"x-params":{"constructor":1,"":0},"name":"echo","arguments":{"message":"hi","x-argument":true},${META.slice(0, -1)},"x-meta":"m"}}}`,
  },
];

// Promise 1: what was judged is what is forwarded.
describe('a message that passes the gate', () => {
  describe('in the modern era', () => {
    let rig: Rig<Fixture>;
    before(async () => {
      rig = await startRig({ server: startModern, specs: [SPEC] });
    });
    after(() => rig.close());

    for (const { name, body, tool = 'echo' } of odd) {
      it(`reaches the server byte for byte: ${name}`, async () => {
        const { headers } = modern(await rig.token(), callTool(tool));

        const answer = await send(rig.url, { headers, body });

        expect(messageOf(answer).result?.isError, answer.text).to.equal(undefined);
        expect(lastBody(rig)).to.equal(body);
      });
    }

    it('keeps the headers that mirror it, and those that Gatehouse does not know', async () => {
      const { headers, body } = modern(await rig.token(), callTool('echo', { message: 'hi' }));
      const more = [
        ['Mcp-Param-Region', '=?base64?w6k=?='],
        ['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
        ['x-unknown', 'kept'],
      ] as const;

      await send(rig.url, { headers: [...headers, ...more], body });

      const seen = lastHeaders(rig);
      expect(seen).to.include({
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'tools/call',
        'mcp-name': 'echo',
        'mcp-param-region': '=?base64?w6k=?=',
        'x-unknown': 'kept',
        host: new URL(rig.url).host,
        'content-length': String(Buffer.byteLength(body)),
      });
    });

    it('carries no session into an era that has none', async () => {
      const { headers, body } = modern(await rig.token(), callTool('echo', { message: 'hi' }));

      const answer = await send(rig.url, { headers: [...headers, ['Mcp-Session-Id', 'x']], body });

      expect(answer.status, answer.text).to.equal(200);
      expect(lastHeaders(rig)).to.not.have.property('mcp-session-id');
    });
  });

  describe('in the legacy era', () => {
    let rig: Rig<Fixture>;
    before(async () => {
      rig = await startRig({ server: startLegacy, specs: [SPEC] });
    });
    after(() => rig.close());

    it('reaches the server byte for byte, in a session whose id only Gatehouse knows', async () => {
      const session = await LegacySession.open(rig.url, await rig.token());
      const body = `{ "jsonrpc" : "2.0","params":{"arguments":{"message":"\\u0068i", "n":1.0},"name":"echo"},\n"method":"tools/call","id":"7" }`;
      const sent: Sent = { headers: session.headers(), body };

      const answer = await send(rig.url, sent);

      expect(messageOf(answer).result?.content?.[0]?.text).to.equal('hi');
      expect(lastBody(rig)).to.equal(body);
      const upstreamSession = lastHeaders(rig)['mcp-session-id'];
      expect(upstreamSession).to.match(/^[\da-f-]{36}$/);
      expect(session.id).to.not.include(upstreamSession);
    });
  });
});

function lastBody(rig: Rig<Fixture>): string {
  const last = rig.server.journal.read().requests.at(-1);
  return Buffer.from(last?.bodyBase64 ?? '', 'base64').toString('utf8');
}

function lastHeaders(rig: Rig<Fixture>): Record<string, string> {
  const raw = rig.server.journal.read().requests.at(-1)?.rawHeaders ?? [];
  const pairs = raw.flatMap((name, at) =>
    at % 2 === 0 ? [[name.toLowerCase(), raw[at + 1]]] : [],
  );
  return Object.fromEntries(pairs);
}
