// A process that writes evidence and dies of kill -9, as a crash test needs one:
//   node ledger-child.fixture.ts MODE DATA TRUST.pub
// It prints what was acknowledged, one JSON object per line, before anything can happen to it.

import { closeSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { intentDraft, outcomeDraft } from '#core/evidence/drafts.fixture.ts';
import type { Receipt } from '#core/evidence/ledger.ts';
import { verifyEvidence } from '#core/evidence/verify.ts';
import { openEvidence } from './evidence-source.ts';
import { type FileLedger, openFileLedger } from './ledger.ts';
import { loadTrustKey, readTrustedKeys } from './trust-key.ts';

const [mode = '', dataDir = '', trustFile = ''] = process.argv.slice(2);
const now = (): string => `${new Date().toISOString().slice(0, -1)}000Z`;
const trustKey = await loadTrustKey(trustFile, dataDir);
const ledger = await openFileLedger({ dataDir, trustKey, version: '0.0.0-test', now });
tell({ lane: ledger.lane, pid: process.pid });

switch (mode) {
  case 'closed':
    await call('a1');
    await Promise.all(['a2', 'a3', 'a4'].map(call));
    await ledger.close('test');
    break;
  case 'between':
    await call('b1');
    await intend('b2');
    await call('b3');
    die();
    break;
  case 'torn':
    await call('c1');
    await intend('c2');
    writeHalfALine(ledger);
    die();
    break;
  case 'flood':
    await Promise.all(Array.from({ length: 16 }, (_, worker) => flood(worker)));
    break;
  case 'patient':
    await patient();
    break;
  case 'full':
    await fillTheDisk();
    break;
  default:
    throw new Error(`no mode named ${mode}`);
}

async function call(exchange: string): Promise<void> {
  await intend(exchange);
  acknowledge('outcome', exchange, await ledger.append(outcomeDraft(exchange, now())));
}

async function intend(exchange: string): Promise<void> {
  acknowledge('intent', exchange, await ledger.append(intentDraft(exchange, now())));
}

async function flood(worker: number): Promise<void> {
  for (let index = 0; ; index += 1) {
    await call(`${process.pid}-${worker}-${index}`);
  }
}

/** One call each time the parent writes a line; tells how it ended, and lives on. */
async function patient(): Promise<void> {
  process.stdin.setEncoding('utf8');
  let count = 0;
  for await (const text of process.stdin) {
    if (String(text).includes('close')) {
      await ledger.close('test');
      return;
    }
    count += 1;
    await tryCall(`p${count}`);
  }
}

/** For a small file system of its own: fills it, calls, makes room, calls, and verifies. */
async function fillTheDisk(): Promise<void> {
  await call('before');
  const filler = join(dataDir, 'filler');
  const handle = openSync(filler, 'w');
  let chunkBytes = 64 * 1024;
  while (chunkBytes >= 1) {
    try {
      writeSync(handle, Buffer.alloc(chunkBytes));
    } catch {
      chunkBytes = Math.floor(chunkBytes / 2);
    }
  }
  closeSync(handle);
  // The last page of the lane's file is its own already, so some calls may still fit.
  for (let index = 0; index < 20; index += 1) {
    await tryCall(`full-${index}`);
  }
  rmSync(filler);
  await tryCall('after');
  await ledger.close('test');
  const source = await openEvidence(dataDir, trustFile);
  const { verdict, dangling } = await verifyEvidence(source, await readTrustedKeys(trustFile));
  tell({ verdict, dangling: dangling.length });
}

async function tryCall(exchange: string): Promise<void> {
  try {
    await call(exchange);
  } catch (error) {
    const { code = 'none', cause } = error as Error & { code?: string };
    const system = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    tell({ failed: code, system, healthy: ledger.healthy });
  }
}

/** The beginning of the next line, as a process leaves it that dies inside its write. */
function writeHalfALine({ lane }: FileLedger): void {
  const folder = join(dataDir, 'lanes');
  const name = readdirSync(folder).find((each) => each.includes(lane)) ?? '';
  const lines = readFileSync(join(folder, name), 'utf8').split('\n');
  const last = lines.at(-2) ?? '';
  writeSync(openSync(join(folder, name), 'a'), last.slice(0, last.length / 2));
}

function acknowledge(type: string, exchange: string, { lane, seq }: Receipt): void {
  tell({ type, exchange, lane, seq });
}

function tell(what: object): void {
  writeSync(1, `${JSON.stringify(what)}\n`);
}

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}
