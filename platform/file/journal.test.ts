// The journal of approvals: what it makes of crashes, of damage and of a full disk, and how large it
// becomes.

import { mkdir, mkdtemp, readFile, rm, rmdir, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ballot, principal, request, T0, TRUSTED } from '#core/approvals/approvals.testkit.ts';
import { bob, codeOf, messageOf, NONCE } from '#core/approvals/store.testkit.ts';
import type { ApprovalStore } from '#core/approvals/store.ts';
import { type FileApprovalStoreOptions, openFileApprovalStore } from './approval-store.ts';
import { CAN_LIMIT_FILE_SIZE, limitFileSize } from './file-size-limit.fixture.ts';

describe('The journal of approvals', () => {
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
  describe('after a crash in the middle of a line', () => {
    for (const lostBytes of [1, 2, 40, 66, 100, 200]) {
      it(`drops what nobody was told of, with ${lostBytes} bytes lost`, async () => {
        await store.attachOrCreate(asked);
        await approve();
        await store.close();
        await truncate(journal, (await stat(journal)).size - lostBytes);

        await open();
        const found = await store.get(asked.id);
        await approve();
        await reopen();

        expect(found?.state).to.equal('PENDING');
        expect((await store.get(asked.id))?.state).to.equal('GRANTED');
      });
    }

    it('drops a last line that the disk kept in part', async () => {
      await store.attachOrCreate(asked);
      const keptBytes = (await stat(journal)).size;
      await approve();
      await store.close();
      const bytes = await readFile(journal);
      bytes.fill(0, keptBytes + 10, keptBytes + 200);
      await writeFile(journal, bytes);

      await open();

      expect((await store.get(asked.id))?.state).to.equal('PENDING');
    });
  });

  describe('refuses a journal', () => {
    const damages: readonly {
      readonly name: string;
      readonly damage: (text: string) => string;
      readonly line: number;
    }[] = [
      {
        name: 'of a form it does not know',
        damage: (text) => text.replace('"v":1', '"v":2'),
        line: 1,
      },
      { name: 'without its first line', damage: () => '', line: 1 },
      { name: 'with a changed line', damage: (text) => text.replace('refund', 'Refund'), line: 2 },
      {
        name: 'with a changed last line',
        damage: (text) => text.replace('"choice":"approve"', '"choice":"deny"'),
        line: 3,
      },
      {
        name: 'with a torn line inside',
        damage: (text) => text.replace('"preview"', '"pre\nview"'),
        line: 2,
      },
      {
        name: 'with zeros inside',
        damage: (text) => text.replace('refund', '\0\0\0\0\0\0'),
        line: 2,
      },
    ];
    for (const { name, damage, line } of damages) {
      it(`${name}, naming the line and nothing in it`, async () => {
        await store.attachOrCreate(asked);
        await approve();
        await store.close();
        const text = await readFile(journal, 'utf8');
        await writeFile(journal, damage(text));

        const message = await messageOf(open());

        expect(message).to.include(`journal.jsonl:${line}: is not as it was written`);
        expect(message).to.not.include('alice');
        await writeFile(journal, text);
        await open();
      });
    }
  });

  it('stays small, however much has happened', async function () {
    this.timeout(60_000);
    const preview = 'x'.repeat(32 * 1024);
    const sizes: number[] = [];
    for (let index = 0; index < 200; index += 1) {
      const one = { ...request(`${index}`), preview };
      await store.attachOrCreate(one);
      await store.cancel(one.id, one.requester);
      sizes.push((await stat(journal)).size);
      if (index % 20 === 19) await reopen({ limits: { maxEnded: 5 } });
    }

    expect(Math.max(...sizes)).to.be.below(3 * 1024 * 1024);
    expect(await store.list({ limit: 100 })).to.have.length(5);
  });

  it('goes on when it cannot be written anew, and tries again', async function () {
    this.timeout(60_000);
    const inTheWay = `${journal}.new`;
    await mkdir(inTheWay);
    const preview = 'x'.repeat(64 * 1024);
    const churn = async (name: string): Promise<number> => {
      const one = { ...request(name), preview };
      await store.attachOrCreate(one);
      await store.cancel(one.id, one.requester);
      return (await stat(journal)).size;
    };
    await reopen({ limits: { maxEnded: 2 } });

    let sizeBytes = 0;
    for (let index = 0; index < 15; index += 1) sizeBytes = await churn(`blocked-${index}`);
    await rmdir(inTheWay);
    const sizes: number[] = [];
    for (let index = 0; index < 15; index += 1) sizes.push(await churn(`free-${index}`));

    expect(sizeBytes).to.be.above(1024 * 1024);
    expect(Math.min(...sizes)).to.be.below(sizeBytes / 2);
    await reopen();
    expect((await store.list({ limit: 2 })).map(({ request }) => request.id)).to.deep.equal([
      'request-free-14',
      'request-free-13',
    ]);
  });

  it('says the same after its journal was written anew', async function () {
    this.timeout(60_000);
    await store.spendNonce(NONCE, T0 + 3_600_000);
    await store.attachOrCreate(asked);
    await approve();
    const preview = 'x'.repeat(64 * 1024);
    for (let index = 0; index < 30; index += 1) {
      const one = { ...request(`filler-${index}`, { by: principal('zoe') }), preview };
      await store.attachOrCreate(one);
      await store.cancel(one.id, one.requester);
    }
    const before = await store.list({ limit: 1000 });

    await reopen();

    expect((await stat(journal)).size).to.be.below(30 * 64 * 1024 * 2);
    expect(await store.list({ limit: 1000 })).to.deep.equal(before);
    expect(await store.spendNonce(NONCE, T0 + 3_600_000)).to.equal('already');
    expect((await store.consume(asked.id, spend)).ok).to.equal(true);
  });

  it('acknowledges nothing that it cannot write, and goes on when it can again', async function () {
    if (!CAN_LIMIT_FILE_SIZE) this.skip();
    await store.attachOrCreate(asked);
    limitFileSize(process.pid, (await stat(journal)).size);

    const codes = [
      await codeOf(approve()),
      await codeOf(store.spendNonce(NONCE, T0 + 1000)),
      await codeOf(Promise.all([approve(), approve()])),
    ];
    const meanwhile = await store.get(asked.id);
    limitFileSize(process.pid, 'unlimited');
    const granted = await approve();

    expect(codes).to.deep.equal(['unavailable', 'unavailable', 'unavailable']);
    expect(meanwhile?.state).to.equal('PENDING');
    expect(granted.approval?.state).to.equal('GRANTED');
    await reopen();
    expect((await store.get(asked.id))?.state).to.equal('GRANTED');
    expect(await store.spendNonce(NONCE, T0 + 1000)).to.equal('spent');
  });
});
