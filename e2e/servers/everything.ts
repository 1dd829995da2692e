// Runs the published example server, @modelcontextprotocol/server-everything, as a child process: a
// server that is not ours, of the legacy era, answering over SSE.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type Running, runFixture } from './run-fixture.ts';

const START_DEADLINE_MS = 20_000;
const POLL_MS = 50;
const STOP_GRACE_MS = 2000;

export async function start({ port }: { port?: number } = {}): Promise<Running> {
  const chosen = port || (await freePort());
  const entry = createRequire(import.meta.url).resolve(
    '@modelcontextprotocol/server-everything/dist/index.js',
  );
  const child = spawn(process.execPath, [entry, 'streamableHttp'], {
    env: { ...process.env, PORT: String(chosen) },
    stdio: 'ignore',
  });
  const url = `http://127.0.0.1:${chosen}/mcp`;
  try {
    await untilLive(child, url);
  } catch (error) {
    await stop(child);
    throw error;
  }
  return { url, close: () => stop(child) };
}

/** The server takes no port 0; the one found here could be lost to another process meanwhile. */
async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  probe.close();
  await once(probe, 'close');
  return address.port;
}

async function untilLive(child: ChildProcess, url: string): Promise<void> {
  const deadline = performance.now() + START_DEADLINE_MS;
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`server-everything exited: ${child.exitCode}`);
    if (await answers(url)) return;
    await delay(POLL_MS);
  }
  throw new Error(`server-everything did not answer within ${START_DEADLINE_MS} ms`);
}

/** Any HTTP answer will do: without a session it is a 400. */
async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(1000) });
    await response.body?.cancel();
    return true;
  } catch {
    return false;
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
  await exited;
  clearTimeout(killer);
}

if (import.meta.main) await runFixture(start);
