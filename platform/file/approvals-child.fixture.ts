// A process that keeps approvals and dies of kill -9, as a crash test needs one:
//   node approvals-child.fixture.ts MODE DATA TRUSTED-PUBLIC-KEY
// It says what was acknowledged, one JSON object per line, before anything can happen to it. It reads
// votes from its standard input, since the key that signs grants is the parent's.

import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { ballot, request, T0 } from '#core/approvals/approvals.testkit.ts';
import { bob, NONCE, REVOCATION } from '#core/approvals/store.testkit.ts';
import type { Moved } from '#core/approvals/store.ts';
import type { Ballot } from '#core/approvals/voting.ts';
import { signatureKey } from '#core/evidence/signature.ts';
import { openFileApprovalStore } from './approval-store.ts';

const [mode = '', dataDir = '', publicKey = ''] = process.argv.slice(2);
let now = T0;
const store = await openFileApprovalStore({
  dataDir,
  trusted: [signatureKey(publicKey)],
  nowMillis: () => now,
  limits: { maxPendingPerRequester: 100_000, maxLive: 100_000, maxEnded: 100_000 },
});

switch (mode) {
  case 'to':
    await walk();
    break;
  case 'flood':
    await Promise.all(Array.from({ length: 8 }, (_, worker) => flood(worker)));
    break;
  default:
    throw new Error(`no mode named ${mode}`);
}

/** One step per line of input; the parent kills when it has heard enough. */
async function walk(): Promise<void> {
  const asked = request('1');
  const spend = { binding: asked.binding, nonce: NONCE, exchange: 'x-1' };
  const attachment = await store.attachOrCreate(asked);
  tell({ id: asked.id, state: attachment.kind });
  for await (const line of createInterface({ input: process.stdin })) {
    const { step, ballot } = JSON.parse(line) as { step: string; ballot?: Ballot };
    switch (step) {
      case 'vote':
        if (ballot !== undefined) acknowledge(await store.vote(asked.id, ballot));
        break;
      case 'consume':
        acknowledge(await store.consume(asked.id, spend));
        break;
      case 'settle':
        acknowledge(await store.settle(asked.id, 'x-1'));
        break;
      case 'cancel':
        acknowledge(await store.cancel(asked.id, asked.requester));
        break;
      case 'revoke':
        acknowledge(await store.revoke(asked.id, REVOCATION));
        break;
      case 'expire':
        now += 900_000;
        for (const approval of await store.expire()) acknowledge({ ok: true, approval });
        break;
      default:
        throw new Error(`no step named ${step}`);
    }
  }
}

/** Requests that come and go, and nonces, as fast as the disk lets them. */
async function flood(worker: number): Promise<void> {
  for (let index = 0; ; index += 1) {
    const name = `${process.pid}-${worker}-${index}`;
    const asked = { ...request(name), preview: 'x'.repeat(2000) };
    await store.attachOrCreate(asked);
    tell({ id: asked.id, state: 'PENDING' });
    const nonce = `nonce-${name}`.padEnd(32, '0');
    if ((await store.spendNonce(nonce, T0 + 3_600_000)) === 'spent') tell({ nonce });
    acknowledge(
      index % 2 === 0
        ? await store.cancel(asked.id, asked.requester)
        : await store.vote(asked.id, ballot(asked, bob, 'deny')),
    );
  }
}

function acknowledge(moved: Moved): void {
  if (!moved.ok) throw new Error(moved.code);
  tell({ id: moved.approval.request.id, state: moved.approval.state });
}

function tell(what: object): void {
  writeSync(1, `${JSON.stringify(what)}\n`);
}
