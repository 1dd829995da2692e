import { expect } from 'chai';
import {
  approver,
  breaking,
  GLASS_TERMS,
  request,
  reviewing,
} from '#core/approvals/approvals.testkit.ts';
import { glassOf } from '#core/approvals/break-glass.ts';
import { move } from '#core/approvals/moves.testkit.ts';
import { approvalRecord, refusedGlassRecord } from '#core/approvals/recorded.ts';
import { requested } from '#core/approvals/states.ts';
import { fixedLog, sourceOfLog } from './log.fixture.ts';
import type { RecordDraft } from './record.ts';
import { signatureKey } from './signature.ts';
import { verifyEvidence } from './verify.ts';

const DAY = 24 * 60 * 60 * 1000;
/** Later than the records that a log of tests begins with. */
const NOW = Date.parse('2026-06-01T00:00:00Z');
const at = (millis: number) => new Date(millis).toISOString().replace('Z', '000Z');
const [SOON, LATER] = [at(NOW + 1000), at(NOW + 2 * DAY)];
const NONCE = 'a'.repeat(32);

const asked = request('1', { terms: GLASS_TERMS });
const olga = approver('olga', { groups: ['oncall'] });
const smash = { kind: 'break', ...breaking(asked, olga, { nowMillis: NOW }) } as const;
const glass = move(requested(asked, NOW), smash, NOW);
const spend = { kind: 'consume', binding: asked.binding, nonce: NONCE, exchange: 'x-1' } as const;
const spent = move(glass, spend, NOW);
const review = { kind: 'review', ...reviewing(glassOf(spent)!, approver('bob')) } as const;
const done = move(spent, review, NOW);
const broken = approvalRecord('approval.glass_broken', glass, SOON);
const consumed = approvalRecord('approval.consumed', spent, SOON, 'x-1');
const reviewed = approvalRecord('approval.glass_reviewed', done, SOON);
const newest = approvalRecord('approval.expired', spent, LATER);

async function verify(drafts: readonly RecordDraft[]) {
  const log = fixedLog(
    drafts.map((draft) => [draft]),
    [drafts.length - 1],
  );
  const found = await verifyEvidence(sourceOfLog(log), [signatureKey(log.trust.publicKey)]);
  const { verdict, problems, notes } = found;
  const about = notes.filter(({ code }) => code.startsWith('glass_'));
  return { verdict, codes: problems.map(({ code }) => code), notes: about };
}

function by(subject: string, draft: RecordDraft, ts = draft.ts): RecordDraft {
  return { ...draft, ts, approval: { ...draft.approval!, approver: subject } };
}

describe('evidence of broken glass', () => {
  it('holds when it was reviewed in time', async () => {
    expect(await verify([broken, consumed, reviewed, newest])).to.deep.equal({
      verdict: 'verified',
      codes: [],
      notes: [],
    });
  });

  it('holds while there is time for its review', async () => {
    expect((await verify([broken, consumed])).notes).to.deep.equal([]);
  });

  it('reports a review that is not there when its time is over', async () => {
    const { verdict, notes } = await verify([broken, consumed, newest]);

    expect(verdict).to.equal('verified');
    expect(notes).to.have.length(1);
    expect(notes[0]).to.include({ code: 'glass_unreviewed', seq: 2 });
    expect(notes[0]?.message).to.equal(
      'glass broken for approval request-1 was not reviewed within the time for it',
    );
  });

  it('reports a review that came late', async () => {
    const { notes } = await verify([broken, consumed, { ...reviewed, ts: LATER }]);

    expect(notes[0]?.message).to.contain('was reviewed, but not within the time for it');
  });

  it('is in doubt when a call went on and nobody is on record for it', async () => {
    expect(await verify([consumed])).to.deep.include({
      verdict: 'inconclusive',
      codes: ['glass_unrecorded'],
    });
  });

  for (const [who, subject] of [
    ['whoever broke it', 'olga'],
    ['whoever asked for the call', 'alice'],
  ] as const) {
    it(`shows tampering when it was reviewed by ${who}`, async () => {
      expect(await verify([broken, consumed, by(subject, reviewed)])).to.deep.include({
        verdict: 'tampered',
        codes: ['glass_self_reviewed'],
      });
    });
  }

  it('expects no review of what the store did not take', async () => {
    const said = { by: olga, nonce: NONCE, refusal: 'store_unavailable' };
    const refused = refusedGlassRecord('approval.glass_broken', glass, said, SOON);

    expect((await verify([broken, refused, newest])).notes).to.deep.equal([]);
    expect((await verify([broken, refused, consumed, newest])).notes).to.have.length(1);
  });

  it('counts no review that the store did not take', async () => {
    const said = { by: approver('bob'), nonce: NONCE, refusal: 'store_unavailable' };
    const refused = refusedGlassRecord('approval.glass_reviewed', done, said, SOON);

    expect((await verify([broken, reviewed, refused, newest])).notes).to.have.length(1);
    expect(
      (await verify([broken, reviewed, refused, by('carol', reviewed), newest])).notes,
    ).to.deep.equal([]);
  });

  it('still shows a grant that was spent twice, or after it was taken back', async () => {
    const revoke = { kind: 'revoke', approver: approver('bob'), reason: 'no' } as const;
    const revoked = approvalRecord('approval.revoked', move(glass, revoke, NOW), SOON);

    expect((await verify([broken, consumed, consumed])).codes).to.include('grant_spent_twice');
    expect((await verify([broken, revoked, consumed])).codes).to.include('grant_spent_after_end');
  });
});
