// `make demo`: one governed call from end to end, on real parts, told as it happens, and then the same with
// two gateways, a console and a Redis. Exits 0 only when every step was as promised.

import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasRedis } from '#e2e/test-programs.ts';
import { waitsForAnother } from './approval.ts';
import { gatehouse } from './cli.ts';
import { type CallResult, connectLegacy, connectModern, type DemoClient } from './clients.ts';
import { masks, masksContent } from './masking.ts';
import { chapter, kept, quote, say } from './narrate.ts';
import { playSecondAct } from './second-act.ts';
import { type Governed, type Stage, setStage } from './stage.ts';

const started = performance.now();
chapter('Starting an OIDC provider, two MCP servers, and Gatehouse in front of each');
const stage = await setStage();
const hasSecondAct = hasRedis();
try {
  await play(stage);
  if (hasSecondAct) await playSecondAct(stage);
} finally {
  await stage.close();
}
const seconds = ((performance.now() - started) / 1000).toFixed(1);
chapter(`Done: every step was as promised, in ${seconds} s.`);
if (!hasSecondAct) {
  say(
    'The second act was left out: two gateways, a console and what they share need redis-server 7.0.',
  );
  say('On Debian run: sudo apt-get install -y --no-install-recommends redis-server');
}
yourTurn();

async function play({ provider, legacy, modern }: Stage): Promise<void> {
  say(`identity provider   ${provider.issuer}`);
  say(
    `legacy MCP server   behind ${legacy.gatehouse.url}  (@modelcontextprotocol/server-everything)`,
  );
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
  chapter('What must not leave is masked, inside an event stream too');
  await masks(first, 'text/event-stream');
  await first.close();

  chapter('Alice connects with the official SDK client of the modern era');
  const second = await connectModern(modern.gatehouse.url, await alice(modern.gatehouse.url));
  await call(second, {
    revision: '2026-07-28',
    hidden: 'delete_everything',
    denied: { name: 'refund', args: { amount: 100 } },
    whole: { name: 'echo', args: { message: 'hello' } },
    streamed: { name: 'stream', args: { n: 3 }, progress: 3 },
  });
  chapter('The same in a JSON answer, and in structured content with a schema');
  await masks(second, 'application/json');
  await masksContent(second);
  await waitsForAnother(second, modern, provider);
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
  readonly streamed: {
    readonly name: string;
    readonly args: Record<string, unknown>;
    readonly progress?: number;
  };
}

async function call(client: DemoClient, script: Script): Promise<void> {
  kept(`negotiated ${script.revision}`, client.revision === script.revision, client.revision);

  const { whole, streamed, denied, hidden } = script;
  if (whole !== undefined) {
    const result = await client.call(whole.name, whole.args);
    kept(
      `allowed: ${whole.name}, answered as JSON`,
      isAnswer(result, 'application/json'),
      JSON.stringify(result),
    );
  }
  const result = await client.call(streamed.name, streamed.args);
  const asStream = isAnswer(result, 'text/event-stream');
  kept(`allowed: ${streamed.name}, answered inside SSE`, asStream, JSON.stringify(result));
  const { progress = 0 } = streamed;
  if (progress > 0) {
    kept(`${progress} progress messages came before it`, result.progress === progress);
  }

  const tools = await client.tools();
  kept(`hidden: ${hidden} is not among the ${tools.length} tools listed`, !tools.includes(hidden));
  const code = await errorCodeOf(client.call(hidden, {}));
  kept(
    `hidden: calling ${hidden} answers as for a name that does not exist (-32602)`,
    code === -32602,
    String(code),
  );

  const refused = await client.call(denied.name, denied.args);
  kept(
    `denied: ${denied.name} ${JSON.stringify(denied.args)}, and the model is told why`,
    refused.isError,
    JSON.stringify(refused),
  );
  quote(refused.text);
}

function isAnswer(result: CallResult, contentType: string): boolean {
  return !result.isError && result.text !== '' && result.contentType === contentType;
}

async function errorCodeOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : undefined;
  }
}

async function showSessions({ data }: Governed): Promise<void> {
  chapter('Who did what: gatehouse sessions list, show');
  const listed = await gatehouse('sessions', 'list', '--data', data, '--json');
  const sessions: { id: string; principal?: unknown }[] = JSON.parse(listed.stdout);
  const session = sessions.find(({ principal }) => JSON.stringify(principal)?.includes('alice'));
  kept('the session is listed', session !== undefined, listed.stdout + listed.stderr);
  const shown = await gatehouse('sessions', 'show', session?.id ?? '', '--data', data);
  const tells = ['alice', 'echo', 'trigger-long-running-operation', 'demo/short-operations'];
  const missing = tells.filter((each) => !shown.stdout.includes(each));
  kept(
    'its timeline tells who called what, and which rule decided',
    missing.length === 0,
    shown.stdout + shown.stderr,
  );
  quote(shown.stdout);
}

async function verifies({ data, gatehouse: { trustKey } }: Governed): Promise<void> {
  chapter(`Evidence: gatehouse evidence verify DIR --trust FILE`);
  const verified = await gatehouse('evidence', 'verify', data, '--trust', trustKey);
  kept(
    'verified, by a key that was never inside the data',
    verified.code === 0,
    verified.stdout + verified.stderr,
  );
  quote(verified.stdout);
  const untrusted = await gatehouse('evidence', 'verify', data);
  kept(
    'without the key it does not pretend to know (exit 2)',
    untrusted.code === 2,
    untrusted.stdout,
  );
}

async function findsTampering({ data, gatehouse: { trustKey } }: Governed): Promise<void> {
  chapter('One byte of evidence is changed');
  const lanes = join(data, 'lanes');
  const [lane = ''] = (await readdir(lanes)).toSorted();
  const bytes = await readFile(join(lanes, lane));
  const at = bytes.indexOf('"Deny"');
  bytes.write('"Xeny"', at);
  await writeFile(join(lanes, lane), bytes);
  say(`lanes/${lane}, byte ${at}: "Deny" became "Xeny"`);
  const tampered = await gatehouse('evidence', 'verify', data, '--trust', trustKey);
  const says = tampered.code === 1 && tampered.stdout.includes(lane);
  kept('tampered (exit 1), and the verifier says where', says, tampered.stdout + tampered.stderr);
  quote(tampered.stdout);
}

function yourTurn(): void {
  chapter('The same in front of your own MCP server and identity provider:');
  say('1. cp examples/read-only-access/policy.yaml policy.yaml');
  say('   and set spec.identity.issuers[0].issuer to your provider, the groups to yours');
  say('2. ./bin/gatehouse policy validate policy.yaml');
  say('3. ./bin/gatehouse run --policy policy.yaml --upstream http://127.0.0.1:3000/mcp');
  say('4. point your MCP client at http://127.0.0.1:8080/mcp; nothing else changes');
}
