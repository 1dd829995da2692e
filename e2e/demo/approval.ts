// The part of the demo in which a call waits for people: refused to its own requester, approved by another
// person, both through the CLI.

import { writeFile } from 'node:fs/promises';
import type { ShownApproval } from '#core/approvals/shown.ts';
import { until } from '#e2e/journeys/until.ts';
import type { OidcProvider } from '#e2e/servers/oidc-provider.ts';
import { type CliResult, gatehouse } from './cli.ts';
import type { DemoClient } from './clients.ts';
import { chapter, kept, quote, say } from './narrate.ts';
import type { Governed } from './stage.ts';

/** As `spec.identity.approvalAudience` of the policy. */
const AUDIENCE = 'https://approvals.demo.example';
const ARGUMENTS = { amount: 40, customer: 'zoe' };

export async function waitsForAnother(
  client: DemoClient,
  { gatehouse: { adminUrl }, data }: Governed,
  provider: OidcProvider,
): Promise<void> {
  chapter('A call waits until another person approves it');
  const answer = client.call('refund', ARGUMENTS);
  say(`Alice calls refund ${JSON.stringify(ARGUMENTS)}; the rule demo/larger-refunds asks finance`);

  const as = async (sub: string): Promise<readonly string[]> => {
    const file = `${data}-${sub}.token`;
    await writeFile(file, await provider.token({ sub, audience: AUDIENCE }), { mode: 0o600 });
    return ['--url', adminUrl, '--token-file', file];
  };
  const carol = await as('carol');
  const { id } = await until('the request', async () => {
    const { stdout } = await gatehouse('approvals', 'list', '--json', ...carol);
    const listed: readonly ShownApproval[] = stdout === '' ? [] : JSON.parse(stdout);
    return listed.find(({ state, tool }) => state === 'PENDING' && tool === 'refund');
  });
  const shown = await gatehouse('approvals', 'show', id, ...carol);
  const tells = ['alice', 'refund', '"amount": 40', 'demo/larger-refunds'];
  kept(
    'gatehouse approvals show: Carol of finance sees who asks for what',
    tells.every((each) => shown.stdout.includes(each)),
    shown.stdout + shown.stderr,
  );
  quote(shown.stdout);

  const decide = async (who: readonly string[], reason: string): Promise<CliResult> =>
    gatehouse('approvals', 'approve', id, '--reason', reason, ...who);
  const own = await decide(await as('alice'), 'trust me');
  const isRefused = own.code === 1 && own.stderr.includes('(requester)');
  kept('Alice cannot approve it herself', isRefused, own.stdout + own.stderr);
  quote(own.stderr);

  const approved = await decide(carol, 'checked with the customer');
  kept('Carol approves it, with a reason', approved.code === 0, approved.stdout + approved.stderr);
  quote(approved.stdout);
  const result = await answer;
  kept('and the call that waited goes through, once', result.text === 'Refunded 40.', result.text);
}
