// The operator from its settings to its end: certificate, sidecars, admission, health. Every replica serves; the one that
// holds the lease also does the leader's work.

import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { type AdminServer, startAdminServer } from '#platform/process/admin-server.ts';
import type { Clock } from '#platform/process/clock.ts';
import type { Logger } from '#platform/process/log.ts';
import type { Namespace } from '#platform/redis/keys.ts';
import { readRedisUrl } from '#platform/redis/target.ts';
import { SecretAuthorityStore } from './certificates/authority-store.ts';
import { WebhookCaBundles } from './certificates/ca-bundles.ts';
import { ServingCertificate } from './certificates/serving.ts';
import type { InjectionSettings } from './injection/settings.ts';
import { injectionProblem } from './injection-problem.ts';
import { bundledRedisUrl } from './keys/bundled-redis.ts';
import type { KubeClient } from './kube/client.ts';
import { type Operator, startOperator } from './operator.ts';
import { OperatorMetrics } from './operator-metrics.ts';
import { saying, wallMillis } from './operator-parts.ts';
import { readRedisCa } from './redis-ca.ts';
import { type AdmissionOptions, serveAdmission } from './serve-admission.ts';
import type { OperatorSettings } from './settings.ts';
import { type SidecarServer, serveSidecars } from './stream/serve-sidecars.ts';
import type { WebhookServer } from './webhooks/server.ts';

export interface RunOptions {
  readonly settings: OperatorSettings;
  readonly injection: InjectionSettings;
  readonly client: KubeClient;
  readonly log: Logger;
  readonly clock: Clock;
  readonly version: string;
  readonly stop: AbortSignal;
  /** Another replica may lead now: end the process. */
  readonly onLoss: () => void;
  readonly random: () => number;
  /** For tests; 0 asks the system for a free port. */
  readonly ports?: Ports;
  readonly onReady?: (ports: Ports) => void;
}

export interface Ports {
  readonly sidecars: number;
  readonly admission: number;
  readonly health: number;
}

/** That of admission is a setting: it may have to be another. */
const PORTS = { sidecars: 8443, health: 8080 };
const HOST = '0.0.0.0';
const CERTIFICATE_MS = 10_000;
const RETRY_MS = 1000;
/** Endpoints forget a replica a moment after it stopped being ready, on a busy node seconds after. */
const LINGER_MS = 5000;

/** Resolves when it was asked to stop and everything is closed. */
export async function runOperator(options: RunOptions): Promise<void> {
  const { log, stop } = options;
  const settings = await withRedis(options);
  const running: Running = {};
  const serving = newCertificate(options, settings, running);
  const ticking = await keepCertificate(serving, options);
  const metrics = new OperatorMetrics(options.version);
  const operator = await start(options, { settings, serving, metrics });
  running.operator = operator;
  const parts = { settings, operator, serving, metrics };
  const server = await serve(options, parts);
  running.server = server;
  const admission = await admit(options, parts);
  running.admission = admission;
  metrics.gauge('streams', server.streams);
  metrics.gauge('certificate', () => serving.secondsLeft);
  const admin = await openAdmin(options, parts);
  log.info('ready', { port: server.port });
  const ports = { sidecars: server.port, admission: admission.port, health: admin.port };
  options.onReady?.(ports);
  await aborted(stop);
  log.info('stops');
  admission.drain();
  await delay(options.ports === undefined ? LINGER_MS : 0);
  clearInterval(ticking);
  await admission.close();
  await server.close();
  await operator.close();
  await admin.close();
}

function newCertificate(
  { client, clock }: RunOptions,
  { namespace }: OperatorSettings,
  running: Running,
): ServingCertificate {
  return new ServingCertificate({
    store: new SecretAuthorityStore(client, namespace),
    caBundles: new WebhookCaBundles(client),
    dnsNames: serviceNames(namespace),
    nowMillis: () => wallMillis(clock),
    leads: () => running.operator?.leads === true,
    onChange: (leaf) => {
      running.server?.setCertificate(leaf);
      running.admission?.setCertificate(leaf);
    },
  });
}

async function start(
  { client, log, clock, random, version, onLoss }: RunOptions,
  { settings, serving, metrics }: Omit<Serving, 'operator'>,
): Promise<Operator> {
  return startOperator({
    ...{ settings, client, log, metrics, clock, random, version, onLoss },
    operatorCa: () => serving.bundle,
    redisCa: await readRedisCa(settings),
    recordingKeyPem: await readOptional(settings.recordingKey),
    isInjecting: () => serving.isBelieved,
  });
}

function admit(
  { log, injection, ports }: RunOptions,
  { settings, operator, serving, metrics }: Serving,
): Promise<WebhookServer> {
  const certificate = serving.leaf ?? NO_LEAF;
  const onVerdict: AdmissionOptions['onVerdict'] = (...said) => metrics.reviewed(...said);
  return serveAdmission({
    ...{ operator, log, injection, certificate, onVerdict },
    ...{ host: HOST, port: ports?.admission ?? settings.webhookPort },
  });
}

function openAdmin(
  { stop, ports }: RunOptions,
  { operator, serving, metrics }: Serving,
): Promise<AdminServer> {
  return startAdminServer({
    ...{ host: HOST, port: ports?.health ?? PORTS.health, metrics },
    isStarted: () => true,
    checks: new Map([
      ['cluster', () => operator.isReady()],
      ['certificate', () => serving.isBelieved],
      ['running', () => !stop.aborted],
    ]),
  });
}

/** Asked to stop before there was a certificate. */
const NO_LEAF = { cert: '', key: '' };

/** What a new certificate is for. */
interface Running {
  operator?: Operator;
  server?: SidecarServer;
  admission?: WebhookServer;
}

interface Serving {
  readonly settings: OperatorSettings;
  readonly operator: Operator;
  readonly serving: ServingCertificate;
  readonly metrics: OperatorMetrics;
}

function serve(
  { client, clock, log, random, ports }: RunOptions,
  { settings, operator, serving, metrics }: Serving,
): Promise<SidecarServer> {
  const { cert, key } = serving.leaf ?? NO_LEAF;
  return serveSidecars({
    ...{ client, operator, random, tls: { cert, key } },
    ...{
      host: HOST,
      port: ports?.sidecars ?? PORTS.sidecars,
      ownNamespace: settings.namespace as Namespace,
    },
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
