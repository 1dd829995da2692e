// The second act: two gateways and a console share one real Redis. A call waits at the one, a person approves
// it on the console's page, and it goes through at the other; neither gateway could have approved anything.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type ConsoleProgram, startConsoleProgram } from '#e2e/servers/console.ts';
import { type Gatehouse, startGatehouse } from '#e2e/servers/gatehouse.ts';
import { start as startLegacy } from '#e2e/servers/legacy-fixture.ts';
import type { OidcProvider } from '#e2e/servers/oidc-provider.ts';
import { startRedis } from '#platform/redis/redis-server.fixture.ts';
import { gatehouse } from './cli.ts';
import { connectLegacy } from './clients.ts';
import { ConsoleVisit } from './console-visit.ts';
import { chapter, kept, quote, say } from './narrate.ts';
import { CONSOLE_CLIENT, type Stage } from './stage.ts';

interface Shared {
  readonly redis: string;
  readonly one: Gatehouse;
  readonly two: Gatehouse;
  readonly console: ConsoleProgram;
}

const CALL = { amount: 40, customer: 'zoe' };

export async function playSecondAct(stage: Stage): Promise<void> {
  chapter('Second act: two gateways and a console share one Redis');
  const shared = await setUp(stage);
  const { one, two, console, redis } = shared;
  say(`Redis       ${redis}`);
  say(`gateways    ${one.url} and ${two.url}`);
  say(`console     ${console.url}, with the only key that signs approvals`);
  const page = await waits(shared, stage.provider);
  await approvesOnPage(page, shared, stage.provider);
  await goesThrough(shared, stage.provider);
  await verifies(shared);
}

async function setUp({ policy, directory, consoleUrl, keep }: Stage): Promise<Shared> {
  const redis = await startRedis();
  keep({ close: () => redis.stop() });
  const data = join(directory, 'shared');
  const approvalKey = join(directory, 'approval.pub');
  await mkdir(data);
  const console = keep(
    await startConsoleProgram({
      ...{ redis: redis.url, policies: [policy], publicUrl: consoleUrl, data, approvalKey },
      port: Number(new URL(consoleUrl).port),
      trustKey: `${data}-trust.pub`,
      flags: ['--client', CONSOLE_CLIENT],
    }),
  );
  const server = keep(await startLegacy());
  const gateway = async (): Promise<Gatehouse> =>
    keep(
      await startGatehouse({
        ...{ policies: [policy], upstream: server.url, data },
        flags: [
          ...['--redis', redis.url, '--approval-key', approvalKey, '--console-url', consoleUrl],
          ...['--hold-seconds', '0'],
        ],
      }),
    );
  return { redis: redis.url, console, one: await gateway(), two: await gateway() };
}

/** Resolves with the path of the page that the call's answer names. */
async function waits({ one, console }: Shared, provider: OidcProvider): Promise<string> {
  chapter('A call waits at the first gateway');
  const answer = await refund(one, provider);
  const [, page = ''] = /(\/approvals\/[\w-]+)/.exec(answer) ?? [];
  kept(
    `Alice calls refund ${JSON.stringify(CALL)} and is told where it waits`,
    answer.includes(`${console.url}${page}`) && page !== '',
    answer,
  );
  quote(answer);
  return page;
}

async function approvesOnPage(
  page: string,
  { one, console }: Shared,
  provider: OidcProvider,
): Promise<void> {
  chapter('Carol of finance signs in to the console and decides');
  const alice = await ConsoleVisit.signIn(console.url, provider, 'alice');
  const own = await alice.decide(page, { act: 'approve', reason: 'trust me' });
  kept('Alice’s page does not let her approve it herself', own.status === 403, own.text);
  quote(`${own.heading}\n${own.notice}`);
  const carol = await ConsoleVisit.signIn(console.url, provider, 'carol');
  const asked = await carol.read(page);
  const tells = ['alice', 'refund', '"amount"', '40', 'demo/larger-refunds', 'Approve', 'Deny'];
  const missing = tells.filter((each) => !asked.text.includes(each));
  kept('Carol reads who asks for what, and why', missing.length === 0, asked.text);
  quote(`${asked.heading}\n${JSON.stringify(CALL)}`);
  const decided = await carol.decide(page, { act: 'approve', reason: 'checked with the customer' });
  const isTaken = decided.text.includes('Your approval is recorded.');
  kept('Carol approves it, with a reason', isTaken, decided.text);
  quote(decided.notice);
  const door = await fetch(`${one.adminUrl}/approvals`);
  const said = await door.text();
  kept('a gateway holds no key to approve with, and says who does', door.status === 421, said);
  quote(said);
}

async function goesThrough({ two }: Shared, provider: OidcProvider): Promise<void> {
  chapter('The identical call, at the other gateway');
  const first = await refund(two, provider);
  kept('goes through', first === 'Refunded 40.', first);
  quote(first);
  const second = await refund(two, provider);
  kept('once: the next one waits for an approval of its own', second !== first, second);
}

async function refund({ url }: Gatehouse, provider: OidcProvider): Promise<string> {
  const token = await provider.token({ sub: 'alice', audience: url });
  const client = await connectLegacy(url, token);
  const { text } = await client.call('refund', CALL);
  await client.close();
  return text;
}

async function verifies({ redis, one, two, console }: Shared): Promise<void> {
  chapter('Evidence: gatehouse evidence verify redis://… --trust FILE');
  for (const each of [one, two, console]) await each.close();
  const verified = await gatehouse('evidence', 'verify', redis, '--trust', one.trustKey);
  kept(
    'verified: both gateways and the console, whose vote the spending rests on',
    verified.code === 0,
    verified.stdout + verified.stderr,
  );
  quote(verified.stdout);
}
