import { expect } from 'chai';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { type Rig, startRig } from './rig.ts';
import { callTool, type HeaderPairs, messageOf, modern, send } from './wire.ts';

const base64 = (name: string): string => `=?base64?${Buffer.from(name).toString('base64')}?=`;

interface Disagreement {
  readonly name: string;
  /** Put in place of the true headers of these names; an empty list leaves one out. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly code: number;
  readonly meta?: object;
}

const MISMATCH = -32020;
const disagreements: readonly Disagreement[] = [
  { name: 'no MCP-Protocol-Version', headers: { 'mcp-protocol-version': [] }, code: MISMATCH },
  {
    name: 'MCP-Protocol-Version of the era before',
    headers: { 'mcp-protocol-version': ['2025-11-25'] },
    code: MISMATCH,
  },
  {
    name: 'MCP-Protocol-Version twice',
    headers: { 'mcp-protocol-version': ['2026-07-28', '2025-11-25'] },
    code: MISMATCH,
  },
  {
    name: 'a revision in _meta that the header does not name',
    headers: {},
    meta: { 'io.modelcontextprotocol/protocolVersion': '2025-11-25' },
    code: MISMATCH,
  },
  {
    name: 'a revision that does not exist, in both places',
    headers: { 'mcp-protocol-version': ['2027-01-01'] },
    meta: { 'io.modelcontextprotocol/protocolVersion': '2027-01-01' },
    code: -32022,
  },
  {
    name: 'capabilities that are not an object',
    headers: {},
    meta: { 'io.modelcontextprotocol/clientCapabilities': 'all' },
    code: -32602,
  },
  { name: 'no Mcp-Method', headers: { 'mcp-method': [] }, code: MISMATCH },
  { name: 'another Mcp-Method', headers: { 'mcp-method': ['ping'] }, code: MISMATCH },
  { name: 'Mcp-Method in capitals', headers: { 'mcp-method': ['TOOLS/CALL'] }, code: MISMATCH },
  {
    name: 'Mcp-Method twice',
    headers: { 'mcp-method': ['tools/call', 'tools/list'] },
    code: MISMATCH,
  },
  { name: 'no Mcp-Name', headers: { 'mcp-name': [] }, code: MISMATCH },
  { name: 'another Mcp-Name', headers: { 'mcp-name': ['echo'] }, code: MISMATCH },
  { name: 'Mcp-Name in capitals', headers: { 'mcp-name': ['COUNTER'] }, code: MISMATCH },
  { name: 'Mcp-Name twice', headers: { 'mcp-name': ['counter', 'counter'] }, code: MISMATCH },
  {
    name: 'another Mcp-Name in Base64',
    headers: { 'mcp-name': [base64('echo')] },
    code: MISMATCH,
  },
  {
    name: 'Mcp-Name in Base64 that is spelled loosely',
    headers: { 'mcp-name': ['=?base64?Y291bnRlcg?='] },
    code: MISMATCH,
  },
  {
    name: 'Mcp-Name in Base64 of two encodings',
    headers: { 'mcp-name': [base64(base64('counter'))] },
    code: MISMATCH,
  },
];

const agreements: readonly { readonly name: string; readonly mcpName: string }[] = [
  { name: 'in Base64', mcpName: base64('counter') },
  { name: 'between blanks', mcpName: ' \tcounter\t ' },
];

// Promise 1: policy reads the body; headers that say something else are somebody's mistake or trick.
describe('a header that disagrees with the body', () => {
  let rig: Rig<Fixture>;
  before(async () => {
    rig = await startRig({
      server: startModern,
      specs: [
        { rules: [{ name: 'count', effect: 'Allow', match: { tools: ['counter', 'echo'] } }] },
      ],
    });
  });
  after(() => rig.close());

  for (const { name, headers, code, meta } of disagreements) {
    it(`stops the call: ${name}`, async () => {
      const before = rig.server.journal.read().requests.length;
      const asked = modern(await rig.token(), callTool('counter', {}, meta));

      const answer = await send(rig.url, { ...asked, headers: replaced(asked.headers, headers) });

      expect(messageOf(answer).error?.code, answer.text).to.equal(code);
      expect(answer.status).to.equal(400);
      expect(rig.server.journal.read().requests.length).to.equal(before);
    });
  }

  for (const { name, mcpName } of agreements) {
    it(`is not one that says the same: Mcp-Name ${name}`, async () => {
      const asked = modern(await rig.token(), callTool('counter'));
      const headers = replaced(asked.headers, { 'mcp-name': [mcpName] });

      const answer = await send(rig.url, { ...asked, headers });

      expect(messageOf(answer).result?.content?.[0]?.text, answer.text).to.match(/^\d+$/);
    });
  }

  it('does not let a request of one era in under the rules of another', async () => {
    const before = rig.server.journal.read().requests.length;
    const asked = modern(await rig.token(), callTool('counter'));
    const bare = JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'counter', arguments: {} },
    });

    const answer = await send(rig.url, { ...asked, body: bare });

    expect({ status: answer.status, code: messageOf(answer).error?.code }).to.deep.equal({
      status: 400,
      code: -32602,
    });
    expect(rig.server.journal.read().requests.length).to.equal(before);
  });
});

function replaced(headers: HeaderPairs, by: Readonly<Record<string, readonly string[]>>) {
  const kept = headers.filter(([name]) => by[name] === undefined);
  const put = Object.entries(by).flatMap(([name, values]) =>
    values.map((value) => [name, value] as const),
  );
  return [...kept, ...put];
}
