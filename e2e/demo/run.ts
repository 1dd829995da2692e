// `make demo`: one governed call from end to end, on real parts, told as it happens. Exits 0 only when
// every step was as promised.

import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gatehouse } from './cli.ts';
import { connectLegacy, connectModern, type DemoClient } from './clients.ts';
import { chapter, kept, quote, say } from './narrate.ts';
import { type Governed, type Stage, setStage } from './stage.ts';

const started = performance.now();
chapter('Starting an OIDC provider, two MCP servers, and Gatehouse in front of each');
const stage = await setStage();
try {
  await play(stage);
} finally {
  await stage.close();
}
const seconds = ((performance.now() - started) / 1000).toFixed(1);
chapter(`Done: every step was as promised, in ${seconds} s.`);
yourTurn();

async function play({ provider, legacy, modern }: Stage): Promise<void> {
  say(`identity provider   ${provider.issuer}`);
  say(`legacy MCP server   behind ${legacy.gatehouse.url}  (@modelcontextprotocol/server-everything)`);
  say(`modern MCP server   behind ${modern.gatehouse.url}  (@modelcontextprotocol/server)`);

  chapter('Without a token nothing is reached');
  await refusesStrangers(legacy);

  const alice = (audience: string) => provider.token({ sub: 'alice', audience });
  chapter('Alice connects with the official SDK client of the legacy era');
  const first = await connectLegacy(legacy.gatehouse.url, await alice(legacy.gatehouse.url));
  await call(first, {
    revision: '2025-11-25',
    hidden: 'get-env',
    denied: { name: 'trigger-long-running-operation', args: { duration: 60, steps: 1 } },
    streamed: { name: 'echo', args: { message: 'hello' } },
  });
  await first.close();

  chapter('Alice connects with the official SDK client of the modern era');
  const second = await connectModern(modern.gatehouse.url, await alice(modern.gatehouse.url));
  await call(second, {
    revision: '2026-07-28',
    hidden: 'delete_everything',
    denied: { name: 'refund', args: { amount: 100 } },
    whole: { name: 'echo', args: { message: 'hello' } },
    streamed: { name: 'stream', args: { n: 3 } },
  });
  await second.close();

  await legacy.gatehouse.close();
  await modern.gatehouse.close();
  await showSessions(legacy);
  for (const governed of [legacy, modern]) await verifies(governed);
  await findsTampering(legacy);
}

async function refusesStrangers({ gatehouse: { url } }: Governed): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
  });
  const challenge = response.headers.get('www-authenticate') ?? '';
  kept('401, and the challenge names where to get one', response.status === 401);
  quote(challenge);
}

interface Script {
  readonly revision: string;
  readonly hidden: string;
  readonly denied: { readonly name: string; readonly args: Record<string, unknown> };
  /** A tool that this server answers as JSON. */
  readonly whole?: { readonly name: string; readonly args: Record<string, unknown> };
  /** A tool that this server answers as an event stream. */
  readonly streamed: { readonly name: string; readonly args: Record<string, unknown> };
}

async function call(client: DemoClient, script: Script): Promise<void> {
  kept(`negotiated ${script.revision}`, client.revision === script.revision, client.revision);

  const { whole, streamed, denied, hidden } = script;
  if (whole !== undefined) {
    const result = await client.call(whole.name, whole.args);
    kept(`allowed: ${whole.name}, answered as JSON`, isAnswer(result, 'application/json'), JSON.stringify(result));
  }
  const result = await client.call(streamed.name, streamed.args);
  kept(`allowed: ${streamed.name}, answered inside SSE`, isAnswer(result, 'text/event-stream'), JSON.stringify(result));

  const tools = await client.tools();
  kept(`hidden: ${hidden} is not among the ${tools.length} tools listed`, !tools.includes(hidden));
  const real = await errorOf(client.call(hidden, {}));
  const invented = await errorOf(client.call('no-such-tool-anywhere', {}).then(throwIfError));
  kept(`hidden: calling ${hidden} answers as for a name that does not exist (-32602)`, real.includes('-32602'), `${real} / ${invented}`);

  const refused = await client.call(denied.name, denied.args);
  kept(`denied: ${denied.name} ${JSON.stringify(denied.args)}, and the model is told why`, refused.isError, JSON.stringify(refused));
  quote(refused.text);
}
