import { expect } from 'chai';
import type { Approval } from './approval.ts';
import {
  approver,
  ballot,
  breaking,
  FINANCE,
  GLASS_TERMS,
  newSigner,
  principal,
  request,
  reviewing,
  T0,
  TERMS,
  TRUSTED,
} from './approvals.testkit.ts';
import { type Breaking, glassOf, reviewStanding } from './break-glass.ts';
import { comesTo, move } from './moves.testkit.ts';
import type { ApprovalRequest } from './request.ts';
import { requested } from './states.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const oncall = (subject: string) => approver(subject, { groups: ['oncall'] });
const asked = request('1', { terms: GLASS_TERMS });
const pending = requested(asked, T0);
const broken = move(pending, { kind: 'break', ...breaking(asked, oncall('olga')) });
const spend = { kind: 'consume', binding: asked.binding, nonce: 'a'.repeat(32) } as const;

function breakAs(subject: string, groups: readonly string[], terms = GLASS_TERMS): string {
  const one = request('1', { terms });
  const by = approver(subject, { groups });
  return comesTo(requested(one, T0), { kind: 'break', ...breaking(one, by) });
}

function sayOf(approval: Approval, subject: string, groups: readonly string[] = ['finance']) {
  const glass = glassOf(approval)!;
  const review = reviewing(glass, approver(subject, { groups }));
  return comesTo(approval, { kind: 'review', ...review });
}

describe('breaking glass', () => {
  it('lets a request go on without a vote, once, and says who answers for it', () => {
    const spent = move(broken, { ...spend, exchange: 'x-1' });

    expect(broken).to.deep.include({ state: 'GRANTED', votes: [], version: 2 });
    expect(glassOf(spent)).to.include({ subject: 'olga', reason: 'payments are down' });
    expect(comesTo(spent, { ...spend, exchange: 'x-2' })).to.equal('not_granted');
  });

  it('is for whom the policy names, the requester among them', () => {
    expect(breakAs('olga', ['oncall'])).to.equal('GRANTED');
    expect(breakAs('alice', ['oncall'])).to.equal('GRANTED');
    expect(breakAs('bob', ['finance'])).to.equal('glass_not_yours');
    expect(breakAs('olga', ['oncall'], TERMS)).to.equal('glass_not_yours');
  });

  it('takes the leave of every approval that is asked for', () => {
    const needs = [...GLASS_TERMS.needs, { ...FINANCE, approval: 'legal' }];

    expect(breakAs('olga', ['oncall'], { ...GLASS_TERMS, needs })).to.equal('glass_not_yours');
  });

  it('holds no longer than 30 minutes, nor than approvers would have let it', () => {
    const allowance = { scope: 'Window', maxUses: 5, ttlSeconds: 8 * 3600 } as const;
    const long = request('1', { terms: { ...GLASS_TERMS, allowance } });

    expect(breaking(long, oncall('olga')).grant.expiresAtMillis).to.equal(T0 + 30 * MINUTE);
    expect(breaking(asked, oncall('olga')).grant.expiresAtMillis).to.equal(T0 + 5 * MINUTE);
    const stretched = { ...breaking(long, oncall('olga'), { nowMillis: T0 + MINUTE }) };
    expect(comesTo(requested(long, T0), { kind: 'break', ...stretched })).to.equal('grant_invalid');
  });

  const sound = breaking(asked, oncall('olga'));
  const vote = ballot(asked, approver('bob'));
  const refused: readonly [name: string, said: Breaking, code: string][] = [
    ['without a reason', { ...sound, reason: ' ' }, 'reason_invalid'],
    ['for a reason that was not signed', { ...sound, reason: 'another' }, 'glass_forged'],
    [
      'by a key nobody trusts',
      breaking(asked, oncall('olga'), { signer: newSigner() }),
      'glass_forged',
    ],
    [
      'with a grant of votes',
      { ...sound, ...(vote.choice === 'approve' ? { grant: vote.grant } : {}) },
      'grant_invalid',
    ],
    ['with a review far from now', { ...sound, reviewUntilMillis: T0 + 2 * DAY }, 'glass_forged'],
    [
      'for another request',
      breaking(request('2', { terms: GLASS_TERMS }), oncall('olga')),
      'grant_invalid',
    ],
  ];
  for (const [name, said, code] of refused) {
    it(`is refused ${name}`, () => {
      expect(comesTo(pending, { kind: 'break', ...said })).to.equal(code);
    });
  }

  it('comes too late for what is decided or over', () => {
    const denied = move(pending, { kind: 'vote', ...ballot(asked, approver('bob'), 'deny') });

    expect(comesTo(denied, { kind: 'break', ...sound })).to.equal('not_pending');
    expect(comesTo(pending, { kind: 'break', ...sound }, T0 + 15 * MINUTE)).to.equal('expired');
  });

  it('gives no grant to a vote, whatever that brings along', () => {
    const cast = { ...vote, grant: sound.grant } as typeof vote;

    expect(comesTo(pending, { kind: 'vote', ...cast })).to.equal('grant_invalid');
  });

  it('spends nothing whose glass somebody has changed or taken away', () => {
    const glass = glassOf(broken)!;
    const { glass: _, ...bare } = broken as Approval & { glass: object };

    for (const forged of [{ ...broken, glass: { ...glass, subject: 'zoe' } }, bare]) {
      expect(comesTo(forged as Approval, { ...spend, exchange: 'x-1' })).to.equal('glass_forged');
    }
  });

  it('can be taken back by an approver', () => {
    const revoke = { kind: 'revoke', approver: approver('bob'), reason: 'no need' } as const;

    expect(comesTo(broken, revoke)).to.equal('REVOKED');
  });
});

describe('the review of broken glass', () => {
  it('is by an approver who neither broke it nor asked for the call, nor acts for it', () => {
    const by = principal('alice', { actors: [{ subject: 'dora' }] });
    const through = request('1', { terms: GLASS_TERMS, by });
    const event = { kind: 'break', ...breaking(through, approver('olga', { groups: ['oncall'] })) };
    const glass = move(requested(through, T0), event as never);

    expect(sayOf(glass, 'bob')).to.equal('GRANTED');
    expect(sayOf(glass, 'olga', ['finance', 'oncall'])).to.equal('broke_it');
    expect(sayOf(glass, 'alice')).to.equal('requester');
    expect(sayOf(glass, 'dora')).to.equal('acts_for_requester');
    expect(sayOf(glass, 'zoe', ['oncall'])).to.equal('not_an_approver');
  });

  it('is not by the one who broke it under another account', () => {
    const other = approver('olga-2', { person: 'OLGA@example.com' });

    expect(comesTo(broken, { kind: 'review', ...reviewing(glassOf(broken)!, other) })).to.equal(
      'broke_it',
    );
  });

  it('is given once, whatever has become of the call, also after its time', () => {
    const spent = move(broken, { ...spend, exchange: 'x-1' });
    const ended = move(broken, { kind: 'expire' }, T0 + 5 * MINUTE);
    for (const approval of [broken, spent, ended]) {
      const review = reviewing(glassOf(approval)!, approver('bob'));
      const done = move(approval, { kind: 'review', ...review }, T0 + 3 * DAY);

      expect(done.state).to.equal(approval.state);
      expect(done.version).to.equal(approval.version + 1);
      expect(sayOf(done, 'carol')).to.equal('reviewed_already');
    }
  });

  it('needs a reason, and glass that was broken', () => {
    const review = reviewing(glassOf(broken)!, approver('bob'));

    expect(comesTo(broken, { kind: 'review', ...review, reason: '' })).to.equal('reason_invalid');
    expect(comesTo(broken, { kind: 'review', ...review, reason: 'other' })).to.equal(
      'review_forged',
    );
    expect(comesTo(pending, { kind: 'review', ...review })).to.equal('no_review_owed');
  });

  it('is open for 24 hours, then overdue, until it is done', () => {
    const standing = (approval: Approval, nowMillis: number) =>
      reviewStanding(approval, { nowMillis, trusted: TRUSTED });
    const review = reviewing(glassOf(broken)!, approver('bob'));
    const done = move(broken, { kind: 'review', ...review });

    expect(standing(broken, T0 + DAY - 1)).to.equal('open');
    expect(standing(broken, T0 + DAY)).to.equal('overdue');
    expect(standing(done, T0 + 9 * DAY)).to.equal('done');
    expect(standing(pending, T0)).to.equal(undefined);
  });

  it('counts for nothing when nobody signed it, and does not keep anybody from reviewing', () => {
    const glass = glassOf(broken)!;
    const review = reviewing(glass, approver('bob'), { signer: newSigner() });
    const { approver: by, ...words } = review;
    const forged = { ...words, issuer: by.issuer, subject: 'bob', person: by.person, atMillis: T0 };
    const stored = { ...broken, glass: { ...glass, review: forged } } as Approval;
    const judging = { nowMillis: T0 + DAY, trusted: TRUSTED };

    expect(comesTo(broken, { kind: 'review', ...review })).to.equal('review_forged');
    expect(reviewStanding(stored, judging)).to.equal('overdue');
    expect(sayOf(stored, 'carol')).to.equal('GRANTED');
  });

  it('is overdue at once where somebody moved its time', () => {
    const moved = { ...broken, glass: { ...glassOf(broken)!, reviewUntilMillis: T0 + 99 * DAY } };

    expect(reviewStanding(moved as Approval, { nowMillis: T0, trusted: TRUSTED })).to.equal(
      'overdue',
    );
  });

  it('of one request is none of another', () => {
    const other: ApprovalRequest = request('2', { terms: GLASS_TERMS });
    const two = move(requested(other, T0), { kind: 'break', ...breaking(other, oncall('olga')) });
    const review = reviewing(glassOf(broken)!, approver('bob'));

    expect(comesTo(two, { kind: 'review', ...review })).to.equal('review_forged');
  });
});
