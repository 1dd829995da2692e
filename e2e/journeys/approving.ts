// A gateway whose refunds wait for finance, and the people who decide on them: over HTTP, on the admin
// address, each with a token of their own.

import type { ShownApproval } from '#core/approvals/shown.ts';
import type { ApprovalConfig, Rule } from '#crds/policy.ts';
import { start as startLegacy } from '#e2e/servers/legacy-fixture.ts';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { type Rig, type RigOptions, type Spec, startRig, type TokenWishes } from './rig.ts';
import { until } from './until.ts';

export const APPROVAL_AUDIENCE = 'urn:gatehouse:approvals';

export interface Asking {
  readonly tools?: readonly string[];
  readonly rule?: Partial<Rule>;
  readonly approval?: Partial<ApprovalConfig>;
  /** Other rules beside the one that asks. */
  readonly beside?: readonly Rule[];
}

/** Everything is allowed; refunds wait for somebody of finance. */
export function askingSpec({ tools, rule, approval, beside }: Asking = {}): Spec {
  return {
    identity: { approvalAudience: APPROVAL_AUDIENCE },
    approvals: [{ name: 'finance', approvers: { groups: ['finance'] }, ...approval }],
    rules: [
      { name: 'all', effect: 'Allow', match: { tools: ['*'] } },
      {
        name: 'refunds',
        effect: 'RequireApproval',
        match: { tools: [...(tools ?? ['refund'])] },
        approval: 'finance',
        ...rule,
      },
      ...(beside ?? []),
    ],
  };
}

export interface AskingRigOptions extends Asking {
  readonly era: 'legacy' | 'modern';
  /** Default: as the clients bear. */
  readonly holdSeconds?: number;
  readonly spec?: Spec;
}

export function startAskingRig(options: AskingRigOptions): Promise<Rig<Fixture>> {
  const { era, holdSeconds, spec = askingSpec(options) } = options;
  const rig: RigOptions<Fixture> = {
    server: () => (era === 'legacy' ? startLegacy() : startModern()),
    specs: [spec],
    // Both clocks are this machine's, so that a token can be seen to expire.
    clockSkewSeconds: 0,
    claims: { person: 'email' },
  };
  if (holdSeconds === undefined) return startRig(rig);
  return startRig({ ...rig, start: { flags: ['--hold-seconds', String(holdSeconds)] } });
}

export interface Decided {
  readonly status: number;
  readonly body: Partial<ShownApproval> & { readonly code?: string };
}

/** Decides as `sub`, who has just signed in for approvals unless `wishes` say otherwise. */
export async function decide(
  rig: Rig<Fixture>,
  { id, act, sub = 'carol', wishes = {} }: Decision,
): Promise<Decided> {
  return ask(rig, `/${id}/${act}`, {
    method: 'POST',
    token: await rig.token(sub, { audience: APPROVAL_AUDIENCE, ...wishes }),
    body: JSON.stringify({ reason: `journey: ${act}` }),
  });
}

export interface Decision {
  readonly id: string;
  readonly act: 'approve' | 'deny' | 'revoke' | 'cancel';
  readonly sub?: string;
  readonly wishes?: TokenWishes;
}

/** What carol sees; newest first. */
export async function approvalsOf(rig: Rig<Fixture>): Promise<readonly ShownApproval[]> {
  const token = await rig.token('carol', { audience: APPROVAL_AUDIENCE });
  const { body } = await ask(rig, '', { method: 'GET', token });
  return (body as { readonly approvals?: readonly ShownApproval[] }).approvals ?? [];
}

/** The request that waits, once there is exactly one. */
export function pending(rig: Rig<Fixture>): Promise<ShownApproval> {
  return until('a request that waits', async () => {
    const waiting = (await approvalsOf(rig)).filter(({ state }) => state === 'PENDING');
    return waiting.length === 1 && waiting[0];
  });
}

/** Waits for the request, then approves it. */
export async function approveNext(rig: Rig<Fixture>, sub = 'carol'): Promise<ShownApproval> {
  const asked = await pending(rig);
  const { status, body } = await decide(rig, { id: asked.id, act: 'approve', sub });
  if (status !== 200) throw new Error(`not approved: ${status} ${JSON.stringify(body)}`);
  return asked;
}

export function stateOf(rig: Rig<Fixture>, id: string): Promise<string | undefined> {
  return approvalsOf(rig).then((all) => all.find((each) => each.id === id)?.state);
}

/** The approval once it is in this state. */
export async function untilState(rig: Rig<Fixture>, id: string, state: string): Promise<void> {
  await until(`${id} ${state}`, async () => (await stateOf(rig, id)) === state);
}

interface Asked {
  readonly method: 'GET' | 'POST';
  readonly token: string;
  readonly body?: string;
}

async function ask(rig: Rig<Fixture>, path: string, asked: Asked): Promise<Decided> {
  const { method, token, body } = asked;
  const response = await fetch(`${rig.gatehouse.adminUrl}/approvals${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body }),
  });
  return { status: response.status, body: (await response.json()) as Decided['body'] };
}

/** What evidence says of one approval, in its order: `requested`, `voted`, … */
export async function storyOf(rig: Rig<Fixture>, id: string): Promise<readonly string[]> {
  return (await rig.records())
    .filter(({ type, approval }) => type.startsWith('approval.') && approval?.id === id)
    .map(({ type }) => type.slice('approval.'.length));
}

export interface Verification {
  readonly code: number | null;
  readonly verdict: string;
  readonly problems: readonly unknown[];
}

export const VERIFIED: Verification = { code: 0, verdict: 'verified', problems: [] };

/** Stops the gateway and lets an auditor look at what it leaves. */
export async function verification(rig: Rig<Fixture>): Promise<Verification> {
  const { gatehouse, data } = rig;
  await gatehouse.close();
  const words = ['evidence', 'verify', data, '--trust', gatehouse.trustKey, '--json'];
  const { code, stdout } = await rig.cli(...words);
  const { verdict, problems } = JSON.parse(stdout);
  return { code, verdict, problems };
}

/** As the system would: no signal handler runs, nothing is flushed. */
export async function killGateway({ gatehouse: { child } }: Rig<Fixture>): Promise<void> {
  child.kill('SIGKILL');
  await until('the gateway is gone', () => child.hasExited);
}
