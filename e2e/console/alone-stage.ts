// Consoles of their own behind a plain hop, gateways of two namespaces at which nobody decides, and one real
// Redis that all of them share. Policies lie as a ConfigMap is mounted.

import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { LegacySession, toolCall } from '#e2e/journeys/legacy-session.ts';
import { callTool, messageOf, modern, type Rpc, send } from '#e2e/journeys/wire.ts';
import { type ConsoleProgram, startConsoleProgram } from '#e2e/servers/console.ts';
import { type Gatehouse, startGatehouse } from '#e2e/servers/gatehouse.ts';
import { start as startLegacy } from '#e2e/servers/legacy-fixture.ts';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import { type OidcProvider, startOidcProvider } from '#e2e/servers/oidc-provider.ts';
import { startRoundRobin } from '#e2e/servers/round-robin.ts';
import { freePort } from '#platform/process/free-port.fixture.ts';
import { startRedis, type TestRedis } from '#platform/redis/redis-server.fixture.ts';
import { APPROVALS, USERS } from './stage.ts';

export type StageNamespace = 'payments' | 'support';
type Groups = Readonly<Partial<Record<StageNamespace, string>>>;

export interface AloneStage {
  readonly provider: OidcProvider;
  readonly redis: TestRedis;
  readonly consoles: readonly [ConsoleProgram, ConsoleProgram];
  /** Of the consoles, over the hop; without a slash at its end. */
  readonly url: string;
  readonly payments: readonly [Gatehouse, Gatehouse];
  readonly support: Gatehouse;
  readonly trustKey: string;
  /** Alice calls a tool at this gateway: over MCP of 2026 in payments, of 2025 in support. */
  call(at: Gatehouse, tool: string, args: object): Promise<Rpc>;
  /** Puts policies for these namespaces, approved by these groups, in the place of all others. */
  mount(approvers: Groups): Promise<void>;
  /** Adds a console in the place of one that is gone. */
  addConsole(): Promise<ConsoleProgram>;
  close(): Promise<void>;
}

/** Of tokens that decide: programs bring one of their own, and pages ask for one at a sign-in. */
export const AUDIENCE = 'https://approvals.gatehouse.example';

export const BOTH: Groups = { payments: 'finance', support: 'finance' };

export async function startAloneStage(): Promise<AloneStage> {
  const directory = await mkdtemp(join(tmpdir(), 'gatehouse-consoles-'));
  const closers: (() => Promise<unknown>)[] = [
    () => rm(directory, { recursive: true, force: true }),
  ];
  const close = async (): Promise<void> => {
    for (const each of closers.splice(0).reverse()) await each();
  };
  const keep = <Part extends { close(): Promise<unknown> }>(part: Part): Part => {
    closers.push(() => part.close());
    return part;
  };
  try {
    return await build({ directory, close, keep });
  } catch (error) {
    await close();
    throw error;
  }
}

interface Building {
  readonly directory: string;
  readonly close: () => Promise<void>;
  readonly keep: <Part extends { close(): Promise<unknown> }>(part: Part) => Part;
}

async function build({ directory, close, keep }: Building): Promise<AloneStage> {
  const redis = await startRedis();
  keep({ close: () => redis.stop() });
  const hop = keep(await startRoundRobin(await freePort()));
  const provider = keep(
    await startOidcProvider({
      alg: 'ES256',
      users: USERS,
      clients: ['demo-client', APPROVALS],
      redirectUris: [`${hop.url}/sign-in/callback`],
    }),
  );
  const mount = (approvers: Groups) => mountPolicies(directory, provider.issuer, approvers);
  await mount(BOTH);
  const keys = {
    data: join(directory, 'console'),
    trustKey: join(directory, 'gateways-trust.pub'),
    approvalKey: join(directory, 'approval.pub'),
  };
  await mkdir(keys.data);
  const addConsole = async (): Promise<ConsoleProgram> => {
    const added = await startConsoleProgram({
      ...keys,
      redis: redis.url,
      policies: [join(directory, 'policies')],
      publicUrl: hop.url,
      flags: ['--auditors', 'audit', '--client', APPROVALS],
    });
    hop.ports.push(added.port);
    return keep(added);
  };
  const consoles = [await addConsole(), await addConsole()] as const;
  const servers = { payments: keep(await startModern()), support: keep(await startLegacy()) };
  const gateway = async (namespace: StageNamespace): Promise<Gatehouse> =>
    keep(
      await startGatehouse({
        policies: [join(directory, 'policies', `${namespace}.yaml`)],
        upstream: servers[namespace].url,
        data: join(directory, 'gateways'),
        flags: [
          ...['--redis', redis.url, '--redis-namespace', namespace, '--hold-seconds', '0'],
          ...['--approval-key', keys.approvalKey, '--console-url', hop.url],
        ],
      }),
    );
  const payments = [await gateway('payments'), await gateway('payments')] as const;
  const support = await gateway('support');
  return {
    ...{ provider, redis, consoles, url: hop.url, mount, addConsole, close },
    ...{ trustKey: keys.trustKey, payments, support },
    call: async (at, tool, args) => {
      const token = await provider.token({ sub: 'alice', audience: at.url });
      if (at !== support) return messageOf(await send(at.url, modern(token, callTool(tool, args))));
      const session = await LegacySession.open(at.url, token);
      return messageOf(await session.post(toolCall(1, tool, args)));
    },
  };
}

let mounts = 0;

/** As the kubelet does: a new folder beside the old one, and one symbolic link swapped. */
async function mountPolicies(directory: string, issuer: string, approvers: Groups): Promise<void> {
  const folder = join(directory, 'policies');
  mounts += 1;
  const version = `..v${mounts}`;
  await mkdir(join(folder, version), { recursive: true });
  for (const [namespace, group] of Object.entries(approvers)) {
    const file = `${namespace}.yaml`;
    await writeFile(join(folder, version, file), policyOf(namespace, issuer, group));
    await symlink(`..data/${file}`, join(folder, file)).catch(() => {});
  }
  await symlink(version, join(folder, '..data_tmp'));
  await rename(join(folder, '..data_tmp'), join(folder, '..data'));
  for (const namespace of ['payments', 'support'] as const) {
    if (approvers[namespace] === undefined) {
      await rm(join(folder, `${namespace}.yaml`), { force: true });
    }
  }
}

function policyOf(namespace: string, issuer: string, group: string): string {
  return stringify({
    apiVersion: 'gatehouse.dev/v1alpha1',
    kind: 'McpGatewayPolicy',
    metadata: { name: 'tools', namespace },
    spec: {
      identity: {
        approvalAudience: AUDIENCE,
        issuers: [{ name: 'corp', issuer, claims: { person: 'email', groups: 'groups' } }],
      },
      rules: [
        { name: 'all', effect: 'Allow', match: { tools: ['*'] } },
        {
          name: 'refunds',
          effect: 'RequireApproval',
          match: { tools: ['refund'] },
          approval: 'people',
          message: `Refunds of ${namespace} move money.`,
        },
      ],
      approvals: [{ name: 'people', approvers: { groups: [group] } }],
    },
  });
}
