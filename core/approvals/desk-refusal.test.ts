import { expect } from 'chai';
import { AUDIENCE, MCP, principal, request, T0 } from './approvals.testkit.ts';
import { caller, DeskBench, REASON } from './desk.testkit.ts';
import type { Act, Caller } from './desk.ts';

const alice = caller('alice');
const bob = caller('bob');
const carol = caller('carol');

describe('who is turned away at the desk', () => {
  const actor = { subject: 'bob', issuer: principal('bob').issuer };
  const cases: readonly {
    readonly name: string;
    readonly by: Caller;
    readonly code: string;
    readonly act?: Act;
    readonly reason?: string;
  }[] = [
    { name: 'the requester', by: alice, code: 'requester' },
    {
      name: 'the requester under another account',
      by: caller('alice-admin', { person: 'ALICE@example.com' }),
      code: 'same_person',
    },
    { name: 'someone of the act chain', by: caller('bob'), code: 'acts_for_requester' },
    {
      name: 'an agent with an approver’s token',
      by: caller('zoe', { actors: [actor] }),
      code: 'agent_token',
    },
    {
      name: 'a token for MCP',
      by: caller('zoe', { claims: { aud: MCP, auth_time: T0 / 1000 } }),
      code: 'audience_wrong',
    },
    {
      name: 'a stale sign-in',
      by: caller('zoe', { claims: { aud: AUDIENCE, auth_time: T0 / 1000 - 901 } }),
      code: 'sign_in_stale',
    },
    {
      name: 'somebody of another group',
      by: caller('zoe', { groups: ['sales'] }),
      code: 'not_an_approver',
    },
    {
      name: 'somebody of another issuer',
      by: caller('zoe', { issuer: 'https://other.example' }),
      code: 'other_issuer',
    },
    { name: 'an approver without a reason', by: carol, code: 'reason_invalid', reason: '' },
    {
      name: 'a denier without a reason',
      by: carol,
      act: 'deny',
      code: 'reason_invalid',
      reason: ' ',
    },
    { name: 'whoever revokes what was not granted', by: carol, act: 'revoke', code: 'not_granted' },
    {
      name: 'whoever cancels what others asked',
      by: carol,
      act: 'cancel',
      code: 'not_the_requester',
    },
  ];
  for (const { name, by, code, act = 'approve', reason = REASON } of cases) {
    it(`${name}: ${code}, on record, and nothing changes`, async () => {
      const bench = new DeskBench();
      const id = await bench.ask(
        '1',
        request('1', { by: principal('alice', { actors: [actor] }) }),
      );

      expect(await bench.decide(by, act, id, reason)).to.equal(code);

      expect(await bench.store.get(id)).to.include({ state: 'PENDING', version: 1 });
      expect(bench.story).to.deep.equal([`approval.voted ${by.principal.subject} ${code}`]);
    });
  }

  it('whoever names what there is not, without a record', async () => {
    const bench = new DeskBench();

    expect(await bench.decide(bob, 'approve', 'request-none')).to.equal('unknown');
    expect(bench.records).to.deep.equal([]);
  });

  it('hears no argument of a request that is none of their business', async () => {
    const bench = new DeskBench();
    const id = await bench.ask('1');
    const stranger = caller('zoe', { groups: ['sales'] });

    const answer = await bench.desk.decide(stranger, { id, act: 'approve', reason: REASON });

    expect(JSON.stringify(answer)).not.to.include('50.5');
    expect(answer).not.to.have.property('approval');
  });
});
