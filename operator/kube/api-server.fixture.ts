// A real API server for tests: etcd and kube-apiserver as processes of their own on free ports, without
// nodes or controllers. Where their programs are not on the machine, the tests that need them are skipped.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { globSync, mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { freePort } from '#platform/process/free-port.fixture.ts';
import type { ClusterAccess } from './access.ts';
import { KubeClient } from './client.ts';

export interface TestApiServer {
  readonly access: ClusterAccess;
  readonly client: KubeClient;
  stop(): Promise<void>;
}

const TOKEN = 'test-admin';
const START_MS = 90_000;
/** Another process may take a port that was free a moment ago. */
const ATTEMPTS = 3;

const CHILDREN = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of CHILDREN) child.kill('SIGKILL');
});

/** Undefined when it can be started here; else why not. */
export function missingApiServer(): string | undefined {
  if (apiServerProgram() === undefined) return 'kube-apiserver is not built (make cluster-up does)';
  return spawnSync('etcd', ['--version']).status === 0 ? undefined : 'etcd is not installed';
}

/** Path of one of the programs of a cluster: on PATH, as `make e2e` puts it, or where an earlier `make cluster-up` left it. */
export function clusterProgram(name: string): string | undefined {
  const found = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim();
  return found || globSync(join(homedir(), '.cache', 'gatehouse', '*', name))[0];
}

export async function startApiServer(): Promise<TestApiServer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startSomewhere();
    } catch (error) {
      if (attempt === ATTEMPTS || !(error instanceof EndedEarly)) throw error;
    }
  }
}

class EndedEarly extends Error {}

async function startSomewhere(): Promise<TestApiServer> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-api-'));
  const [etcdPort, peerPort, port] = await Promise.all([freePort(), freePort(), freePort()]);
  const etcd = `http://127.0.0.1:${etcdPort}`;
  const store = run('etcd', [
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=${etcd}`,
    `--advertise-client-urls=${etcd}`,
    `--listen-peer-urls=http://127.0.0.1:${peerPort}`,
    '--unsafe-no-fsync',
  ]);
  const children = [store, run(apiServerProgram() ?? '', apiServerFlags(folder, etcd, port))];
  const access: ClusterAccess = {
    url: `https://127.0.0.1:${port}`,
    skipVerify: true,
    authorization: async () => `Bearer ${TOKEN}`,
  };
  const client = new KubeClient(access);
  const stop = async () => {
    await client.close();
    await Promise.all(children.map(end));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await untilReady({ client, access }, children);
  } catch (error) {
    await stop();
    throw error;
  }
  return { access, client, stop };
}

function apiServerFlags(folder: string, etcd: string, port: number): readonly string[] {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const publicPem = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
  return [
    `--etcd-servers=${etcd}`,
    `--secure-port=${port}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--cert-dir=${join(folder, 'certs')}`,
    '--service-cluster-ip-range=10.96.0.0/16',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-signing-key-file=${file('sa.key', pem)}`,
    `--service-account-key-file=${file('sa.pub', publicPem)}`,
    `--token-auth-file=${file('tokens.csv', `${TOKEN},admin,admin,system:masters\n`)}`,
    '--authorization-mode=RBAC',
    // Nothing makes the default ServiceAccount where no controllers run.
    '--disable-admission-plugins=ServiceAccount',
  ];
}

function apiServerProgram(): string | undefined {
  return clusterProgram('kube-apiserver');
}

function run(program: string, args: readonly string[]): ChildProcess {
  const child = spawn(program, args, { stdio: 'ignore' });
  CHILDREN.add(child);
  child.once('exit', () => CHILDREN.delete(child));
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

async function untilReady(
  { client, access }: Pick<TestApiServer, 'client' | 'access'>,
  children: readonly ChildProcess[],
): Promise<void> {
  const until = Date.now() + START_MS;
  for (;;) {
    const found = await client.find('/api/v1/namespaces/default').catch(() => undefined);
    if (found !== undefined && (await isReady(access))) return;
    if (children.some(hasEnded)) throw new EndedEarly('etcd or kube-apiserver has ended');
    if (Date.now() > until) throw new Error('kube-apiserver did not become ready');
    await delay(200);
  }
}

/** As it says itself, in plain text: the roles of the cluster come after its namespaces. */
async function isReady({ url, authorization }: ClusterAccess): Promise<boolean> {
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  try {
    const headers = { authorization: (await authorization()) ?? '' };
    const { statusCode, body } = await request(`${url}/readyz`, { dispatcher, headers });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  } finally {
    await dispatcher.close();
  }
}
