import { expect } from 'chai';
import { prepareDraft } from '#core/evidence/draft.ts';
import type { RecordDraft } from '#core/evidence/record.ts';
import type { Approval } from './approval.ts';
import { approver, ballot, principal, request, T0 } from './approvals.testkit.ts';
import { move } from './moves.testkit.ts';
import { type ApprovalRecordType, approvalRecord, refusedDecisionRecord } from './recorded.ts';
import { requested } from './states.ts';

const TS = '2026-01-01T00:00:00.000000Z';
const actors = [{ subject: 'bot' }];
const ASKED = request('1', { by: principal('alice', { actors, clientId: 'agent' }) });
const bob = approver('bob');
const pending = requested(ASKED, T0);
const granted = move(pending, { kind: 'vote', ...ballot(ASKED, bob) });
const denied = move(pending, { kind: 'vote', ...ballot(ASKED, bob, 'deny') });
const spend = { binding: ASKED.binding, nonce: 'a'.repeat(32), exchange: 'x-1' };
const consumed = move(granted, { kind: 'consume', ...spend });
const cancelled = move(pending, { kind: 'cancel', by: ASKED.requester });
const revoked = move(granted, { kind: 'revoke', approver: bob, reason: 'wrong account' });
const expired = move(pending, { kind: 'expire' }, T0 + 900_000);

const voter = { approverIssuer: bob.issuer, approver: 'bob' };
const why = 'checked with the customer';
const grantFacts = {
  approvers: ['bob'],
  nonce: 'a'.repeat(32),
  maxUses: 1,
  expiresAtMillis: T0 + 300_000,
};

const cases: readonly {
  readonly type: ApprovalRecordType;
  readonly approval: Approval;
  readonly says: object;
}[] = [
  { type: 'approval.requested', approval: pending, says: { expiresAtMillis: T0 + 900_000 } },
  {
    type: 'approval.voted',
    approval: granted,
    says: { ...voter, choice: 'approve', reason: why },
  },
  { type: 'approval.voted', approval: denied, says: { ...voter, choice: 'deny', reason: why } },
  {
    type: 'approval.granted',
    approval: granted,
    says: { ...grantFacts, requestedAtMillis: T0 },
  },
  { type: 'approval.consumed', approval: consumed, says: { ...grantFacts, use: 1 } },
  { type: 'approval.denied', approval: denied, says: { ...voter, reason: why } },
  { type: 'approval.revoked', approval: revoked, says: { ...voter, reason: 'wrong account' } },
  { type: 'approval.expired', approval: expired, says: {} },
  { type: 'approval.cancelled', approval: cancelled, says: {} },
];

describe('the record of an approval', () => {
  for (const { type, approval, says } of cases) {
    it(`${type} (${approval.state}) says who, what and why`, () => {
      const draft = approvalRecord(type, approval, TS, 'x-1');

      expect(draft).to.deep.equal({
        type,
        ts: TS,
        exchange: 'x-1',
        principal: { issuer: bob.issuer, subject: 'alice', actors, client: 'agent' },
        approval: {
          id: ASKED.id,
          binding: ASKED.binding,
          state: approval.state,
          rule: 'payments/refunds',
          scope: 'Call',
          target: 'tool:refund',
          ...says,
        },
      });
    });

    it(`${type} (${approval.state}) is one that evidence takes, without the arguments`, () => {
      const draft = approvalRecord(type, approval, TS);

      expect(() => prepareDraft(draft)).to.not.throw();
      expect(JSON.stringify(draft)).to.not.include('50.5');
      expect(JSON.stringify(draft)).to.not.include('@example.com');
    });
  }

  it('says who tried to decide and had no say', () => {
    const { issuer, subject } = ASKED.requester;
    const refused = { approverIssuer: issuer, approver: subject, choice: 'approve' } as const;

    const draft = refusedDecisionRecord(pending, { ...refused, refusal: 'requester' }, TS);

    expect(draft.type).to.equal('approval.voted');
    expect(draft.approval).to.deep.include({ ...refused, refusal: 'requester', state: 'PENDING' });
    expect(() => prepareDraft(draft)).to.not.throw();
  });

  for (const edit of [{ binding: 'short' }, { use: 1.5 }, { approvers: [1] }, { id: undefined }]) {
    it(`is not taken with ${JSON.stringify(edit)}`, () => {
      const draft = approvalRecord('approval.consumed', consumed, TS);
      const edited = { ...draft, approval: { ...draft.approval, ...edit } } as RecordDraft;

      expect(() => prepareDraft(edited)).to.throw('approval');
    });
  }

  it('cuts long names, between whole characters', () => {
    const name = `${'x'.repeat(255)}👍👍`;
    const long = requested({ ...ASKED, target: { kind: 'tool', name } }, T0);

    const draft = approvalRecord('approval.requested', long, TS);

    expect(draft.approval?.target.length).to.be.below(260);
    expect(() => prepareDraft(draft)).to.not.throw();
  });

  it('keeps what a URI may carry in secret to itself', () => {
    const name = 'https://user:secret@db.example/table?key=secret#secret';
    const asked = requested({ ...ASKED, target: { kind: 'resource', name } }, T0);

    const draft = approvalRecord('approval.requested', asked, TS);

    expect(draft.approval?.target).to.equal('resource:https://…@db.example/table?…');
  });
});
