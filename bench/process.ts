// What a process is seen to do from outside: when it first answers, and how much memory it holds (/proc).

import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import type { Child } from '#e2e/servers/child.ts';

const POLL_MS = 5;
const DEADLINE_MS = 60_000;

/** Milliseconds since `began` (performance.now) at which `url`, which `child` serves, first answered 200. */
export async function firstAnswerMillis(child: Child, url: string, began: number): Promise<number> {
  while (performance.now() - began < DEADLINE_MS && !child.hasExited) {
    if ((await statusOf(url)) === 200) return performance.now() - began;
    await delay(POLL_MS);
  }
  throw new Error(`${url} never answered 200:\n${child.output.slice(-2000)}`);
}

export function residentMiB(pid: number): number {
  const [, kibibytes] =
    /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) / 1024;
}

async function statusOf(url: string): Promise<number> {
  try {
    const { statusCode, body } = await request(url);
    await body.dump();
    return statusCode;
  } catch {
    return 0;
  }
}
