import { expect } from 'chai';
import type { DurableRecord } from '#core/evidence/ledger.ts';
import type { RecordDraft, RecordedApproval } from '#core/evidence/record.ts';
import { noticeOf } from './notice.ts';

const TS = '2026-03-01T12:00:00.000000Z';
const APPROVAL: RecordedApproval = {
  id: 'a1',
  binding: 'b'.repeat(64),
  state: 'PENDING',
  rule: 'payments/refunds',
  scope: 'Call',
  target: 'tool:refund',
};

function durable(draft: Omit<RecordDraft, 'ts'>): DurableRecord {
  const receipt = { lane: 'lane-1', seq: 7, hash: 'c'.repeat(64) };
  return { draft: { ts: TS, ...draft }, receipt, sizeBytes: 100 };
}

describe('what a record gives reason to tell', () => {
  for (const [type, event] of [
    ['approval.requested', 'ApprovalRequested'],
    ['approval.granted', 'ApprovalDecided'],
    ['approval.denied', 'ApprovalDecided'],
    ['approval.revoked', 'ApprovalDecided'],
    ['approval.cancelled', 'ApprovalDecided'],
    ['approval.expired', 'ApprovalExpired'],
    ['approval.glass_broken', 'BreakGlass'],
    ['approval.glass_overdue', 'ReviewOverdue'],
    ['degraded.enter', 'Degraded'],
    ['degraded.exit', 'Degraded'],
  ] as const) {
    it(`is ${event} for ${type}`, () => {
      expect(noticeOf(durable({ type, approval: APPROVAL }))?.event).to.equal(event);
    });
  }

  it('says who broke glass and until when that is to be reviewed, and nothing of what did not happen', () => {
    const broken = { ...APPROVAL, approver: 'olga', reason: 'down', reviewUntilMillis: 86_400_000 };
    const type = 'approval.glass_broken';

    expect(noticeOf(durable({ type, approval: broken }))?.approval).to.deep.equal({
      ...{ id: 'a1', state: 'PENDING', rule: 'payments/refunds', target: 'tool:refund' },
      ...{ approver: 'olga', reason: 'down', reviewUntilMillis: 86_400_000 },
    });
    expect(noticeOf(durable({ type, approval: { ...broken, refusal: 'expired' } }))).to.equal(
      undefined,
    );
  });

  it('names the record, who asked and what for, and nothing else of it', () => {
    const principal = { issuer: 'https://idp.example', subject: 'alice', client: 'agent' };

    expect(
      noticeOf(durable({ type: 'approval.requested', principal, approval: APPROVAL })),
    ).to.deep.equal({
      event: 'ApprovalRequested',
      ts: TS,
      record: 'lane-1#7',
      principal: { issuer: 'https://idp.example', subject: 'alice' },
      approval: { id: 'a1', state: 'PENDING', rule: 'payments/refunds', target: 'tool:refund' },
      facts: {},
    });
  });

  for (const refusal of ['requester', 'same_person', 'acts_for_requester']) {
    it(`is an attempt to decide about oneself when a vote was refused as ${refusal}`, () => {
      const approval = { ...APPROVAL, refusal };

      expect(noticeOf(durable({ type: 'approval.voted', approval }))?.event).to.equal(
        'SelfApprovalAttempt',
      );
    });
  }

  it('is nothing for a vote, nor for one that was refused for another reason', () => {
    const refused = { ...APPROVAL, refusal: 'not_an_approver' };

    expect(noticeOf(durable({ type: 'approval.voted', approval: APPROVAL }))).to.equal(undefined);
    expect(noticeOf(durable({ type: 'approval.voted', approval: refused }))).to.equal(undefined);
  });

  it('is a failure of masking, but not a message that a rule blocks', () => {
    const masking = (withheld: 'failed' | 'blocked') =>
      noticeOf(durable({ type: 'outcome', masking: { redactions: [], withheld } }))?.event;

    expect(masking('failed')).to.equal('MaskingFailed');
    expect(masking('blocked')).to.equal(undefined);
  });

  it('tells of a degraded window what the record says, without lists', () => {
    const detail = { dependency: 'telemetry', since: TS, parts: ['a', 'b'] };

    expect(noticeOf(durable({ type: 'degraded.exit', detail }))?.facts).to.deep.equal({
      dependency: 'telemetry',
      since: TS,
    });
  });
});
