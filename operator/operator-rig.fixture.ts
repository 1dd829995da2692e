// An operator for tests, on a real API server and a real Redis, with a namespace, a pod and a policy to hand.

import { signatureKey } from '#core/evidence/signature.ts';
import { lineText } from '#core/evidence/source.ts';
import { verifyLogs } from '#core/evidence/verify.ts';
import type { EffectivePolicy } from '#core/policy/document.ts';
import { workloadKey } from '#core/workloads/workload-key.ts';
import { crdOf } from '#crds/crd.ts';
import { KINDS } from '#crds/kinds.ts';
import { sha256Hex } from '#platform/documents/signed-text.ts';
import { createClock } from '#platform/process/clock.ts';
import { createLogger } from '#platform/process/log.ts';
import { connectRedis } from '#platform/redis/client.ts';
import { openRedisEvidence } from '#platform/redis/evidence-source.ts';
import type { Namespace } from '#platform/redis/keys.ts';
import { startRedis, type TestRedis } from '#platform/redis/redis-server.fixture.ts';
import { readRedisUrl } from '#platform/redis/target.ts';
import { startApiServer, type TestApiServer } from './kube/api-server.fixture.ts';
import { PATHS } from './kube/paths.ts';
import { type Operator, startOperator } from './operator.ts';
import { OperatorMetrics } from './operator-metrics.ts';
import type { OperatorParts } from './operator-parts.ts';

export const NS = 'payments';
export const APPLY = { manager: 'test', force: true };
export const SUBJECT = { workload: { kind: 'StatefulSet', name: 'pay' }, labels: { app: 'pay' } };
export const KEY = workloadKey(SUBJECT, sha256Hex);

export function policy(name: string, tools: readonly string[], more: object = {}) {
  return {
    apiVersion: 'gatehouse.dev/v1alpha1',
    kind: 'McpGatewayPolicy',
    metadata: { name, namespace: NS },
    spec: {
      selector: { matchLabels: { app: 'pay' } },
      identity: { issuers: [{ name: 'corp', issuer: 'https://idp.example' }] },
      rules: [{ name: 'allow', effect: 'Allow', match: { tools } }],
      ...more,
    },
  };
}

export function pod(name: string, labels: object = {}, sidecar = 'sidecar:1') {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: NS,
      labels: {
        app: 'pay',
        'gatehouse.dev/inject': 'true',
        'gatehouse.dev/injected': '0.1.0',
        'gatehouse.dev/workload': KEY,
        ...labels,
      },
      annotations: { 'gatehouse.dev/status': `.${encoded({ image: sidecar })}.` },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'pay', uid: 'u', controller: true },
      ],
    },
    spec: { containers: [{ name: 'app', image: 'app' }] },
  };
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

export class OperatorRig {
  readonly api: TestApiServer;
  readonly redis: TestRedis;
  readonly lines: string[] = [];
  /** Whether the operator may evict: new pods would have their sidecar. */
  isInjecting = false;
  metrics = new OperatorMetrics('0.1.0');
  #operator: Operator | undefined;

  constructor(api: TestApiServer, redis: TestRedis) {
    this.api = api;
    this.redis = redis;
  }

  get operator(): Operator {
    if (this.#operator === undefined) throw new Error('not started');
    return this.#operator;
  }

  async restart(more: Partial<OperatorParts> = {}): Promise<void> {
    await this.#operator?.close();
    this.metrics = new OperatorMetrics('0.1.0');
    this.#operator = await startOperator({ ...this.#parts(), ...more });
  }

  async stop(): Promise<void> {
    await this.#operator?.close();
    await this.redis.stop();
    await this.api.stop();
  }

  async document(): Promise<EffectivePolicy | undefined> {
    const item = this.operator.world.documents.get(`${NS}/gatehouse-policy-${KEY}`);
    return item === undefined ? undefined : this.operator.published.read(item);
  }

  documentThat(holds: (found: EffectivePolicy) => boolean): Promise<EffectivePolicy> {
    return until(async () => {
      const found = await this.document();
      return found !== undefined && holds(found) ? found : undefined;
    });
  }

  async statusOf(name = 'pay') {
    return Object(await this.api.client.find(PATHS.policy(NS, name))).status ?? {};
  }

  async apply(body: ReturnType<typeof policy>): Promise<void> {
    await this.api.client.apply(PATHS.policy(NS, body.metadata.name), body, APPLY);
  }

  /** The operator's own log, read and verified as an auditor would. */
  async evidence() {
    const { keys } = this.operator;
    const client = await connectRedis(readRedisUrl(this.redis.url, 'test'), { name: 'test' });
    const stored = Object(
      await this.api.client.find(PATHS.configMap('gatehouse', 'gatehouse-evidence-anchors')),
    ).data;
    const anchors = Object.entries(Object(stored)).map(([file, text]) => ({
      file,
      text: String(text),
    }));
    const logs = await openRedisEvidence(client, 'gatehouse' as Namespace, anchors);
    const records: string[] = [];
    for (const { source } of logs) {
      for (const { lines } of source.lanes) {
        for await (const line of lines) records.push(lineText(line) ?? '');
      }
    }
    const again = await openRedisEvidence(client, 'gatehouse' as Namespace, anchors);
    const target = await verifyLogs(
      again.map(({ source }) => source),
      [signatureKey(keys.trust.signer.publicKey)],
    );
    client.disconnect();
    return { records, target, anchors: anchors.length };
  }

  #parts(): OperatorParts {
    const redisUrl = this.redis.url;
    return {
      client: this.api.client,
      settings: {
        namespace: 'gatehouse',
        podName: 'operator-0',
        sidecarImage: 'sidecar:1',
        redirectImage: 'tools:1',
        ...{
          redisUrl,
          isRedisBundled: false,
          redis: readRedisUrl(redisUrl, 'test'),
          redisCa: undefined,
        },
        ...{ consoleUrl: undefined, otlp: undefined, archive: undefined, recordingKey: undefined },
        ...{ allowPlainHttp: false, logLevel: 'info', webhookPort: 0, evictPerMinute: 1 },
      },
      log: createLogger({
        level: 'info',
        write: (text) => this.lines.push(text),
        now: () => '',
      }),
      metrics: this.metrics,
      clock: createClock(),
      random: Math.random,
      version: '0.1.0',
      operatorCa: () => 'CA',
      redisCa: undefined,
      recordingKeyPem: undefined,
      isInjecting: () => this.isInjecting,
      onLoss: () => {},
    };
  }
}

/** The operator runs, and there is nothing yet but namespaces. */
export async function startOperatorRig(): Promise<OperatorRig> {
  const [api, redis] = await Promise.all([startApiServer(), startRedis()]);
  for (const custom of KINDS) {
    const crd = crdOf(custom) as { metadata: { name: string } };
    const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    await api.client.apply(`${path}/${crd.metadata.name}`, crd, APPLY);
  }
  for (const name of ['gatehouse', NS]) {
    const labels = name === NS ? { 'gatehouse.dev/injection': 'required' } : {};
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
    await api.client.apply(`${PATHS.namespaces}/${name}`, namespace, APPLY);
  }
  const rig = new OperatorRig(api, redis);
  await rig.restart();
  return rig;
}

export function tools({ policies }: EffectivePolicy): readonly string[] {
  return policies.flatMap(
    ({ spec }) => spec.rules?.flatMap(({ match }) => match?.tools ?? []) ?? [],
  );
}

/** The least that it takes in three attempts: a machine that stands still for a moment is no operator that is slow. */
export async function leastMillis(act: (attempt: number) => Promise<unknown>): Promise<number> {
  const millis: number[] = [];
  for (const attempt of [1, 2, 3]) {
    const began = performance.now();
    await act(attempt);
    millis.push(performance.now() - began);
  }
  return Math.min(...millis);
}

/** Far longer than anything here takes on a loaded machine. */
const UNTIL_MS = 30_000;

export async function until<T>(find: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + UNTIL_MS;
  for (;;) {
    const found = await find();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error('never came to be');
    await new Promise<void>((resolve) => setTimeout(resolve, 20));
  }
}
