// Real evidence with a history, made by real processes: a lane that was closed, one that was killed in
// the middle of a write, and the one that found that and was closed again.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

export interface LogPlace {
  readonly folder: string;
  readonly dataDir: string;
  readonly publicKeyFile: string;
}

const CHILD = fileURLToPath(new URL('./ledger-child.fixture.ts', import.meta.url));

export async function newLogPlace(): Promise<LogPlace> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-log-'));
  return { folder, dataDir: join(folder, 'data'), publicKeyFile: join(folder, 'trust.pub') };
}

export function removeLog({ folder }: LogPlace): Promise<void> {
  return rm(folder, { recursive: true, force: true });
}

export function startWriter(mode: string, place: LogPlace) {
  const [command = '', ...args] = writerCommand(mode, place);
  return spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
}

export function writerCommand(mode: string, { dataDir, publicKeyFile }: LogPlace) {
  return [process.execPath, CHILD, mode, dataDir, publicKeyFile];
}

/** Runs a writer to its end and returns what it said was acknowledged. */
export async function runWriter(mode: string, place: LogPlace): Promise<readonly Said[]> {
  return said(startWriter(mode, place));
}

/** What a writer said until it ended. */
export async function said(child: ChildProcessByStdio<Writable, Readable, null>) {
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part) => {
    text += part;
  });
  await once(child, 'close');
  return saidIn(text);
}

export interface Said {
  readonly type?: string;
  readonly exchange?: string;
  readonly lane?: string;
  readonly seq?: number;
  readonly pid?: number;
  readonly failed?: string;
  readonly system?: string;
  readonly verdict?: string;
  readonly dangling?: number;
  readonly healthy?: boolean;
}

/** Whole lines only: the last may have been cut with its process. */
export function saidIn(text: string): readonly Said[] {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

export async function crashedLog(): Promise<LogPlace> {
  const place = await newLogPlace();
  await runWriter('closed', place);
  await runWriter('torn', place);
  await runWriter('closed', place);
  return place;
}
