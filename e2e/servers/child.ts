// A program that a test runs beside itself: waited for, stopped by its own process id.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** The last of what it printed; enough to say why it failed. */
const MAX_OUTPUT_CHARACTERS = 200_000;
const START_DEADLINE_MS = 60_000;
/** For calls under way, and a machine that is busy: whoever asks a program to stop waits for its own end. */
const STOP_GRACE_MS = 20_000;
const POLL_MS = 25;

export class Child {
  readonly #process: ChildProcess;
  #output = '';

  constructor({ command, args, env }: ChildOptions) {
    this.#process = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-MAX_OUTPUT_CHARACTERS);
      });
    }
  }

  get pid(): number {
    const { pid } = this.#process;
    if (pid === undefined) throw new Error('the program did not start');
    return pid;
  }

  /** Everything it wrote to stdout and stderr. */
  get output(): string {
    return this.#output;
  }

  get hasExited(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** Resolves when `url` answers with a status that `isLive` accepts; any status by default. */
  async untilLive(url: string, isLive = (_status: number) => true): Promise<void> {
    const deadline = performance.now() + START_DEADLINE_MS;
    while (performance.now() < deadline) {
      if (this.hasExited) throw new Error(`exited before it was live:\n${this.#output}`);
      if (await answers(url, isLive)) return;
      await delay(POLL_MS);
    }
    throw new Error(`not live within ${START_DEADLINE_MS} ms:\n${this.#output}`);
  }

  kill(signal: NodeJS.Signals): void {
    if (!this.hasExited) this.#process.kill(signal);
  }

  /** SIGTERM, then SIGKILL after `graceMs`; resolves to the exit code, null after a signal. */
  async stop(graceMs = STOP_GRACE_MS): Promise<number | null> {
    if (this.hasExited) return this.#process.exitCode;
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    const killer = setTimeout(() => this.#process.kill('SIGKILL'), graceMs);
    await exited;
    clearTimeout(killer);
    return this.#process.exitCode;
  }
}

async function answers(url: string, isLive: (status: number) => boolean): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(1000) });
    await response.body?.cancel();
    return isLive(response.status);
  } catch {
    return false;
  }
}
