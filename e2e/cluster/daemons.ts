// Starts the programs of the cluster in its network, so that they outlive the command that started
// them, and ends them by the process ids that were written down.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '#e2e/journeys/until.ts';
import { FOLDERS, NAMES } from './addresses.ts';

export interface Daemon {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

/** As this process has started them. */
const STARTED = new Map<string, Daemon>();
/** How often one that ends before it is ready is started again, as an init system would: it may have come too early. */
const STARTS_AGAIN = 3;

/** Started already: left as it is. */
export function startDaemon(daemon: Daemon): void {
  const { name, command, args } = daemon;
  STARTED.set(name, daemon);
  if (pidOf(name) !== undefined) return;
  const log = openSync(logOf(name), 'a');
  // Not `ip netns exec`: that gives each program mounts of its own, and containerd must see the kubelet's.
  const child = spawn('nsenter', [`--net=/run/netns/${NAMES.namespace}`, command, ...args], {
    detached: true,
    stdio: ['ignore', log, log],
    cwd: '/',
  });
  if (child.pid === undefined) throw new Error(`${name} does not start: is nsenter installed?`);
  // `nsenter` becomes the command, and keeps its process id.
  writeFileSync(join(FOLDERS.pids, name), `${child.pid} ${startTimeOf(child.pid)}`);
  child.unref();
}

/** Waits until `isReady`; throws with the end of its log when it dies again and again before, or takes too long. */
export async function untilReady(
  name: string,
  isReady: () => boolean | Promise<boolean>,
  deadlineMs = 60_000,
): Promise<void> {
  let again = 0;
  try {
    await until(
      `${name} ready`,
      async () => {
        const daemon = STARTED.get(name);
        if (pidOf(name) === undefined) {
          if (daemon === undefined || again === STARTS_AGAIN) throw new Error(`${name} has ended`);
          again += 1;
          await delay(again * 500);
          startDaemon(daemon);
        }
        return (await isReady()) || (await delay(100, false));
      },
      deadlineMs,
    );
  } catch (cause) {
    const log = saidBy(name).slice(-4000);
    throw new Error(`${log}\n${name}: see ${logOf(name)}`, { cause });
  }
}

/** Undefined when it does not run: a process id alone could be someone else's by now. */
export function pidOf(name: string): number | undefined {
  const file = join(FOLDERS.pids, name);
  if (!existsSync(file)) return undefined;
  const [pid, startTime] = readFileSync(file, 'utf8').split(' ');
  return startTimeOf(Number(pid)) === startTime ? Number(pid) : undefined;
}

export function recordedDaemons(): readonly string[] {
  return existsSync(FOLDERS.pids) ? readdirSync(FOLDERS.pids) : [];
}

/** At once: nothing of a cluster is kept, so nothing needs to be put in order. */
export async function killDaemon(name: string): Promise<void> {
  try {
    const pid = pidOf(name);
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
  while (pidOf(name) !== undefined) await delay(20);
  rmSync(join(FOLDERS.pids, name), { force: true });
}

/** Resident memory in kilobytes. */
export function memoryOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
}

/** Runs a command on the machine and gives what it printed. */
export function run(command: string, ...args: readonly string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** All that it has printed. */
export function saidBy(name: string): string {
  return readFileSync(logOf(name), 'utf8');
}

function logOf(name: string): string {
  return join(FOLDERS.logs, `${name}.log`);
}

/** In clock ticks since boot; undefined for one that is gone, or dead and not yet collected. */
function startTimeOf(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? undefined : fields[19];
}
