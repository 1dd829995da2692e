// The paths that are measured side by side: no hop, nginx, our plumbing without controls, and Gatehouse
// with its ledger in memory, the same with masking, on disk, and on disk with every message recorded.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Child } from '#e2e/servers/child.ts';
import { startGatehouse } from '#e2e/servers/gatehouse.ts';
import { freePort } from '#platform/process/free-port.fixture.ts';
import { plainHop, startNginx } from './nginx.ts';

export interface Column {
  readonly name: string;
  readonly url: string;
  /** The process whose tree is charged; absent where nothing stands in between. */
  readonly pid?: number;
  stop(): Promise<unknown>;
}

export interface Bench {
  readonly directory: string;
  readonly upstreamPort: number;
  readonly policy: string;
  /** The same, and every detector looks for values. */
  readonly maskingPolicy: string;
  /** The same as the first, and messages are recorded. */
  readonly recordingPolicy: string;
  /** The core that everything in between is pinned to, alone. */
  readonly core: number;
}

export const PATH = '/mcp';

export async function startColumns(bench: Bench): Promise<Column[]> {
  return [
    { name: 'direct', url: urlOn(bench.upstreamPort), stop: async () => undefined },
    await nginxColumn(bench),
    await bareColumn(bench),
    await memoryColumn(bench, 'memory', bench.policy),
    await memoryColumn(bench, 'masking', bench.maskingPolicy),
    await durableColumn(bench, 'durable', bench.policy),
    await durableColumn(bench, 'recording', bench.recordingPolicy),
  ];
}

async function nginxColumn({ directory, upstreamPort, core }: Bench): Promise<Column> {
  const { port, child } = await startNginx(directory, {
    name: 'hop',
    core,
    ...plainHop(upstreamPort),
  });
  return { name: 'nginx', url: urlOn(port), pid: child.pid, stop: () => child.stop() };
}

async function bareColumn({ upstreamPort, core }: Bench): Promise<Column> {
  const port = await freePort();
  const child = new Child({
    command: process.execPath,
    args: [script('bare-proxy.ts'), `http://127.0.0.1:${upstreamPort}`, String(port)],
  });
  await child.untilLive(urlOn(port));
  await pin(child.pid, core);
  return { name: 'bare proxy', url: urlOn(port), pid: child.pid, stop: () => child.stop() };
}

async function memoryColumn(
  { directory, upstreamPort, core }: Bench,
  name: string,
  policy: string,
): Promise<Column> {
  const port = await freePort();
  const child = new Child({
    command: process.execPath,
    args: [
      script('gatehouse-memory.ts'),
      policy,
      urlOn(upstreamPort),
      String(port),
      `${directory}/keys-${name}`,
    ],
  });
  await child.untilLive(urlOn(port));
  await pin(child.pid, core);
  return { name: `gatehouse, ${name}`, url: urlOn(port), pid: child.pid, stop: () => child.stop() };
}

async function durableColumn(
  { directory, upstreamPort, core }: Bench,
  name: string,
  policy: string,
): Promise<Column> {
  const { url, child } = await startGatehouse({
    policies: [policy],
    upstream: urlOn(upstreamPort),
    data: `${directory}/data-${name}`,
  });
  await pin(child.pid, core);
  return { name: `gatehouse, ${name}`, url, pid: child.pid, stop: () => child.stop() };
}

/** Threads that exist already included; later ones inherit it. */
async function pin(pid: number, core: number): Promise<void> {
  await promisify(execFile)('taskset', ['-a', '-c', '-p', String(core), String(pid)]);
}

function urlOn(port: number): string {
  return `http://127.0.0.1:${port}${PATH}`;
}

function script(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
