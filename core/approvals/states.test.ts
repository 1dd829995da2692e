import { expect } from 'chai';
import type { Approval } from './approval.ts';
import { approver, ballot, request, T0 } from './approvals.testkit.ts';
import { comesTo, move } from './moves.testkit.ts';
import { type ApprovalEvent, asOf, requested } from './states.ts';

const ASKED = request('1');
const bob = approver('bob');
const carol = approver('carol');
const NONCE = 'a'.repeat(32);
const SPEND = { kind: 'consume', binding: ASKED.binding, nonce: NONCE, exchange: 'x-1' } as const;
const CANCEL = {
  kind: 'cancel',
  by: { issuer: ASKED.requester.issuer, subject: ASKED.requester.subject },
} as const;

const vote = (by = bob, choice: 'approve' | 'deny' = 'approve'): ApprovalEvent => ({
  kind: 'vote',
  ...ballot(ASKED, by, choice),
});
const revocation: ApprovalEvent = { kind: 'revoke', approver: bob, reason: 'wrong account' };

const pending = requested(ASKED, T0);
const granted = move(pending, vote());
const consumed = move(granted, SPEND);
const byState: { readonly [State in Approval['state']]: Approval } = {
  PENDING: pending,
  GRANTED: granted,
  CONSUMED: consumed,
  DONE: move(consumed, { kind: 'settle', exchange: 'x-1' }),
  DENIED: move(pending, vote(bob, 'deny')),
  EXPIRED: move(pending, { kind: 'expire' }, T0 + 900_000),
  CANCELLED: move(pending, CANCEL),
  REVOKED: move(granted, revocation),
};
const expiredGrant = move(granted, { kind: 'expire' }, T0 + 300_000);

/** What each event makes of each state, in time: a state, or the code of the refusal. */
const TABLE: { readonly [State in Approval['state']]: readonly string[] } = {
  //          approve        deny           consume        settle              cancel         revoke         expire
  PENDING: [
    'GRANTED',
    'DENIED',
    'not_granted',
    'exchange_unknown',
    'CANCELLED',
    'not_granted',
    'not_due',
  ],
  GRANTED: [
    'not_pending',
    'not_pending',
    'CONSUMED',
    'exchange_unknown',
    'not_pending',
    'REVOKED',
    'not_due',
  ],
  CONSUMED: [
    'not_pending',
    'not_pending',
    'not_granted',
    'DONE',
    'not_pending',
    'not_granted',
    'not_due',
  ],
  DONE: [
    'not_pending',
    'not_pending',
    'not_granted',
    'exchange_unknown',
    'not_pending',
    'not_granted',
    'not_due',
  ],
  DENIED: [
    'not_pending',
    'not_pending',
    'not_granted',
    'exchange_unknown',
    'not_pending',
    'not_granted',
    'not_due',
  ],
  EXPIRED: ['expired', 'expired', 'expired', 'exchange_unknown', 'expired', 'expired', 'not_due'],
  CANCELLED: [
    'not_pending',
    'not_pending',
    'not_granted',
    'exchange_unknown',
    'not_pending',
    'not_granted',
    'not_due',
  ],
  REVOKED: [
    'not_pending',
    'not_pending',
    'not_granted',
    'exchange_unknown',
    'not_pending',
    'not_granted',
    'not_due',
  ],
};

const EVENTS: readonly ApprovalEvent[] = [
  vote(carol),
  vote(carol, 'deny'),
  SPEND,
  { kind: 'settle', exchange: 'x-1' },
  CANCEL,
  revocation,
  { kind: 'expire' },
];

describe('the states of an approval', () => {
  for (const [state, approval] of Object.entries(byState)) {
    for (const [index, event] of EVENTS.entries()) {
      const name = event.kind === 'vote' ? `a vote to ${event.choice}` : event.kind;
      const expected = TABLE[approval.state][index];
      it(`${state}: ${name} comes to ${expected}`, () => {
        expect(approval.state).to.equal(state);
        expect(comesTo(approval, event)).to.equal(expected);
      });
    }
  }

  it('count up one version per transition', () => {
    expect([pending, granted, consumed, byState.DONE].map(({ version }) => version)).to.deep.equal([
      1, 2, 3, 4,
    ]);
  });

  it('keep every vote, with its reason', () => {
    const votes = byState.DENIED.votes.map(({ signature: _, ...vote }) => vote);

    expect(votes).to.deep.equal([
      {
        issuer: bob.issuer,
        subject: 'bob',
        person: 'bob@example.com',
        serves: [0],
        choice: 'deny',
        reason: 'checked with the customer',
        atMillis: T0,
      },
    ]);
    expect(byState.DENIED).to.deep.include({
      ending: {
        atMillis: T0,
        by: { issuer: bob.issuer, subject: 'bob' },
        reason: 'checked with the customer',
      },
    });
  });

  it('never change a value that was handed out', () => {
    const before = structuredClone(pending);

    move(pending, vote());

    expect(pending).to.deep.equal(before);
  });
});

describe('a deadline', () => {
  it('ends a request at its very millisecond', () => {
    expect(comesTo(pending, vote(), T0 + 899_999)).to.equal('grant_invalid');
    expect(comesTo(pending, vote(bob, 'deny'), T0 + 899_999)).to.equal('DENIED');
    expect(comesTo(pending, vote(bob, 'deny'), T0 + 900_000)).to.equal('expired');
    expect(comesTo(pending, CANCEL, T0 + 900_000)).to.equal('expired');
  });

  it('ends a grant at its very millisecond', () => {
    expect(comesTo(granted, SPEND, T0 + 299_999)).to.equal('CONSUMED');
    expect(comesTo(granted, SPEND, T0 + 300_000)).to.equal('expired');
    expect(comesTo(granted, revocation, T0 + 300_000)).to.equal('expired');
  });

  it('is what the end is dated by, whenever somebody looks', () => {
    expect(asOf(pending, T0 + 86_400_000)).to.deep.include({
      state: 'EXPIRED',
      ending: { atMillis: T0 + 900_000 },
    });
    expect(asOf(granted, T0 + 86_400_000)).to.deep.equal(expiredGrant);
    expect(asOf(pending, T0)).to.equal(pending);
  });

  it('does not come back when the clock does', () => {
    expect(comesTo(byState.EXPIRED, vote(), T0)).to.equal('expired');
    expect(comesTo(expiredGrant, SPEND, T0)).to.equal('expired');
  });

  it('leaves a call alone that was let through in time', () => {
    expect(comesTo(consumed, { kind: 'settle', exchange: 'x-1' }, T0 + 86_400_000)).to.equal(
      'DONE',
    );
  });
});
