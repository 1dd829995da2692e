// A gateway with a console beside it, an identity provider where its people sign in, and somebody whose
// calls wait for them.

import type { BrowserContext, Page } from 'playwright-core';
import type { ApprovalConfig } from '#crds/policy.ts';
import { type Rig, type Spec, startRig } from '#e2e/journeys/rig.ts';
import { until } from '#e2e/journeys/until.ts';
import { callTool, messageOf, modern, type Rpc, send } from '#e2e/journeys/wire.ts';
import { start as startLegacy } from '#e2e/servers/legacy-fixture.ts';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import type { OidcUser } from '#e2e/servers/oidc/users.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { freePort } from '#platform/process/free-port.fixture.ts';

/** Audience of the tokens that decide, and the console's client id at the provider. */
export const APPROVALS = 'gatehouse-approvals';

export const USERS: readonly OidcUser[] = [
  person('alice', 'engineering'),
  person('bob', 'support'),
  person('carol', 'finance'),
  person('dave', 'finance'),
  person('erin', 'audit'),
  { sub: 'mallory', groups: ['finance'], email: 'carol@corp.example', emailVerified: false },
];

function person(sub: string, group: string): OidcUser {
  return { sub, groups: [group], email: `${sub}@corp.example`, emailVerified: true };
}

export interface StageOptions {
  readonly finance?: Partial<ApprovalConfig>;
  /** Further flags of `gatehouse run`. */
  readonly flags?: readonly string[];
  /** Record messages, and show them. */
  readonly withKey?: boolean;
  /** Default: modern. */
  readonly era?: 'legacy' | 'modern';
  /** Audience of the tokens that decide, where it is not the client id of the console. */
  readonly audience?: string;
}

export interface Stage {
  readonly rig: Rig<Fixture>;
  /** The console, without a slash at its end. */
  readonly url: string;
  /** Alice calls a tool; resolves with what her client hears at once. */
  call(tool: string, args: object, sub?: string): Promise<Rpc>;
  close(): Promise<void>;
}

export async function startStage(options: StageOptions = {}): Promise<Stage> {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const rig = await startRig({
    server: () => (options.era === 'legacy' ? startLegacy() : startModern()),
    specs: [specOf(options)],
    claims: { person: 'email', groups: 'groups' },
    provider: {
      users: USERS,
      clients: ['demo-client', APPROVALS],
      redirectUris: [`${url}/sign-in/callback`],
    },
    start: (data) => ({
      flags: [
        ...['--console', `127.0.0.1:${port}`, '--console-auditors', 'audit'],
        ...(options.withKey === true
          ? ['--console-recording-key', `${data}-trust.recording.key`]
          : []),
        ...['--hold-seconds', '0'],
        ...(options.flags ?? []),
      ],
    }),
  });
  await untilOpen(url, rig);
  return {
    rig,
    url,
    call: async (tool, args, sub = 'alice') => {
      const token = await rig.token(sub);
      return messageOf(await send(rig.url, modern(token, callTool(tool, args))));
    },
    close: () => rig.close(),
  };
}

/** A gateway is ready when it takes calls; its console opens a moment later. */
async function untilOpen(url: string, rig: Rig<Fixture>): Promise<void> {
  try {
    await until('the console', async () => {
      const response = await fetch(url).catch(() => undefined);
      await response?.body?.cancel();
      return response !== undefined;
    });
  } catch (error) {
    await rig.close();
    throw error;
  }
}

function specOf({ finance, withKey, audience }: StageOptions): Spec {
  return {
    identity: { approvalAudience: audience ?? APPROVALS },
    rules: [
      { name: 'all', effect: 'Allow', match: { tools: ['*'] } },
      { name: 'no-deletes', effect: 'Deny', match: { tools: ['delete_*'] } },
      {
        name: 'refunds',
        effect: 'RequireApproval',
        match: { tools: ['refund'] },
        approval: 'finance',
        message: 'Refunds move money. Finance has the last word.',
      },
    ],
    approvals: [{ name: 'finance', approvers: { groups: ['finance'] }, ...finance }],
    masking: [{ name: 'pii', detectors: ['email'], action: 'Redact', direction: 'Both' }],
    ...(withKey === true ? { evidence: { record: 'Full' } } : {}),
  };
}

/** Through the identity provider and back, as this person. */
export async function signIn(context: BrowserContext, url: string, sub: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  await page.getByRole('link', { name: 'Sign in' }).click();
  await pickUser(page, sub);
  return page;
}

/** The provider names those who could sign in; whoever picks one is that person. */
export async function pickUser(page: Page, sub: string): Promise<void> {
  await page.getByRole('link', { name: sub, exact: true }).click();
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
}
