// A pod without a cluster: the sidecar's own entry as a program of its own, with the volumes and the environment that
// injection gives it, in front of a real MCP server, beside a real Redis and an operator of tests.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseCommit } from '#core/evidence/commit.ts';
import type { StoredRecord } from '#core/evidence/parse-record.ts';
import { type Verification, verifyLogs } from '#core/evidence/verify.ts';
import { VOLUMES } from '#crds/names.ts';
import type { McpGatewayPolicy } from '#crds/policy.ts';
import { Child } from '#e2e/servers/child.ts';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import { type OidcProvider, startOidcProvider } from '#e2e/servers/oidc-provider.ts';
import { POD_TOKEN, startOperator, type TestOperator, WORKLOAD } from '#e2e/servers/operator.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { freePort } from '#platform/process/free-port.fixture.ts';
import { connectRedis, type RedisClient } from '#platform/redis/client.ts';
import { openRedisEvidence } from '#platform/redis/evidence-source.ts';
import { readNamespace } from '#platform/redis/keys.ts';
import { startRedis, type TestRedis } from '#platform/redis/redis-server.fixture.ts';
import { readRedisUrl } from '#platform/redis/target.ts';
import { type Answer, callTool, modern, send } from './wire.ts';

type Spec = McpGatewayPolicy['spec'];

const ENTRY = fileURLToPath(new URL('../../sidecar/pod/main.ts', import.meta.url));
const NAMESPACE = readNamespace(WORKLOAD.namespace);

export class Pod {
  readonly operator: TestOperator;
  readonly provider: OidcProvider;
  readonly server: Fixture;
  readonly redis: TestRedis;
  readonly root: string;
  readonly port: number;
  readonly adminUrl: string;
  readonly #entry: string;
  readonly #open = createServer();
  #child: Child | undefined;
  #swaps = 0;

  constructor(parts: Parts) {
    this.operator = parts.operator;
    this.provider = parts.provider;
    this.server = parts.server;
    this.redis = parts.redis;
    this.root = parts.root;
    this.port = parts.port;
    this.#entry = parts.entry;
    this.adminUrl = `http://127.0.0.1:${parts.adminPort}`;
  }

  get child(): Child {
    if (this.#child === undefined) throw new Error('the sidecar was not started');
    return this.#child;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}${new URL(this.server.url).pathname}`;
  }

  /** What policies of this pod say of identity. */
  spec(rules: NonNullable<Spec['rules']>, more: Partial<Spec> = {}): Spec {
    const { issuer } = this.provider;
    return { identity: { issuers: [{ name: 'corp', issuer }] }, rules, ...more };
  }

  /** As the kubelet changes a mounted ConfigMap: a new folder, and one link that is swapped. */
  async mount(jws: string): Promise<void> {
    const folder = join(this.root, VOLUMES.policy.path);
    this.#swaps += 1;
    const version = `..v${this.#swaps}`;
    await mkdir(join(folder, version), { recursive: true });
    await writeFile(join(folder, version, 'policy.jws'), jws);
    await symlink(version, join(folder, '..next'));
    await rename(join(folder, '..next'), join(folder, '..data'));
    const isFirst = this.#swaps === 1;
    if (isFirst) await symlink('..data/policy.jws', join(folder, 'policy.jws'));
  }

  /** Does not wait until it is there. */
  launch(env: Readonly<Record<string, string>> = {}): Child {
    this.#child = this.#run(env, []);
    return this.#child;
  }

  /** The preStop hook, which the kubelet runs in the same container. */
  hook(env: Readonly<Record<string, string>> = {}): Child {
    return this.#run(env, ['drain']);
  }

  /** Something in the pod takes connections on all addresses; returns its port. */
  async listenEverywhere(): Promise<number> {
    this.#open.listen(0, '0.0.0.0');
    await once(this.#open, 'listening');
    return (this.#open.address() as AddressInfo).port;
  }

  #run(env: Readonly<Record<string, string>>, words: readonly string[]): Child {
    const { port: adminPort } = new URL(this.adminUrl);
    return new Child({
      command: process.execPath,
      args: [this.#entry, ...words],
      env: {
        GATEHOUSE_VOLUMES: this.root,
        GATEHOUSE_POD_NAME: 'payments-0',
        GATEHOUSE_POD_NAMESPACE: WORKLOAD.namespace,
        GATEHOUSE_WORKLOAD_KEY: WORKLOAD.key,
        GATEHOUSE_UPSTREAM: this.server.url,
        GATEHOUSE_LISTEN: `127.0.0.1:${this.port}`,
        GATEHOUSE_ADMIN: `127.0.0.1:${adminPort}`,
        GATEHOUSE_OPERATOR: this.operator.url,
        GATEHOUSE_CAPTURE: 'Redirect',
        GATEHOUSE_ALLOW_PLAIN_HTTP: 'true',
        ...env,
      },
    });
  }

  async start(env: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.launch(env).untilLive(`${this.adminUrl}/readyz`, (status) => status === 200);
  }

  async call(tool: string, args: object = {}): Promise<Answer> {
    const token = await this.provider.token({ sub: 'alice', audience: this.url });
    return send(this.url, modern(token, callTool(tool, args)));
  }

  async records(): Promise<readonly StoredRecord[]> {
    return this.#read(async (client) => {
      const found: StoredRecord[] = [];
      for (const { source } of await openRedisEvidence(client, namespace(), undefined)) {
        for (const lane of source.lanes) {
          for await (const { bytes } of lane.lines) found.push(...recordsIn(bytes));
        }
      }
      return found;
    });
  }

  verify(): Promise<Verification> {
    return this.#read(async (client) => {
      const logs = await openRedisEvidence(client, namespace(), undefined);
      return verifyLogs(
        logs.map(({ source }) => source),
        [this.operator.trust],
      );
    });
  }

  async setFloor(generation: number): Promise<void> {
    const jws = await this.operator.floor(generation);
    const key = `gh:{${WORKLOAD.namespace}/policy}:floor:${WORKLOAD.key}`;
    await this.#read((client) => client.set(key, jws));
  }

  async close(): Promise<void> {
    this.#open.close();
    await this.#child?.stop();
    await this.operator.stop();
    await this.server.close();
    await this.provider.close();
    await this.redis.stop();
    await rm(this.root, { recursive: true, force: true });
  }

  async #read<Result>(run: (client: RedisClient) => Promise<Result>): Promise<Result> {
    const client = await connectRedis(readRedisUrl(this.redis.url, 'test'), { name: 'journey' });
    try {
      return await run(client);
    } finally {
      client.disconnect();
    }
  }
}

interface Parts {
  readonly operator: TestOperator;
  readonly provider: OidcProvider;
  readonly server: Fixture;
  readonly redis: TestRedis;
  readonly root: string;
  readonly port: number;
  readonly adminPort: number;
  readonly entry: string;
}

/** Everything but the sidecar itself, which a test starts when there is a policy; `entry` is its program. */
export async function preparePod(entry = ENTRY): Promise<Pod> {
  const operator = await startOperator();
  const redis = await startRedis();
  const root = await mkdtemp(join(tmpdir(), 'gatehouse-pod-'));
  await writeVolumes(root, { operator, redis });
  return new Pod({
    operator,
    redis,
    root,
    entry,
    provider: await startOidcProvider({ alg: 'ES256' }),
    server: await startModern(),
    port: await freePort(),
    adminPort: await freePort(),
  });
}

async function writeVolumes(
  root: string,
  { operator, redis }: Pick<Parts, 'operator' | 'redis'>,
): Promise<void> {
  const runtime = join(root, VOLUMES.runtime.path);
  const token = join(root, VOLUMES.token.path);
  for (const folder of [runtime, token, join(root, VOLUMES.policy.path)]) {
    await mkdir(folder, { recursive: true });
  }
  const recording = generateKeyPairSync('x25519').publicKey;
  const approval = generateKeyPairSync('ed25519').publicKey;
  const upstream = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const files = {
    'redis-url': redis.url,
    'sealing.keys': `${randomBytes(32).toString('base64')}\n`,
    'masking.key': `${randomBytes(32).toString('base64')}\n`,
    'recording.pub': recording.export({ type: 'spki', format: 'pem' }),
    'upstream-signing-key.pem': upstream.export({ type: 'pkcs8', format: 'pem' }),
    'approval.pub': approval.export({ type: 'spki', format: 'pem' }),
    'policy-keys.json': await operator.policyKeys(),
    'operator-ca.crt': operator.ca,
  };
  for (const [name, text] of Object.entries(files))
    await writeFile(join(runtime, name), text, { mode: 0o600 });
  await writeFile(join(token, 'token'), POD_TOKEN);
}

function namespace() {
  if (NAMESPACE === undefined) throw new Error('no namespace');
  return NAMESPACE;
}

function recordsIn(bytes: Uint8Array): readonly StoredRecord[] {
  const parsed = parseCommit(Buffer.from(bytes).toString('utf8'));
  return parsed.ok ? parsed.commit.records.map(({ record }) => record) : [];
}
