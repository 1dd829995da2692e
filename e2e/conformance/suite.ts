// Runs the official conformance suite as it is published, as a child process, and reads its results.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Check, readChecks } from './checks.ts';

export const REQUIREMENT_SETS = ['2025-11-25', '2026-07-28'] as const;
export type RequirementSet = (typeof REQUIREMENT_SETS)[number];

export interface SuiteRun {
  readonly url: string;
  readonly requirements: RequirementSet;
  /** Emptied first. */
  readonly output: string;
}

export interface SuiteResult {
  readonly checks: readonly Check[];
  /** 0 when every scored scenario passed. */
  readonly exitCode: number;
  /** What the suite printed, for when it failed. */
  readonly log: string;
}

const PROGRAM = fileURLToPath(new URL('../../node_modules/.bin/conformance', import.meta.url));
/** The suite gives each scenario 30 s; all of them together take a few. */
const DEADLINE_MS = 120_000;
const MAX_LOG_CHARACTERS = 2_000_000;

export async function runSuite(run: SuiteRun): Promise<SuiteResult> {
  await rm(run.output, { recursive: true, force: true });
  await mkdir(run.output, { recursive: true });
  const options = ['--url', run.url, '--requirements', run.requirements, '-o', run.output];
  const child = spawn(process.execPath, [PROGRAM, 'server', ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      if (log.length < MAX_LOG_CHARACTERS) log += text;
    });
  }
  const [exitCode] = await once(child, 'close');
  return { checks: await readChecks(run.output), exitCode: Number(exitCode), log };
}
