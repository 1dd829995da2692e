// What every ledger promises, run against each adapter: platform/file and platform/memory.

import { expect } from 'chai';
import { type HashedRecord, readCommit } from './commit.ts';
import { DraftFault } from './draft.ts';
import { intentDraft, outcomeDraft, tickingClock } from './drafts.fixture.ts';
import type { BacklogLimits } from './lane-writer.ts';
import { type DurableRecord, type Ledger, LedgerFault, type Receipt } from './ledger.ts';
import type { StoredRecord } from './parse-record.ts';
import type { ProblemCode } from './problem.ts';
import type { RecordDraft } from './record.ts';
import type { SignatureKey } from './signature.ts';
import type { EvidenceSource } from './source.ts';
import { verifyEvidence } from './verify.ts';

export interface LedgerRig {
  readonly ledger: Ledger;
  readonly trust: SignatureKey;
  /** The evidence as it lies there now. */
  readonly source: () => Promise<EvidenceSource>;
  /** Makes every write fail; undefined where this machine cannot do that for real. */
  readonly breakWrites: (() => void) | undefined;
  readonly mendWrites: () => void;
  readonly dispose: () => Promise<void>;
}

export interface RigOptions {
  readonly now: () => string;
  readonly backlog?: BacklogLimits;
}

export interface LedgerAdapter {
  readonly name: string;
  readonly open: (options: RigOptions) => Promise<LedgerRig>;
  /** Problems this adapter's evidence has by its nature. */
  readonly lacks: readonly ProblemCode[];
}

export function describeLedger({ name, open, lacks }: LedgerAdapter): void {
  describe(`${name} as a Ledger`, () => {
    let rig: LedgerRig;
    let now: () => string;

    async function start(backlog?: BacklogLimits): Promise<LedgerRig> {
      now = tickingClock();
      rig = await open({ now, ...(backlog === undefined ? {} : { backlog }) });
      return rig;
    }

    afterEach(async () => {
      rig.mendWrites();
      await rig.ledger.close('test').catch(() => {});
      await rig.dispose();
    });

    it('has the record in the evidence when append resolves', async () => {
      const { ledger, source } = await start();

      const receipt = await ledger.append(intentDraft('x1', now()));

      const records = await readBack(await source());
      expect(receipt.seq).to.equal(2);
      expect(records.at(-1)).to.deep.include({ exchange: 'x1', seq: 2, lane: receipt.lane });
    });

    it('begins every lane with lane.open', async () => {
      const { source } = await start();

      const records = await readBack(await source());

      expect(records.map(({ type }) => type)).to.deep.equal(['lane.open']);
    });

    it('numbers records without gaps, in the order they were appended', async () => {
      const { ledger, source } = await start();

      const receipts = await Promise.all(
        ids(50).map((exchange) => ledger.append(intentDraft(exchange, now()))),
      );

      const records = await readBack(await source());
      expect(receipts.map(({ seq }) => seq)).to.deep.equal(ids(50).map((_, index) => index + 2));
      expect(records.slice(1).map(({ exchange }) => exchange)).to.deep.equal(ids(50));
    });

    it('commits what waits together, under one signature', async () => {
      const { ledger, source } = await start();

      await Promise.all(ids(50).map((exchange) => ledger.append(intentDraft(exchange, now()))));

      expect(await countLines(await source())).to.be.lessThan(5);
    });

    it('hands out the hash that the next record names as prev', async () => {
      const { ledger, source } = await start();

      const first = await ledger.append(intentDraft('x1', now()));
      await ledger.append(outcomeDraft('x1', now()));

      const records = await readBack(await source());
      expect(records.at(-1)?.prev).to.equal(first.hash);
    });

    it('refuses a draft that can never be a record, and goes on', async () => {
      const { ledger, source } = await start();
      const bad: RecordDraft = { ...intentDraft('x1', now()), detail: { ratio: 0.5 } };

      const error = await errorOf(ledger.append(bad));
      await ledger.append(intentDraft('x2', now()));

      expect(error).to.be.instanceOf(DraftFault);
      expect(ledger.healthy).to.equal(true);
      expect((await readBack(await source())).at(-1)?.exchange).to.equal('x2');
    });

    it('records what the draft was when it was handed in', async () => {
      const { ledger, source } = await start();
      const detail = { count: 1 };

      const appended = ledger.append({ type: 'policy.loaded', ts: now(), detail });
      detail.count = 2;
      await appended;

      expect((await readBack(await source())).at(-1)?.detail).to.deep.equal({ count: 1 });
    });

    it('refuses with backlog_full beyond its bound, and records the window', async () => {
      const { ledger, source } = await start({ count: 3, sizeBytes: 1024 * 1024 });

      const results = await Promise.allSettled(
        ids(10).map((exchange) => ledger.append(intentDraft(exchange, now()))),
      );
      await ledger.append(intentDraft('later', now()));

      expect(codesOf(results)).to.include('backlog_full');
      expect(ledger.healthy).to.equal(true);
      const refused = codesOf(results).length;
      expect(await windowsOf(await source())).to.deep.equal([{ cause: 'backlog_full', refused }]);
    });

    it('bounds the waiting bytes too', async () => {
      const { ledger } = await start({ count: 1000, sizeBytes: 1500 });

      const results = await Promise.allSettled(
        ids(10).map((exchange) => ledger.append(intentDraft(exchange, now()))),
      );

      expect(codesOf(results)).to.include('backlog_full');
    });

    it('rejects what cannot be made durable and leaves nothing of it', async function () {
      const { ledger, source, breakWrites } = await start();
      if (breakWrites === undefined) {
        this.skip();
      }
      await ledger.append(intentDraft('before', now()));

      breakWrites();
      const fault = await errorOf(ledger.append(intentDraft('lost', now())));
      const isHealthy = ledger.healthy;
      rig.mendWrites();

      expect(fault).to.be.instanceOf(LedgerFault).and.to.have.property('code', 'write_failed');
      expect(isHealthy).to.equal(false);
      const records = await readBack(await source());
      expect(records.some(({ exchange }) => exchange === 'lost')).to.equal(false);
    });

    it('recovers by itself when writing works again, and says what it refused', async function () {
      const { ledger, source, breakWrites } = await start();
      if (breakWrites === undefined) {
        this.skip();
      }

      breakWrites();
      await errorOf(ledger.append(intentDraft('lost-1', now())));
      await errorOf(ledger.append(intentDraft('lost-2', now())));
      rig.mendWrites();
      const receipt = await ledger.append(intentDraft('after', now()));

      expect(ledger.healthy).to.equal(true);
      expect(receipt.seq).to.equal(4);
      const windows = await windowsOf(await source());
      expect(windows.map(({ refused }) => refused)).to.deep.equal([2]);
      expect(await problemsOf(await source(), rig.trust)).to.deep.equal([...lacks]);
    });

    it('ends the lane with lane.close after everything that was waiting', async () => {
      const { ledger, source } = await start();

      const appended = ledger.append(intentDraft('x1', now()));
      await ledger.close('drained');
      await appended;

      const records = await readBack(await source());
      expect(records.map(({ type }) => type)).to.deep.equal(['lane.open', 'intent', 'lane.close']);
      expect(records.at(-1)?.detail).to.deep.equal({ reason: 'drained' });
    });

    it('closes once and refuses what comes after', async () => {
      const { ledger, source } = await start();

      await Promise.all([ledger.close('first'), ledger.close('second')]);
      const fault = await errorOf(ledger.append(intentDraft('late', now())));

      expect(fault).to.have.property('code', 'closed');
      const closes = (await readBack(await source())).filter(({ type }) => type === 'lane.close');
      expect(closes).to.have.lengthOf(1);
    });

    it('tells observers of every record as it lies in the evidence, and of no other', async () => {
      const { ledger, source, breakWrites } = await start();
      const told: DurableRecord[] = [];
      ledger.observe(() => {
        throw new Error('a projection that is broken');
      });
      ledger.observe((record) => told.push(record));

      await ledger.append(intentDraft('x1', now()));
      breakWrites?.();
      await errorOf(ledger.append(intentDraft('perhaps', now())));
      rig.mendWrites();
      await ledger.close('done');

      const records = await hashedRecords(await source());
      expect(
        told.map(({ receipt: { seq, hash }, draft: { type, ts } }) => [seq, hash, type, ts]),
      ).to.deep.equal(records.map(({ record: { seq, type, ts }, hash }) => [seq, hash, type, ts]));
      expect(told.map(({ draft }) => draft.type)).to.include.members(['lane.open', 'lane.close']);
    });

    it('writes evidence that verifies', async () => {
      const { ledger, source, trust } = await start();
      for (const exchange of ids(5)) {
        await ledger.append(intentDraft(exchange, now()));
        await ledger.append(outcomeDraft(exchange, now()));
      }

      await ledger.close('done');

      const verification = await verifyEvidence(await source(), [trust]);
      expect(verification.problems.map(({ code }) => code)).to.deep.equal([...lacks]);
      expect(verification).to.deep.include({ lanes: 1, records: 12, intents: 5, outcomes: 5 });
      expect(verification.dangling).to.deep.equal([]);
    });
  });
}

function ids(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `x${index}`);
}

async function readBack(source: EvidenceSource): Promise<readonly StoredRecord[]> {
  return (await hashedRecords(source)).map(({ record }) => record);
}

async function hashedRecords(source: EvidenceSource): Promise<readonly HashedRecord[]> {
  const records: HashedRecord[] = [];
  for (const lane of source.lanes) {
    for await (const line of lane.lines) records.push(...(readCommit(line)?.records ?? []));
  }
  return records;
}

async function countLines(source: EvidenceSource): Promise<number> {
  let count = 0;
  for (const lane of source.lanes) {
    for await (const _ of lane.lines) {
      count += 1;
    }
  }
  return count;
}

async function windowsOf(source: EvidenceSource) {
  const exits = (await readBack(source)).filter(({ type }) => type === 'degraded.exit');
  return exits.map(({ detail }) => ({ cause: detail?.cause, refused: detail?.refused }));
}

async function problemsOf(source: EvidenceSource, trust: SignatureKey) {
  return (await verifyEvidence(source, [trust])).problems.map(({ code }) => code);
}

function codesOf(results: readonly PromiseSettledResult<Receipt>[]): readonly string[] {
  return results.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []));
}

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}
