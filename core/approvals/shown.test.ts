import { expect } from 'chai';
import { approver, ballot, FINANCE, principal, request, T0, TERMS } from './approvals.testkit.ts';
import { move } from './moves.testkit.ts';
import { shownApproval, shownWhole } from './shown.ts';
import { requested } from './states.ts';

const bob = approver('bob');
const actors = [{ subject: 'bot', issuer: 'https://idp.example' }];
const ASKED = request('1', { by: principal('alice', { actors, clientId: 'agent' }) });
const pending = requested(ASKED, T0);
const granted = move(pending, { kind: 'vote', ...ballot(ASKED, bob) });

describe('an approval as it is shown', () => {
  it('says who asks for what, whose word it takes and until when', () => {
    expect(shownApproval(pending)).to.deep.equal({
      id: 'request-1',
      state: 'PENDING',
      rule: 'payments/refunds',
      server: 'https://payments.example/mcp',
      method: 'tools/call',
      target: { kind: 'tool', name: 'refund' },
      tool: 'refund',
      requester: 'alice',
      requesterIssuer: 'https://idp.example',
      requesterPerson: 'alice@example.com',
      client: 'agent',
      actors,
      binding: ASKED.binding,
      requestedAt: '2026-01-01T00:00:00.000Z',
      expiresAt: '2026-01-01T00:15:00.000Z',
      scope: 'Call',
      maxUses: 1,
      grantTtlSeconds: 300,
      needs: [FINANCE],
      missing: 1,
      votes: [],
    });
  });

  it('says who voted, and how much of the grant is left', () => {
    const { votes, grant, missing, expiresAt } = shownApproval(granted);

    expect(votes).to.deep.equal([
      {
        approver: 'bob',
        approverIssuer: 'https://idp.example',
        choice: 'approve',
        reason: 'checked with the customer',
        at: '2026-01-01T00:00:00.000Z',
      },
    ]);
    expect(grant).to.deep.equal({ expiresAt: '2026-01-01T00:05:00.000Z', maxUses: 1, uses: 0 });
    expect([missing, expiresAt]).to.deep.equal([0, grant?.expiresAt]);
  });

  it('holds nothing that could be spent', () => {
    const text = JSON.stringify(shownWhole(granted));

    expect(text).not.to.include('a'.repeat(32));
    expect(text).not.to.include('signature');
  });

  it('says who ended it and why, or that time did', () => {
    const spend = { binding: ASKED.binding, nonce: 'a'.repeat(32), exchange: 'x-1' };
    const revoked = move(granted, { kind: 'revoke', approver: bob, reason: 'wrong account' });
    const expired = move(pending, { kind: 'expire' }, T0 + 900_000);
    const spent = move(granted, { kind: 'consume', ...spend });
    const at = '2026-01-01T00:00:00.000Z';

    expect(shownApproval(revoked).ended).to.deep.equal({
      at,
      by: 'bob',
      byIssuer: 'https://idp.example',
      reason: 'wrong account',
    });
    expect(shownApproval(expired).ended).to.deep.equal({ at: '2026-01-01T00:15:00.000Z' });
    expect(shownApproval(spent)).not.to.have.any.keys('ended', 'expiresAt');
  });

  it('counts the people who are missing', () => {
    const two = request('2', { terms: { ...TERMS, needs: [{ ...FINANCE, quorum: 2 }] } });
    const half = move(requested(two, T0), { kind: 'vote', ...ballot(two, bob) });

    expect(shownApproval(half).missing).to.equal(1);
  });

  it('has the arguments only where one is shown', () => {
    expect(shownApproval(pending)).not.to.have.property('arguments');
    expect(shownWhole(pending).arguments).to.equal('{"order":"1","amount":50.5}');
  });
});
