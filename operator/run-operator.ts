// The operator from its settings to its end: certificate, sidecars, health. Every replica serves; the one that
// holds the lease also does the leader's work.

import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { startAdminServer } from '#platform/process/admin-server.ts';
import type { Clock } from '#platform/process/clock.ts';
import type { Logger } from '#platform/process/log.ts';
import type { Namespace } from '#platform/redis/keys.ts';
import { readRedisUrl } from '#platform/redis/target.ts';
import { SecretAuthorityStore } from './certificates/authority-store.ts';
import { WebhookCaBundles } from './certificates/ca-bundles.ts';
import { ServingCertificate } from './certificates/serving.ts';
import { injectionProblem } from './injection-problem.ts';
import { bundledRedisUrl } from './keys/bundled-redis.ts';
import type { KubeClient } from './kube/client.ts';
import { type Operator, startOperator } from './operator.ts';
import { OperatorMetrics } from './operator-metrics.ts';
import { saying, wallMillis } from './operator-parts.ts';
import { readRedisCa } from './redis-ca.ts';
import type { OperatorSettings } from './settings.ts';
import { type SidecarServer, serveSidecars } from './stream/serve-sidecars.ts';

export interface RunOptions {
  readonly settings: OperatorSettings;
  readonly client: KubeClient;
  readonly log: Logger;
  readonly clock: Clock;
  readonly version: string;
  readonly stop: AbortSignal;
  /** Another replica may lead now: end the process. */
  readonly onLoss: () => void;
  readonly random: () => number;
  /** For tests; 0 asks the system for a free port. */
  readonly ports?: { readonly sidecars: number; readonly health: number };
  readonly onReady?: (ports: { readonly sidecars: number; readonly health: number }) => void;
}

const PORTS = { sidecars: 8443, health: 8080 };
const HOST = '0.0.0.0';
const CERTIFICATE_MS = 10_000;
const RETRY_MS = 1000;
/** Endpoints forget a replica a moment after it stopped being ready. */
const LINGER_MS = 3000;

/** Resolves when it was asked to stop and everything is closed. */
export async function runOperator(options: RunOptions): Promise<void> {
  const { client, log, clock, stop } = options;
  const settings = await withRedis(options);
  const running: { operator?: Operator; server?: SidecarServer } = {};
  const serving = new ServingCertificate({
    store: new SecretAuthorityStore(client, settings.namespace),
    caBundles: new WebhookCaBundles(client),
    dnsNames: serviceNames(settings.namespace),
    nowMillis: () => wallMillis(clock),
    leads: () => running.operator?.leads === true,
    onChange: (leaf) => running.server?.setCertificate(leaf),
  });
  const ticking = await keepCertificate(serving, options);
  const metrics = new OperatorMetrics(options.version);
  const operator = await startOperator({
    ...{ settings, client, log, metrics, clock },
    ...{ random: options.random, version: options.version, onLoss: options.onLoss },
    operatorCa: () => serving.bundle,
    redisCa: await readRedisCa(settings),
    recordingKeyPem: await readOptional(settings.recordingKey),
    isInjecting: () => serving.isBelieved,
  });
  running.operator = operator;
  const server = await serve(options, { settings, operator, serving, metrics });
  running.server = server;
  metrics.gauge('streams', server.streams);
  const admin = await startAdminServer({
    ...{ host: HOST, port: (options.ports ?? PORTS).health, metrics },
    isStarted: () => true,
    checks: new Map([
      ['cluster', () => operator.isReady()],
      ['certificate', () => serving.isBelieved],
      ['running', () => !stop.aborted],
    ]),
  });
  log.info('ready', { port: server.port });
  options.onReady?.({ sidecars: server.port, health: admin.port });
  await aborted(stop);
  log.info('stops');
  await delay(options.ports === undefined ? LINGER_MS : 0);
  clearInterval(ticking);
  await server.close();
  await operator.close();
  await admin.close();
}

interface Serving {
  readonly settings: OperatorSettings;
  readonly operator: Operator;
  readonly serving: ServingCertificate;
  readonly metrics: OperatorMetrics;
}

function serve(
  { client, clock, log, random, ports = PORTS }: RunOptions,
  { settings, operator, serving, metrics }: Serving,
): Promise<SidecarServer> {
  const { cert, key } = serving.leaf ?? { cert: '', key: '' };
  return serveSidecars({
    ...{ client, operator, random, tls: { cert, key } },
    ...{ host: HOST, port: ports.sidecars, ownNamespace: settings.namespace as Namespace },
    injectionProblem: (pod) => injectionProblem(operator.verifier, pod),
    monotonicMillis: () => clock.monotonicMicros() / 1000,
    now: () => clock.timestamp(),
    wait: (millis) => delay(millis),
    onAck: ({ status }) => metrics.ackTaken(status),
    onLane: ({ namespace, pod, podUid }, refusal) => {
      metrics.laneJudged(refusal === undefined ? 'certified' : 'refused');
      if (refusal === undefined) return;
      const { code: reason, message } = refusal.refusal;
      operator.evidence.record({
        type: 'lane.refused',
        detail: { namespace, pod, podUid, reason, message },
      });
    },
    onFault: (error) => log.warn('a sidecar could not be answered', saying(error)),
  });
}

async function withRedis({ settings, client }: RunOptions): Promise<OperatorSettings> {
  if (!settings.isRedisBundled) return settings;
  const redisUrl = await bundledRedisUrl(client, settings.namespace, settings.redisUrl);
  return { ...settings, redisUrl, redis: readRedisUrl(redisUrl, 'GATEHOUSE_REDIS_BUNDLED') };
}

/** There is one when this resolves, and it is kept good from then on. */
async function keepCertificate(
  serving: ServingCertificate,
  { log, stop }: RunOptions,
): Promise<NodeJS.Timeout> {
  const tick = () =>
    serving.tick().catch((error: unknown) => log.warn('the certificate waits', saying(error)));
  await tick();
  while (serving.leaf === undefined && !stop.aborted) {
    await delay(RETRY_MS);
    await tick();
  }
  return setInterval(() => void tick(), CERTIFICATE_MS).unref();
}

function serviceNames(namespace: string): readonly string[] {
  const name = `gatehouse-operator.${namespace}.svc`;
  return [name, `gatehouse-operator.${namespace}`, `${name}.cluster.local`];
}

async function readOptional(file: string | undefined): Promise<string | undefined> {
  return file === undefined ? undefined : readFile(file, 'utf8');
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
