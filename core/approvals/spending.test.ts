import { expect } from 'chai';
import type { Approval } from './approval.ts';
import { approver, ballot, FINANCE, newSigner, request, T0, TERMS } from './approvals.testkit.ts';
import { comesTo, move } from './moves.testkit.ts';
import { type ApprovalEvent, requested } from './states.ts';

const ASKED = request('1');
const WINDOW = request('w', {
  terms: { ...TERMS, allowance: { scope: 'Window', maxUses: 2, ttlSeconds: 600 } },
});
const bob = approver('bob');
const pending = requested(ASKED, T0);
const granted = move(pending, { kind: 'vote', ...ballot(ASKED, bob) });
const SPEND = {
  kind: 'consume',
  binding: ASKED.binding,
  nonce: 'a'.repeat(32),
  exchange: 'x-1',
} as const;
const revocation: ApprovalEvent = { kind: 'revoke', approver: bob, reason: 'wrong account' };

describe('spending a grant', () => {
  const refusals: readonly {
    readonly name: string;
    readonly event: ApprovalEvent;
    readonly code: string;
  }[] = [
    {
      name: 'for another call',
      event: { ...SPEND, binding: '0'.repeat(64) },
      code: 'binding_mismatch',
    },
    {
      name: 'by another nonce',
      event: { ...SPEND, nonce: 'b'.repeat(32) },
      code: 'nonce_mismatch',
    },
  ];
  for (const { name, event, code } of refusals) {
    it(`${name} is refused, and the grant stays good`, () => {
      expect(comesTo(granted, event)).to.equal(code);
      expect(comesTo(granted, SPEND)).to.equal('CONSUMED');
    });
  }

  it('is refused where the store was edited', () => {
    if (granted.state !== 'GRANTED') throw new Error('not granted');
    const { grant } = granted;
    const binding = '0'.repeat(64);
    const edited: readonly Approval[] = [
      { ...granted, grant: { ...grant, maxUses: 9 } },
      { ...granted, grant: { ...grant, expiresAtMillis: T0 + 86_400_000 } },
      { ...granted, grant: { ...grant, binding }, request: { ...ASKED, binding } },
      { ...granted, request: { ...ASKED, id: 'request-2' } },
    ];

    for (const approval of edited) {
      const event = { ...SPEND, binding: approval.request.binding };
      expect(comesTo(approval, event)).to.equal('grant_forged');
    }
  });

  it('is refused where votes that made the grant are gone', () => {
    const needs = [{ ...FINANCE, quorum: 2 }];
    const asked = request('2', { terms: { ...TERMS, needs } });
    const half = move(requested(asked, T0), { kind: 'vote', ...ballot(asked, bob) });
    const whole = move(half, { kind: 'vote', ...ballot(asked, approver('carol')) });
    const spend = { ...SPEND, binding: asked.binding };

    expect(comesTo({ ...whole, votes: half.votes }, spend)).to.equal('grant_forged');
    expect(comesTo({ ...whole, votes: [] }, spend)).to.equal('grant_forged');
    expect(comesTo(whole, spend)).to.equal('CONSUMED');
  });

  it('names nobody who did not vote', () => {
    const [real] = granted.votes;
    const forged = { ...real!, subject: 'carol', person: 'carol@example.com' };

    const spent = move({ ...granted, votes: [...granted.votes, forged] }, SPEND);

    expect(spent.votes.map(({ subject }) => subject)).to.deep.equal(['bob']);
  });

  it('is refused where somebody granted it to themselves', () => {
    const own = ballot(ASKED, bob, 'approve', { signer: newSigner() });
    if (own.choice !== 'approve') throw new Error('not an approval');
    const forged: Approval = {
      ...pending,
      state: 'GRANTED',
      grant: own.grant,
      spending: { uses: 0, open: [] },
    };

    expect(comesTo(forged, SPEND)).to.equal('grant_forged');
    expect(comesTo(pending, { kind: 'vote', ...own })).to.equal('vote_forged');
    const signed = { ...ballot(ASKED, bob), grant: own.grant };
    expect(comesTo(pending, { kind: 'vote', ...signed })).to.equal('grant_invalid');
  });
});

describe('a window', () => {
  const open = move(requested(WINDOW, T0), { kind: 'vote', ...ballot(WINDOW, bob) });
  const spend = (exchange: string): ApprovalEvent => ({
    ...SPEND,
    binding: WINDOW.binding,
    exchange,
  });

  it('lets through as many calls as were granted, and is done when all have ended', () => {
    const first = move(open, spend('x-1'));
    const both = move(first, spend('x-2'));

    expect(first.state).to.equal('GRANTED');
    expect(both).to.deep.include({
      state: 'CONSUMED',
      spending: { uses: 2, open: ['x-1', 'x-2'] },
    });
    expect(comesTo(both, spend('x-3'))).to.equal('not_granted');
    const half = move(both, { kind: 'settle', exchange: 'x-2' });
    expect(half.state).to.equal('CONSUMED');
    expect(move(half, { kind: 'settle', exchange: 'x-1' }).state).to.equal('DONE');
  });

  it('is not made longer by its use', () => {
    const used = move(open, spend('x-1'), T0 + 599_999);

    expect(comesTo(used, spend('x-2'), T0 + 600_000)).to.equal('expired');
  });

  it('takes each call once', () => {
    expect(comesTo(move(open, spend('x-1')), spend('x-1'))).to.equal('exchange_spent');
  });

  it('settles a call that was under way when it closed, and stays closed', () => {
    const used = move(open, spend('x-1'));
    const revoked = move(used, revocation);

    const settled = move(revoked, { kind: 'settle', exchange: 'x-1' });

    expect(settled).to.deep.include({ state: 'REVOKED', spending: { uses: 1, open: [] } });
    expect(comesTo(settled, { kind: 'settle', exchange: 'x-1' })).to.equal('exchange_unknown');
  });
});
