import { writeFileSync, mkdirSync } from 'node:fs';
import { LocalIssuer, signingKey } from '#platform/oidc/local-issuer.fixture.ts';
import { start as legacy } from '#e2e/servers/legacy-fixture.ts';
import { start as modern } from '#e2e/servers/modern-fixture.ts';
import { createLogger } from '#platform/process/log.ts';
import { createClock } from '#platform/process/clock.ts';
import { readPolicyFiles } from '#platform/file/policy-file.ts';
import { loadPolicy } from '#sidecar/load-policy.ts';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import * as C2 from '@modelcontextprotocol/client';
const { startSidecar } = await import('#sidecar/zz-main.ts');
const recs: any[] = [];
const ledger: any = { healthy: true, append: async (d: any) => { recs.push(d); await new Promise(setImmediate); return { lane: 'x', seq: recs.length, hash: '' }; }, close: async () => {} };
const idp = await LocalIssuer.start(await signingKey('k1'));
const issuer = idp.url;
mkdirSync('/tmp/lab/gw', { recursive: true });
const policy = `
apiVersion: gatehouse.dev/v1alpha1
kind: McpGatewayPolicy
metadata: {name: t}
spec:
  identity: {issuers: [{name: idp, issuer: "${issuer}", audiences: ["aud"]}]}
  rules:
  - {name: all, effect: Allow, match: {tools: ["*"]}}
  - {name: hide, effect: Deny, match: {tools: [delete_everything]}}
  - {name: big, effect: Deny, match: {tools: [refund]}, when: ["args.amount > 50"]}
`;
writeFileSync('/tmp/lab/gw/policy.yaml', policy);
const clock = createClock();
const log = createLogger({ level: 'debug', write: (t) => process.stderr.write(t), now: () => clock.timestamp() });
const r = loadPolicy(await readPolicyFiles(['/tmp/lab/gw/policy.yaml']));
if (!r.ok) { console.log(r.problems); process.exit(1); }
for (const [name, startServer] of [['legacy', legacy], ['modern', modern]] as const) {
  const server = await startServer();
  const gw = await startSidecar({ policyFiles: ['/tmp/lab/gw/policy.yaml'], upstream: new URL(server.url), listen: { host: '127.0.0.1', port: 0 }, publicUrls: [], dataDir: '/tmp/lab/gw', trustKeyFile: '', admin: { host: '127.0.0.1', port: 0 }, allowPlainHttp: false, version: '0', env: {} }, ledger, log);
  const token = await idp.sign({ aud: 'aud', sub: 'ann', exp: Math.floor(Date.now()/1000)+300, iat: Math.floor(Date.now()/1000) });
  const url = new URL(gw.publicUrls[0]!);
  const requestInit = { headers: { authorization: `Bearer ${token}` } };
  const client: any = name === 'legacy' ? new Client({ name: 'c', version: '1' }) : new C2.Client({ name: 'c', version: '1' }, { versionNegotiation: { mode: 'auto' } } as any);
  const transport: any = name === 'legacy' ? new StreamableHTTPClientTransport(url, { requestInit }) : new C2.StreamableHTTPClientTransport(url, { requestInit });
  await client.connect(transport);
  console.log(name, 'connected', transport.sessionId?.length, client.getNegotiatedProtocolVersion?.() ?? transport.protocolVersion);
  const tools = await client.listTools();
  console.log(tools.tools.map((t: any) => t.name).join(' '));
  for (const call of [{ name: 'echo', arguments: { text: 'hi' } }, { name: 'echo', arguments: { message: 'hi' } }, { name: 'delete_everything', arguments: {} }, { name: 'nope', arguments: {} }, { name: 'refund', arguments: { amount: 100 } }, { name: 'refund', arguments: { amount: 10 } }, { name: 'whoami', arguments: {} }, { name: 'stream', arguments: { n: 3 } }]) {
    try { console.log(call.name, JSON.stringify(await client.callTool(call)).slice(0, 300)); } catch (e: any) { console.log(call.name, 'ERR', e.code, e.message); }
  }
  await client.close();
  await gw.stop();
  await server.close();
}
console.log(recs.map((r) => [r.type, r.message?.method, r.message?.target, r.decision?.effect, r.decision?.rule, r.outcome?.status].filter(Boolean).join(' ')).join('\n'));
process.exit(0);
