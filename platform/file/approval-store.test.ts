// The approval store in files keeps every promise of the port, and what it acknowledged it still
// knows when it is opened again.

import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ballot, request, T0, TRUSTED } from '#core/approvals/approvals.testkit.ts';
import { describeApprovalStore } from '#core/approvals/store.contract.ts';
import { bob, NONCE, REVOCATION, windowRequest } from '#core/approvals/store.testkit.ts';
import type { ApprovalStore } from '#core/approvals/store.ts';
import { type FileApprovalStoreOptions, openFileApprovalStore } from './approval-store.ts';
import { DataDirFault } from './data-dir-fault.ts';

describeApprovalStore({
  name: 'The approval store in files',
  open: async (options) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-approvals-'));
    const store = await openFileApprovalStore({ dataDir, ...options });
    return {
      store,
      dispose: async () => {
        await store.close();
        await rm(dataDir, { recursive: true });
      },
    };
  },
});

describe('The approval store in files, opened again,', () => {
  let dataDir: string;
  let journal: string;
  let store: ApprovalStore;
  let now: number;

  async function open(options: Partial<FileApprovalStoreOptions> = {}): Promise<void> {
    store = await openFileApprovalStore({
      dataDir,
      trusted: TRUSTED,
      nowMillis: () => now,
      ...options,
    });
  }

  async function reopen(options: Partial<FileApprovalStoreOptions> = {}): Promise<void> {
    await store.close();
    await open(options);
  }

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-approvals-'));
    journal = join(dataDir, 'approvals', 'journal.jsonl');
    now = T0;
    await open();
  });

  afterEach(async () => {
    await store.close();
    await rm(dataDir, { recursive: true });
  });

  const asked = request('1');
  const approve = () => store.vote(asked.id, ballot(asked, bob));
  const spend = { binding: asked.binding, nonce: NONCE, exchange: 'x-1' };
  const paths: readonly {
    readonly state: string;
    readonly steps: readonly (() => Promise<unknown>)[];
  }[] = [
    { state: 'PENDING', steps: [] },
    { state: 'GRANTED', steps: [approve] },
    { state: 'CONSUMED', steps: [approve, () => store.consume(asked.id, spend)] },
    {
      state: 'DONE',
      steps: [
        approve,
        () => store.consume(asked.id, spend),
        () => store.settle(asked.id, spend.exchange),
      ],
    },
    { state: 'DENIED', steps: [() => store.vote(asked.id, ballot(asked, bob, 'deny'))] },
    { state: 'CANCELLED', steps: [() => store.cancel(asked.id, asked.requester)] },
    { state: 'REVOKED', steps: [approve, () => store.revoke(asked.id, REVOCATION)] },
    {
      state: 'EXPIRED',
      steps: [
        async () => {
          now += 900_000;
        },
        () => store.expire(),
      ],
    },
  ];
  for (const { state, steps } of paths) {
    it(`knows what is ${state}, to the last vote`, async () => {
      await store.attachOrCreate(asked);
      for (const step of steps) await step();
      const before = await store.get(asked.id);

      await reopen();

      expect(before?.state).to.equal(state);
      expect(await store.get(asked.id)).to.deep.equal(before);
      expect((await store.find(asked.binding))?.request.id).to.equal(asked.id);
    });
  }

  it('knows which nonces are spent, until they expire', async () => {
    await store.spendNonce(NONCE, T0 + 1000);

    await reopen();

    expect(await store.spendNonce(NONCE, T0 + 1000)).to.equal('already');
  });

  it('counts down a window where it was', async () => {
    const window = windowRequest('w', 2);
    await store.attachOrCreate(window);
    await store.vote(window.id, ballot(window, bob));
    await store.consume(window.id, { ...spend, binding: window.binding });

    await reopen();

    const second = { ...spend, binding: window.binding, exchange: 'x-2' };
    expect((await store.consume(window.id, second)).approval?.state).to.equal('CONSUMED');
  });

  it('does not honour a grant whose key is trusted no more', async () => {
    await store.attachOrCreate(asked);
    await approve();

    await reopen({ trusted: [] });

    expect(await store.consume(asked.id, spend)).to.include({ ok: false, code: 'grant_forged' });
  });

  it('does not honour a grant that was written into the journal by hand', async () => {
    await store.attachOrCreate(asked);
    await approve();
    await store.consume(asked.id, spend);
    await store.close();
    // The bytes of a line are summed, so whoever edits one must sum it anew; signing it they cannot.
    const text = await readFile(journal, 'utf8');
    await writeFile(journal, text.replaceAll('"maxUses":1', '"maxUses":9'));

    expect(await nameOf(open())).to.equal('DataDirFault data_invalid');

    await writeFile(journal, text);
    await open();
  });

  it('keeps its files from other users', async () => {
    await store.attachOrCreate(asked);

    expect((await stat(journal)).mode & 0o777).to.equal(0o600);
    expect((await stat(join(dataDir, 'approvals'))).mode & 0o777).to.equal(0o700);
  });

  it('lets nobody else write while it is open', async () => {
    expect(
      await nameOf(openFileApprovalStore({ dataDir, trusted: [], nowMillis: () => T0 })),
    ).to.equal('DataDirFault data_locked');
  });
});

async function nameOf(doing: Promise<unknown>): Promise<string> {
  try {
    await doing;
    return 'no fault';
  } catch (error) {
    return error instanceof DataDirFault ? `${error.name} ${error.code}` : String(error);
  }
}
