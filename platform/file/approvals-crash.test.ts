// What a real process leaves behind that keeps approvals and is killed with kill -9: in each state, and
// at any moment. What was acknowledged is there; what was not is whole or absent.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { expect } from 'chai';
import { ballot, request, SIGNER, T0, TRUSTED } from '#core/approvals/approvals.testkit.ts';
import { bob, NONCE } from '#core/approvals/store.testkit.ts';
import type { ApprovalStore } from '#core/approvals/store.ts';
import { openFileApprovalStore } from './approval-store.ts';

const CHILD = join(import.meta.dirname, 'approvals-child.fixture.ts');

interface Said {
  readonly id?: string;
  readonly state?: string;
  readonly nonce?: string;
}

type Child = ChildProcessByStdio<Writable, Readable, null>;

const asked = request('1');
const vote = { step: 'vote', ballot: ballot(asked, bob) };
const denial = { step: 'vote', ballot: ballot(asked, bob, 'deny') };
const walks: readonly { readonly state: string; readonly steps: readonly object[] }[] = [
  { state: 'PENDING', steps: [] },
  { state: 'GRANTED', steps: [vote] },
  { state: 'CONSUMED', steps: [vote, { step: 'consume' }] },
  { state: 'DONE', steps: [vote, { step: 'consume' }, { step: 'settle' }] },
  { state: 'DENIED', steps: [denial] },
  { state: 'CANCELLED', steps: [{ step: 'cancel' }] },
  { state: 'REVOKED', steps: [vote, { step: 'revoke' }] },
  { state: 'EXPIRED', steps: [{ step: 'expire' }] },
];

describe('approvals of a process that was killed', function () {
  this.timeout(60_000);
  let dataDir: string;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-approvals-crash-'));
  });

  afterEach(() => rm(dataDir, { recursive: true }));

  for (const { state, steps } of walks) {
    it(`are ${state} if that is what it last acknowledged`, async () => {
      const child = start('to', dataDir);
      const heard = lines(child);
      const said: Said[] = [await next(heard)];
      for (const step of steps) {
        child.stdin.write(`${JSON.stringify(step)}\n`);
        said.push(await next(heard));
      }
      await kill(child);

      const store = await open(dataDir);
      const found = await store.get(asked.id);

      expect(said).to.have.length(steps.length + 1);
      if (steps.length > 0) expect(said.at(-1)).to.deep.include({ state });
      expect(found?.state).to.equal(state);
      expect(found?.request).to.deep.equal(asked);
      await store.close();
    });
  }

  for (const { state, steps } of walks.filter(({ steps }) => steps.length > 0)) {
    it(`are ${state} or as before if it was killed on the way there`, async () => {
      const last = steps.at(-1);
      const child = start('to', dataDir);
      const heard = lines(child);
      const said: Said[] = [await next(heard)];
      for (const step of steps.slice(0, -1)) {
        child.stdin.write(`${JSON.stringify(step)}\n`);
        said.push(await next(heard));
      }
      child.stdin.write(`${JSON.stringify(last)}\n`);
      await kill(child);

      const store = await open(dataDir);
      const found = await store.get(asked.id);

      expect(found?.state).to.be.oneOf([state, said.length === 1 ? 'PENDING' : said.at(-1)?.state]);
      await store.close();
    });
  }

  it('give a grant to one process only, when the one that spent it is gone', async () => {
    const child = start('to', dataDir);
    const heard = lines(child);
    await next(heard);
    for (const step of [vote, { step: 'consume' }]) {
      child.stdin.write(`${JSON.stringify(step)}\n`);
      await next(heard);
    }
    await kill(child);

    const store = await open(dataDir);
    const spend = { binding: asked.binding, nonce: NONCE, exchange: 'x-2' };

    expect(await store.consume(asked.id, spend)).to.deep.include({
      ok: false,
      code: 'not_granted',
    });
    await store.close();
  });

  it('at any moment, again and again, are as acknowledged', async () => {
    const states = new Map<string, string>();
    const nonces: string[] = [];
    const take = (line: string): void => {
      const { id, state, nonce } = JSON.parse(line) as Said;
      if (id !== undefined && state !== undefined) states.set(id, state);
      if (nonce !== undefined) nonces.push(nonce);
    };
    for (const millis of [15, 40, 90, 150, 230, 320]) {
      const child = start('flood', dataDir);
      const heard = lines(child);
      setTimeoutOnFirst(child, millis);
      for await (const line of heard) take(line);
    }
    // However slow the disk is, the last one has come some way.
    const child = start('flood', dataDir);
    for await (const line of lines(child)) {
      take(line);
      if (states.size > 50) child.kill('SIGKILL');
    }

    const store = await open(dataDir);
    const lost: string[] = [];
    for (const [id, state] of states) {
      const found = await store.get(id);
      // One step further than was said is what nobody was told in time.
      const isThere = found?.state === state || (state === 'PENDING' && found !== undefined);
      if (!isThere) lost.push(`${id}: ${state}, found ${found?.state}`);
    }
    for (const nonce of nonces) {
      if ((await store.spendNonce(nonce, T0 + 3_600_000)) !== 'already') lost.push(nonce);
    }

    expect(states.size).to.be.above(50);
    expect(lost).to.deep.equal([]);
    await store.close();
  });
});

function start(mode: string, dataDir: string): Child {
  return spawn(process.execPath, [CHILD, mode, dataDir, SIGNER.publicKey], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

/** Kills that long after it first said something. */
function setTimeoutOnFirst(child: Child, millis: number): void {
  child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), millis));
}

function lines(child: Child): AsyncIterable<string> & AsyncIterator<string> {
  const reader = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return Object.assign(reader, { [Symbol.asyncIterator]: () => reader });
}

async function next(heard: AsyncIterator<string>): Promise<Said> {
  const { value, done } = await heard.next();
  if (done === true) throw new Error('the child ended before it answered');
  return JSON.parse(value) as Said;
}

async function kill(child: Child): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

function open(dataDir: string): Promise<ApprovalStore> {
  return openFileApprovalStore({
    dataDir,
    trusted: TRUSTED,
    nowMillis: () => T0,
    limits: { maxEnded: 100_000, maxLive: 100_000 },
  });
}
