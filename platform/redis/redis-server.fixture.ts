// A real Redis for tests: a process of its own on a free port, with its files in a folder of its own,
// ended by its id.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '#platform/process/free-port.fixture.ts';

export interface TestRedis {
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  /** SIGKILL: what it had not written is gone. */
  kill(): Promise<void>;
  /** Again on the same port and files. */
  start(): Promise<void>;
  /** SIGSTOP and SIGCONT: there, and not answering. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

/** As docs/redis.md asks for it. */
const POSTURE = [
  '--appendonly',
  'yes',
  '--appendfsync',
  'always',
  '--maxmemory-policy',
  'noeviction',
];

const PROGRAM = 'redis-server';
const ATTEMPTS = 5;
const START_MS = 10_000;

/** A test run that is cut short leaves nothing behind. */
const CHILDREN = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of CHILDREN) child.kill('SIGKILL');
});

export async function startRedis(flags: readonly string[] = POSTURE): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-redis-'));
  const redis = new RedisProcess(folder, flags);
  try {
    await redis.startSomewhere();
    return redis;
  } catch (error) {
    await redis.stop();
    throw error;
  }
}

class RedisProcess implements TestRedis {
  readonly folder: string;
  readonly #flags: readonly string[];
  #child: ChildProcess | undefined;
  port = 0;

  constructor(folder: string, flags: readonly string[]) {
    this.folder = folder;
    this.#flags = flags;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Another process may take a port that was free a moment ago. */
  async startSomewhere(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      this.port = await freePort();
      try {
        return await this.start();
      } catch (error) {
        if (attempt === ATTEMPTS) throw error;
      }
    }
  }

  async start(): Promise<void> {
    const place = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.folder];
    // A file of settings comes first, and a Sentinel keeps no data.
    const [conf, ...others] = this.#flags;
    const isFile = conf?.endsWith('.conf') === true;
    const args = isFile ? [conf, ...others, ...place] : [...place, '--save', '', ...this.#flags];
    const child = spawn(PROGRAM, args, { stdio: 'ignore' });
    this.#child = child;
    CHILDREN.add(child);
    child.once('exit', () => CHILDREN.delete(child));
    const failed = new Promise<never>((_, reject) => {
      child.once('error', () =>
        reject(new Error('redis-server is missing: sudo apt-get install -y redis-server')),
      );
      child.once('exit', (code) => reject(new Error(`redis-server ended with ${code}`)));
    });
    failed.catch(() => {});
    await Promise.race([failed, untilAnswered(this.port)]);
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    await this.#end('SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
}

async function untilAnswered(port: number): Promise<void> {
  const deadline = performance.now() + START_MS;
  while (performance.now() < deadline) {
    if (await isAnswering(port)) return;
    await delay(10);
  }
  throw new Error('redis-server did not answer in time');
}

async function isAnswering(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    socket.write('PING\r\n');
    const [answer] = await once(socket, 'data');
    return /^(?:\+PONG|-NOAUTH)/.test(String(answer));
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
