import { expect } from 'chai';
import type { Approval } from './approval.ts';
import { approver, ballot, FINANCE, request, T0, TERMS } from './approvals.testkit.ts';
import type { Approver } from './approver.ts';
import { comesTo, move } from './moves.testkit.ts';
import { type ApprovalEvent, requested } from './states.ts';

const ASKED = request('1');
const bob = approver('bob');
const carol = approver('carol');
const pending = requested(ASKED, T0);
const granted = move(pending, vote(bob));

function vote(by: Approver, choice: 'approve' | 'deny' = 'approve', asked = ASKED): ApprovalEvent {
  return { kind: 'vote', ...ballot(asked, by, choice) };
}

describe('voting', () => {
  const two = request('2', { terms: { ...TERMS, needs: [{ ...FINANCE, quorum: 2 }] } });
  const half = move(requested(two, T0), vote(bob, 'approve', two));

  it('waits for as many people as the policy says', () => {
    expect(half).to.include({ state: 'PENDING', version: 2 });
    expect(comesTo(half, vote(carol, 'approve', two))).to.equal('GRANTED');
  });

  it('counts a person once, under whatever account', () => {
    const account = approver('bob-admin', { person: 'bob@example.com' });

    expect(comesTo(half, vote(bob, 'approve', two))).to.equal('already_voted');
    expect(comesTo(half, vote(account, 'approve', two))).to.equal('already_voted');
  });

  it('counts a person of two groups once', () => {
    const needs = [{ ...FINANCE, groups: ['finance', 'board'], quorum: 2 }];
    const asked = request('3', { terms: { ...TERMS, needs } });
    const both = approver('bob', { groups: ['finance', 'board'] });
    const once = move(requested(asked, T0), vote(both, 'approve', asked));
    const asBoard = approver('bob', { groups: ['board'] });

    expect(once.state).to.equal('PENDING');
    expect(comesTo(once, vote(asBoard, 'approve', asked))).to.equal('already_voted');
    expect(comesTo(once, vote(carol, 'approve', asked))).to.equal('GRANTED');
  });

  it('ends with one denial, also of somebody who had approved', () => {
    expect(comesTo(half, vote(carol, 'deny', two))).to.equal('DENIED');
    expect(comesTo(half, vote(bob, 'deny', two))).to.equal('DENIED');
  });

  it('takes no denial from the requester: that is cancelling', () => {
    expect(comesTo(half, vote(approver('alice'), 'deny', two))).to.equal('requester');
    expect(comesTo(half, { kind: 'cancel', by: bob })).to.equal('not_the_requester');
  });

  it('needs a reason', () => {
    const silent = { ...ballot(ASKED, bob), reason: ' ' };

    expect(comesTo(pending, { kind: 'vote', ...silent })).to.equal('reason_invalid');
    expect(comesTo(granted, { kind: 'revoke', approver: bob, reason: '' })).to.equal(
      'reason_invalid',
    );
  });

  it('keeps the grant of the vote that completes it', () => {
    const last = ballot(two, carol, 'approve', { nonce: 'c'.repeat(32), nowMillis: T0 + 1000 });
    const done = move(half, { kind: 'vote', ...last }, T0 + 1000);

    expect(done.state === 'GRANTED' && done.grant.nonce).to.equal('c'.repeat(32));
    expect(done.state === 'GRANTED' && done.grant.expiresAtMillis).to.equal(T0 + 301_000);
  });

  it('ends somewhere, when many approve what needs somebody else', () => {
    const board = { ...FINANCE, approval: 'board', groups: ['board'] };
    const asked = request('3', { terms: { ...TERMS, needs: [FINANCE, board] } });
    let approval: Approval = requested(asked, T0);
    for (let index = 0; index < 64; index += 1) {
      approval = move(approval, vote(approver(`p${index}`), 'approve', asked));
    }

    expect(comesTo(approval, vote(bob, 'approve', asked))).to.equal('votes_full');
    expect(comesTo(approval, vote(bob, 'deny', asked))).to.equal('DENIED');
  });

  it('keeps no vote that nobody signed, and is full of votes that somebody did', () => {
    const [real] = half.votes;
    const forged = Array.from({ length: 64 }, (_, at) => ({
      ...{ ...real!, subject: `p${at}`, person: `p${at}@example.com` },
      signature: 'A'.repeat(86),
    }));

    const spoilt = { ...half, votes: [...forged, ...half.votes] };
    const done = move(spoilt, vote(carol, 'approve', two));

    expect(done.state).to.equal('GRANTED');
    expect(done.votes.map(({ subject }) => subject)).to.deep.equal(['bob', 'carol']);
  });

  it('is revoked by approvers alone', () => {
    const revoke = (by: string, groups = ['finance']): ApprovalEvent => ({
      kind: 'revoke',
      approver: approver(by, { groups }),
      reason: 'no',
    });

    expect(comesTo(granted, revoke('alice'))).to.equal('requester');
    expect(comesTo(granted, revoke('eve', []))).to.equal('not_an_approver');
    expect(comesTo(granted, revoke('carol'))).to.equal('REVOKED');
  });
});
