import { expect } from 'chai';
import { approver, ballot, request, T0 } from '#core/approvals/approvals.testkit.ts';
import { move } from '#core/approvals/moves.testkit.ts';
import { approvalRecord } from '#core/approvals/recorded.ts';
import { requested } from '#core/approvals/states.ts';
import { windowRequest } from '#core/approvals/store.testkit.ts';
import { fixedLog, sourceOfLog } from './log.fixture.ts';
import type { RecordDraft } from './record.ts';
import { signatureKey } from './signature.ts';
import { verifyEvidence } from './verify.ts';

const TS = '2026-03-01T12:00:01.000000Z';
const asked = windowRequest('1', 2);
const granted = move(requested(asked, T0), { kind: 'vote', ...ballot(asked, approver('bob')) });
const spend = { kind: 'consume', binding: asked.binding, nonce: 'a'.repeat(32) } as const;
const once = move(granted, { ...spend, exchange: 'x-1' });
const twice = move(once, { ...spend, exchange: 'x-2' });
const voted = approvalRecord('approval.voted', granted, TS);
const first = approvalRecord('approval.consumed', once, TS, 'x-1');
const second = approvalRecord('approval.consumed', twice, TS, 'x-2');

async function verify(drafts: readonly RecordDraft[]) {
  const log = fixedLog(
    drafts.map((draft) => [draft]),
    [drafts.length - 1],
  );
  return verifyEvidence(sourceOfLog(log), [signatureKey(log.trust.publicKey)]);
}

describe('evidence of spent grants', () => {
  it('holds when each use was spent once', async () => {
    const granting = approvalRecord('approval.granted', granted, TS);

    const { verdict, problems } = await verify([voted, granting, first, second]);

    expect({ verdict, problems }).to.deep.equal({ verdict: 'verified', problems: [] });
  });

  it('shows tampering when a use was spent twice', async () => {
    const replayed = approvalRecord('approval.consumed', once, TS, 'x-3');

    const { verdict, problems } = await verify([voted, first, second, replayed]);

    expect(verdict).to.equal('tampered');
    expect(problems).to.have.length(1);
    expect(problems[0]).to.include({ code: 'grant_spent_twice', seq: 5 });
  });

  describe('for one call, after somebody had ended the approval,', () => {
    const one = request('one');
    const vote = { kind: 'vote', ...ballot(one, approver('bob')) } as const;
    const given = move(requested(one, T0), vote);
    const revoke = { kind: 'revoke', approver: approver('carol'), reason: 'wrong' } as const;
    const revoked = approvalRecord('approval.revoked', move(given, revoke), TS);
    const forged = move(given, { ...spend, binding: one.binding, exchange: 'x-1' });
    const spent = approvalRecord('approval.consumed', forged, TS, 'x-1');
    const cast = approvalRecord('approval.voted', given, TS);

    for (const [name, drafts, seq] of [
      ['shows tampering', [cast, revoked, spent], 4],
      ['shows it in whatever order logs are read', [cast, spent, revoked], 3],
    ] as const) {
      it(name, async () => {
        const { verdict, problems } = await verify(drafts);

        expect(verdict).to.equal('tampered');
        expect(problems).to.have.length(1);
        expect(problems[0]).to.include({ code: 'grant_spent_after_end', seq });
      });
    }
  });

  it('holds when what was left of a window was taken back', async () => {
    const revoke = { kind: 'revoke', approver: approver('carol'), reason: 'enough' } as const;
    const revoked = approvalRecord('approval.revoked', move(once, revoke), TS);

    expect((await verify([voted, first, revoked])).verdict).to.equal('verified');
  });

  it('holds when another record than the first is the vote: it may be in the log of another gateway', async () => {
    const { verdict } = await verify([first, voted]);

    expect(verdict).to.equal('verified');
  });

  const { approval: vote, ...voting } = voted;
  const { approval: consumed, ...spending } = first;
  const unvoted: readonly [name: string, drafts: readonly RecordDraft[]][] = [
    ['nobody voted', [first]],
    [
      'the only vote was not taken',
      [{ ...voting, approval: { ...vote!, refusal: 'requester' } }, first],
    ],
    ['the only vote was a denial', [{ ...voting, approval: { ...vote!, choice: 'deny' } }, first]],
    [
      'the vote was somebody else’s',
      [{ ...voting, approval: { ...vote!, approver: 'zoe' } }, first],
    ],
    [
      'the vote was for something else',
      [{ ...voting, approval: { ...vote!, id: 'request-2' } }, first],
    ],
    ['it names no approver', [voted, { ...spending, approval: { ...consumed!, approvers: [] } }]],
  ];
  for (const [name, drafts] of unvoted) {
    it(`is in doubt when ${name}`, async () => {
      const { verdict, problems } = await verify(drafts);

      expect(verdict).to.equal('inconclusive');
      expect(problems).to.have.length(1);
      expect(problems[0]).to.include({ code: 'grant_without_votes', seq: drafts.length + 1 });
    });
  }
});
