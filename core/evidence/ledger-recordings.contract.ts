// What every ledger promises of recordings: durable before the record that names them, or not there at all.

import { expect } from 'chai';
import { testRecorder, withRecording } from '#core/recordings/recordings.fixture.ts';
import { DraftFault } from './draft.ts';
import { intentDraft, outcomeDraft, tickingClock } from './drafts.fixture.ts';
import type { BacklogLimits } from './lane-writer.ts';
import type { LedgerAdapter, LedgerRig } from './ledger.contract.ts';
import { LedgerFault } from './ledger.ts';
import { verifyEvidence } from './verify.ts';

export function describeLedgerRecordings({ name, open, lacks }: LedgerAdapter): void {
  describe(`${name} and recordings`, () => {
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

    it('keeps each recording that a record names, and verifies it', async () => {
      const { ledger, source, trust } = await start();
      const { record } = testRecorder();

      await Promise.all(
        ids(20).map((id) => ledger.append(...withRecording(intentDraft(id, now()), record(id)))),
      );
      await ledger.append(...withRecording(outcomeDraft('x1', now()), record('answer')));

      const { recordings } = await verifyEvidence(await source(), [trust]);
      expect(recordings).to.deep.equal({ named: 21, intact: 21, missing: 0 });
    });

    it('refuses a record that names a recording without it, and the other way round', async () => {
      const { ledger } = await start();
      const [draft, blob] = withRecording(intentDraft('x1', now()), testRecorder().record('x1'));

      expect(await errorOf(ledger.append(draft))).to.be.instanceOf(DraftFault);
      expect(await errorOf(ledger.append(intentDraft('x1', now()), blob))).to.be.instanceOf(
        DraftFault,
      );
      expect(ledger.healthy).to.equal(true);
    });

    it('bounds the recordings that wait', async () => {
      const { ledger } = await start({ count: 1000, sizeBytes: 1024 * 1024, blobBytes: 1000 });
      const { record } = testRecorder();

      const results = await Promise.allSettled(
        ids(10).map((id) => ledger.append(...withRecording(intentDraft(id, now()), record(id)))),
      );

      expect(codesOf(results)).to.include('backlog_full');
      await ledger.append(...withRecording(intentDraft('later', now()), record('later')));
    });

    it('keeps nothing of a recording whose record could not be made durable', async function () {
      const { ledger, source, trust, breakWrites } = await start();
      if (breakWrites === undefined) {
        this.skip();
      }
      const { record } = testRecorder();
      await ledger.append(...withRecording(intentDraft('x1', now()), record('before')));

      breakWrites();
      const lost = withRecording(outcomeDraft('x1', now()), record('lost'));
      const fault = await errorOf(ledger.append(...lost));
      rig.mendWrites();
      await ledger.append(...withRecording(intentDraft('x2', now()), record('after')));
      await ledger.close('done');

      expect(fault).to.be.instanceOf(LedgerFault).and.to.have.property('code', 'write_failed');
      const { problems, notes, recordings } = await verifyEvidence(await source(), [trust]);
      expect(problems.map(({ code }) => code)).to.deep.equal([...lacks]);
      expect(notes.map(({ code }) => code)).not.to.include('torn_tail');
      expect(recordings).to.deep.equal({ named: 2, intact: 2, missing: 0 });
    });
  });
}

function ids(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `x${index}`);
}

function codesOf(results: readonly PromiseSettledResult<unknown>[]): readonly string[] {
  return results.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []));
}

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}
