// CPU time of a process and of all its descendants, from /proc.

import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ is 100 on every Linux that Node runs on (proc(5), sysconf(_SC_CLK_TCK)). */
const MICROS_PER_TICK = 10_000;

/** utime plus stime of the tree below `pid`, microseconds; its resolution is 10 ms. */
export function treeCpuMicros(pid: number): number {
  const stats = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap(readStat);
  const tree = new Set([pid]);
  // Parents precede children in no particular order, so repeat until nothing is added.
  for (let before = 0; before !== tree.size; ) {
    before = tree.size;
    for (const stat of stats) if (tree.has(stat.parent)) tree.add(stat.pid);
  }
  const ticks = stats.filter((stat) => tree.has(stat.pid)).map((stat) => stat.ticks);
  return ticks.reduce((sum, each) => sum + each, 0) * MICROS_PER_TICK;
}

interface Stat {
  readonly pid: number;
  readonly parent: number;
  readonly ticks: number;
}

/** Empty when the process is gone by now. The name in parentheses may hold spaces (proc(5)). */
function readStat(name: string): Stat[] {
  try {
    const line = readFileSync(`/proc/${name}/stat`, 'utf8');
    const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
    const [parent, utime, stime] = [fields[1], fields[11], fields[12]].map(Number);
    return [{ pid: Number(name), parent: parent ?? 0, ticks: (utime ?? 0) + (stime ?? 0) }];
  } catch {
    return [];
  }
}
