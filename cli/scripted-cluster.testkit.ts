// An API server of a test's own making with a kubeconfig that names it, and a command run against it.

import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Command } from './command.ts';

export interface Answered {
  readonly status: number;
  readonly body: object;
}

export interface ScriptedCluster {
  readonly kubeconfig: string;
  run(command: Command, ...args: readonly string[]): Promise<Ran>;
  close(): Promise<void>;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `answer` is asked with the path and query of each request; the context's namespace is `pay`. */
export async function startScriptedCluster(
  answer: (url: string) => Answered,
): Promise<ScriptedCluster> {
  const directory = await mkdtemp(join(tmpdir(), 'gatehouse-cluster-'));
  const server = createServer((request, response) => {
    const { status, body } = answer(request.url ?? '');
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const kubeconfig = join(directory, 'config');
  await writeFile(kubeconfig, stringify(configFor(`http://127.0.0.1:${port}`)));
  return {
    kubeconfig,
    run: (command, ...args) => runCommand(command, ['--kubeconfig', kubeconfig, ...args]),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await rm(directory, { recursive: true });
    },
  };
}

function configFor(server: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user: { token: 'secret-token' } }],
    contexts: [{ name: 'one', context: { cluster: 'c', user: 'u', namespace: 'pay' } }],
    'current-context': 'one',
  };
}

async function runCommand(command: Command, args: readonly string[]): Promise<Ran> {
  const said = { stdout: '', stderr: '' };
  const code = await command.run(args, {
    stdout: (text) => {
      said.stdout += text;
    },
    stderr: (text) => {
      said.stderr += text;
    },
    env: {},
    stop: new AbortController().signal,
  });
  return { code, ...said };
}
