// What a sidecar in a pod is started with, read from the environment that injection sets. Whatever is wrong
// names its variable and what to do; where the volumes are is in crds/names.ts.

import { isIP } from 'node:net';
import { join } from 'node:path';
import { consoleUrlProblem } from '#core/identity/console-url.ts';
import { VOLUMES } from '#crds/names.ts';
import { readOtlpSettings } from '#platform/otel/otlp-settings.ts';
import { LOG_LEVELS, type LogLevel } from '#platform/process/log.ts';
import { VERSION } from '#platform/process/version.ts';
import { type Namespace, readNamespace } from '#platform/redis/keys.ts';
import type { Listening } from '../doors.ts';
import { SettingsFault, type SidecarSettings } from '../settings.ts';
import { type AppProbes, readAppProbes } from './app-probe.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface PodSettings {
  /** All of a gateway's but what lies in the runtime Secret, which is read when it is there. */
  readonly gateway: Omit<SidecarSettings, 'redis'>;
  readonly namespace: Namespace;
  readonly workloadKey: string;
  readonly podName: string;
  readonly operator: URL;
  readonly capture: Capture;
  readonly drainSeconds: number;
  readonly appProbes: AppProbes;
  /** Keys of Secrets that this pod was made with, as `name/key`. */
  readonly secrets: ReadonlySet<string>;
  readonly files: PodFiles;
  readonly logLevel: LogLevel;
}

export type Capture = (typeof CAPTURES)[number];

export interface PodFiles {
  readonly document: string;
  readonly token: string;
  readonly redisUrl: string;
  readonly redisCa: string;
  readonly policyKeys: string;
  readonly operatorCa: string;
}

const CAPTURES = ['PortTakeover', 'Redirect', 'NamedPort'] as const;
const DRAIN_SECONDS = 25;
const MAX_DRAIN_SECONDS = 3600;

/** Throws SettingsFault, or OtlpFault. */
export function readPodSettings(env: Environment): PodSettings {
  const root = env.GATEHOUSE_VOLUMES ?? '';
  const runtime = join(root, VOLUMES.runtime.path);
  const allowPlainHttp = env.GATEHOUSE_ALLOW_PLAIN_HTTP === 'true';
  const otlp = env.GATEHOUSE_OTLP === undefined ? {} : { url: urlOf(env, 'OTLP') };
  return {
    gateway: {
      policyFiles: [],
      upstream: urlOf(env, 'UPSTREAM'),
      listen: listening(env, 'LISTEN'),
      publicUrls: [],
      dataDir: join(root, VOLUMES.data.path),
      keysDir: runtime,
      approvalKeyFile: join(runtime, 'approval.pub'),
      admin: listening(env, 'ADMIN'),
      ...(env.GATEHOUSE_PEER_LISTEN === undefined
        ? {}
        : { peerListen: listening(env, 'PEER_LISTEN') }),
      ...(env.GATEHOUSE_CONSOLE_URL === undefined ? {} : { consoleUrl: consoleUrlOf(env) }),
      ...tlsFiles(env),
      allowPlainHttp,
      otlp: readOtlpSettings({ ...otlp, env, version: VERSION, allowPlainHttp }),
      version: VERSION,
      env,
      secretsDir: join(root, VOLUMES.secrets.path),
    },
    namespace: namespaceOf(env),
    workloadKey: required(env, 'WORKLOAD_KEY'),
    podName: required(env, 'POD_NAME'),
    operator: operatorOf(env),
    capture: oneOf(env, 'CAPTURE', CAPTURES),
    drainSeconds: secondsOf(env, 'DRAIN_SECONDS', DRAIN_SECONDS),
    appProbes: readAppProbes(env.GATEHOUSE_APP_PROBES),
    secrets: new Set((env.GATEHOUSE_SECRETS ?? '').split(',').filter((id) => id !== '')),
    files: {
      document: join(root, VOLUMES.policy.path, 'policy.jws'),
      token: join(root, VOLUMES.token.path, 'token'),
      redisUrl: join(runtime, 'redis-url'),
      redisCa: join(runtime, 'redis-ca.crt'),
      policyKeys: join(runtime, 'policy-keys.json'),
      operatorCa: join(runtime, 'operator-ca.crt'),
    },
    logLevel: env.GATEHOUSE_LOG_LEVEL === undefined ? 'info' : oneOf(env, 'LOG_LEVEL', LOG_LEVELS),
  };
}

/** Where the admin server of this pod answers, for the hook that asks it to drain. */
export function adminPort(env: Environment): number {
  return listening(env, 'ADMIN').port;
}

/** Longest that the hook waits for the drain. */
export function drainSeconds(env: Environment): number {
  return secondsOf(env, 'DRAIN_SECONDS', DRAIN_SECONDS);
}

function required(env: Environment, name: string): string {
  const value = env[`GATEHOUSE_${name}`];
  if (value !== undefined && value !== '') return value;
  throw fault(name, 'is missing; injection sets it, so let the pod be created anew');
}

function urlOf(env: Environment, name: string): URL {
  const text = required(env, name);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    `${url.username}${url.password}` !== ''
  ) {
    throw fault(name, 'must be an http or https URL without credentials');
  }
  return url;
}

function consoleUrlOf(env: Environment): URL {
  const url = urlOf(env, 'CONSOLE_URL');
  const problem = consoleUrlProblem(url);
  if (problem !== undefined) throw fault('CONSOLE_URL', problem);
  return url;
}

/** Over plain http, anybody in between could hand us a token's worth of trust. */
function operatorOf(env: Environment): URL {
  const url = urlOf(env, 'OPERATOR');
  if (url.protocol === 'https:') return url;
  throw fault('OPERATOR', 'must be https, such as https://gatehouse-operator.gatehouse.svc:8443');
}

/** An address of IPv6 may come without brackets: that is how the kubelet puts it in. */
function listening(env: Environment, name: string): Listening {
  const [, host = '', digits] =
    /^\[?([0-9a-fA-F:.]+?)\]?:(\d{1,5})$/.exec(required(env, name)) ?? [];
  const port = Number(digits);
  if (isIP(host) === 0 || port < 1 || port > 65_535) {
    throw fault(name, 'must be ADDRESS:PORT, such as 0.0.0.0:15021');
  }
  return { host, port };
}

function namespaceOf(env: Environment): Namespace {
  const name = readNamespace(required(env, 'POD_NAMESPACE'));
  if (name !== undefined) return name;
  throw fault('POD_NAMESPACE', 'must be the name of a namespace');
}

function oneOf<const Name extends string>(env: Environment, name: string, names: readonly Name[]) {
  const found = names.find((each) => each === required(env, name));
  if (found !== undefined) return found;
  throw fault(name, `must be one of ${names.join(', ')}`);
}

function secondsOf(env: Environment, name: string, fallback: number): number {
  const text = env[`GATEHOUSE_${name}`] ?? String(fallback);
  const seconds = Number(text);
  if (/^\d{1,4}$/.test(text) && seconds > 0 && seconds <= MAX_DRAIN_SECONDS) return seconds;
  throw fault(name, `must be whole seconds from 1 to ${MAX_DRAIN_SECONDS}`);
}

function tlsFiles(env: Environment): Pick<SidecarSettings, 'tls'> {
  if (env.GATEHOUSE_TLS_CERT === undefined && env.GATEHOUSE_TLS_KEY === undefined) return {};
  return { tls: { certFile: required(env, 'TLS_CERT'), keyFile: required(env, 'TLS_KEY') } };
}

function fault(name: string, what: string): SettingsFault {
  return new SettingsFault(`GATEHOUSE_${name}: ${what}`);
}
