// What a journey does with the cluster that it runs on, as a platform engineer would: by kubectl, in a
// namespace of its own that goes when the journey ends.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { stringify } from 'yaml';

/** Any object of Kubernetes, as it is written in a manifest. */
export type Manifest = Readonly<Record<string, unknown>>;

/** Of what kubectl waits for; the images are there already. */
const WAIT = '--timeout=180s';

/** Gives what it printed; throws with what it said when it fails. */
export async function kubectl(...args: readonly string[]): Promise<string> {
  return runKubectl(args, '');
}

export async function apply(namespace: string, ...manifests: readonly Manifest[]): Promise<string> {
  const documents = manifests.map((manifest) => stringify(manifest)).join('---\n');
  return runKubectl(['apply', '-n', namespace, '-f', '-'], documents);
}

/** A name that no other test of this run, or of one before it, has. */
export async function makeNamespace(
  purpose: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<string> {
  const name = `${purpose}-${Date.now().toString(36)}`;
  const metadata = { name, labels: { 'gatehouse.test/journey': 'true', ...labels } };
  await runKubectl(
    ['apply', '-f', '-'],
    stringify({ apiVersion: 'v1', kind: 'Namespace', metadata }),
  );
  return name;
}

/** Does not wait: the next journey has another. */
export async function removeNamespace(name: string): Promise<void> {
  await kubectl('delete', 'namespace', name, '--wait=false');
}

export async function rolledOut(namespace: string, workload: string): Promise<void> {
  await kubectl('-n', namespace, 'rollout', 'status', workload, WAIT);
}

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly problem: string;
}

/** For what may be refused. */
export async function tryKubectl(args: readonly string[], input = ''): Promise<Said> {
  const child = spawn('kubectl', args, { stdio: 'pipe' });
  child.stdin.end(input);
  const closed = once(child, 'close');
  const [out, problem] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await closed;
  return { code, out, problem };
}

async function runKubectl(args: readonly string[], input: string): Promise<string> {
  const { code, out, problem } = await tryKubectl(args, input);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${problem.trim()}`);
  return out;
}
