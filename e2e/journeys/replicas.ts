// Two gateways in front of one server, sharing one real Redis, their keys and their policy; and what an
// auditor reads out of that Redis.

import type { ShownApproval } from '#core/approvals/shown.ts';
import { parseCommit } from '#core/evidence/commit.ts';
import type { StoredRecord } from '#core/evidence/parse-record.ts';
import { type Gatehouse, startGatehouse } from '#e2e/servers/gatehouse.ts';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { connectRedis } from '#platform/redis/client.ts';
import { openRedisEvidence } from '#platform/redis/evidence-source.ts';
import { readNamespace } from '#platform/redis/keys.ts';
import { startRedis, type TestRedis } from '#platform/redis/redis-server.fixture.ts';
import { readRedisUrl } from '#platform/redis/target.ts';
import { APPROVAL_AUDIENCE, type Asking, askingSpec } from './approving.ts';
import { type Rig, type Spec, startRig } from './rig.ts';
import { until } from './until.ts';
import { type Answer, bearer, callTool, messageOf, modern, type Rpc, send } from './wire.ts';

export interface Replicas {
  readonly rig: Rig<Fixture>;
  readonly redis: TestRedis;
  /** Where Redis is, as the gateways were told. */
  readonly redisUrl: string;
  readonly one: Gatehouse;
  readonly two: Gatehouse;
  close(): Promise<void>;
}

/** `more`: further flags of the first. */
export async function startReplicas(
  holdSeconds: number,
  more: readonly string[] = [],
  asking: Asking = {},
  others: Partial<Spec> = {},
): Promise<Replicas> {
  const redis = await startRedis();
  return replicasOn({ redis, redisUrl: redis.url }, { holdSeconds, more, asking, others });
}

export interface ReplicaWishes {
  readonly holdSeconds: number;
  readonly more?: readonly string[];
  readonly asking?: Asking;
  readonly others?: Partial<Spec>;
}

/** The same on a Redis that is there; theirs to stop. */
export async function replicasOn(
  { redis, redisUrl }: Pick<Replicas, 'redis' | 'redisUrl'>,
  { holdSeconds, more = [], asking = {}, others = {} }: ReplicaWishes,
): Promise<Replicas> {
  const flags = ['--redis', redisUrl, '--hold-seconds', String(holdSeconds)];
  const rig = await startRig({
    server: startModern,
    specs: [{ ...askingSpec(asking), ...others }],
    claims: { person: 'email' },
    start: { flags: [...flags, ...more] },
  });
  const two = await startGatehouse({
    policies: rig.policyFiles,
    upstream: rig.server.url,
    data: rig.data,
    flags,
  });
  return {
    rig,
    redis,
    redisUrl,
    one: rig.gatehouse,
    two,
    close: async () => {
      await two.close();
      await rig.close();
      await redis.stop();
    },
  };
}

/** A call of alice, answered by this replica. */
export async function call(
  { rig }: Replicas,
  at: Gatehouse,
  tool: string,
  args: object,
): Promise<Rpc> {
  return messageOf(await rawCall(rig, at, tool, args));
}

export async function rawCall(
  rig: Rig<Fixture>,
  at: Gatehouse,
  tool: string,
  args: object,
): Promise<Answer> {
  const token = await rig.token('alice', { audience: at.url });
  return send(at.url, modern(token, callTool(tool, args)));
}

/** The one request that waits, as this replica shows it to carol. */
export function waiting({ rig }: Replicas, at: Gatehouse): Promise<ShownApproval> {
  return until('a request that waits', async () => {
    const token = await rig.token('carol', { audience: APPROVAL_AUDIENCE });
    const { status, text } = await send(`${at.adminUrl}/approvals`, {
      method: 'GET',
      headers: [bearer(token)],
    });
    if (status !== 200) throw new Error(text);
    const all: readonly ShownApproval[] = JSON.parse(text).approvals;
    const [only, ...others] = all.filter(({ state }) => state === 'PENDING');
    return others.length === 0 && only;
  });
}

/** Carol decides, at this replica. */
export async function decide(
  { rig }: Replicas,
  at: Gatehouse,
  id: string,
  act: 'approve' | 'deny' | 'revoke',
): Promise<number> {
  const token = await rig.token('carol', { audience: APPROVAL_AUDIENCE });
  const { status } = await send(`${at.adminUrl}/approvals/${id}/${act}`, {
    method: 'POST',
    headers: [bearer(token), ['content-type', 'application/json']],
    body: JSON.stringify({ reason: 'checked with the customer' }),
  });
  return status;
}

/** What lies in Redis, log by log. */
export async function recordsIn({ redisUrl }: Replicas): Promise<readonly StoredRecord[]> {
  const namespace = readNamespace('default');
  if (namespace === undefined) throw new Error('no namespace');
  const client = await connectRedis(readRedisUrl(redisUrl, 'test'), { name: 'auditor' });
  const records: StoredRecord[] = [];
  try {
    for (const { source } of await openRedisEvidence(client, namespace, undefined)) {
      for (const lane of source.lanes) {
        for await (const { bytes } of lane.lines) {
          const parsed = parseCommit(Buffer.from(bytes).toString());
          if (parsed.ok) records.push(...parsed.commit.records.map(({ record }) => record));
        }
      }
    }
  } finally {
    client.disconnect();
  }
  return records;
}

export interface Report {
  readonly code: number | null;
  readonly verdict: string;
  readonly lanes: number;
  readonly dangling: readonly object[];
  readonly problems: readonly object[];
}

/** `gatehouse evidence verify redis://…` with the trust key. */
export async function verify({ rig, redisUrl, one }: Replicas): Promise<Report> {
  const words = ['evidence', 'verify', redisUrl, '--trust', one.trustKey, '--json'];
  const { code, stdout, stderr } = await rig.cli(...words);
  if (stdout === '') throw new Error(stderr);
  return { ...JSON.parse(stdout), code };
}
