import { expect } from 'chai';
import type { ApprovalConfig } from '#crds/policy.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { killGateway, startAskingRig, VERIFIED, verification } from './approving.ts';
import { Desk, textOf } from './desk.ts';
import type { Rig } from './rig.ts';
import { until } from './until.ts';

const REASON = ['--reason', 'checked with the customer'];

/** Nobody waits: each call is answered at once, and its retry finds what has been decided. */
function start(approval: Partial<ApprovalConfig> = {}): Promise<Rig<Fixture>> {
  return startAskingRig({ era: 'modern', holdSeconds: 0, approval });
}

describe('an approval', function () {
  // Each decision is a program of its own.
  this.timeout(60_000);
  let rig: Rig<Fixture>;
  let desk: Desk;
  afterEach(() => rig?.close());

  const refunds = () => rig.server.journal.executions('refund');

  it('that is taken back lets nothing through any more', async () => {
    rig = await start();
    desk = new Desk(rig);
    await desk.refund({ amount: 60 });
    const { id } = await desk.waiting();
    await desk.cli('carol', ['approve', id, ...REASON]);

    const bySelf = await desk.cli('alice', ['revoke', id, ...REASON]);
    const revoked = await desk.cli('dave', ['revoke', id, '--reason', 'wrong account']);

    expect(bySelf.stderr).to.include('(requester)');
    expect(revoked.stdout).to.match(new RegExp(`^${id} REVOKED by dave .*: wrong account\\n$`));
    expect(textOf(await desk.refund({ amount: 60 }))).to.include('taken back: wrong account');
    expect(refunds()).to.equal(0);
    expect((await desk.cli('dave', ['revoke', id, ...REASON])).stderr).to.include('(not_granted)');
    expect(await desk.story(id)).to.deep.equal([
      'approval.requested',
      'approval.voted carol',
      'approval.granted',
      'approval.voted alice requester',
      'approval.revoked dave',
      'approval.voted dave not_granted',
    ]);
    expect(await verification(rig)).to.deep.equal(VERIFIED);
  });

  it('takes as many people as the policy says, each of them once', async () => {
    rig = await start({ quorum: 2 });
    desk = new Desk(rig);
    await desk.refund({ amount: 60 });
    const { id } = await desk.waiting();

    const first = await desk.cli('carol', ['approve', id, ...REASON]);
    const again = await desk.cli('carol', ['approve', id, ...REASON]);
    const between = await desk.refund({ amount: 60 });
    await desk.cli('dave', ['approve', id, ...REASON]);

    expect(first.stdout).to.equal(`${id} PENDING, 1 more person must approve\n`);
    expect(again.stderr).to.include('(already_voted)');
    expect(textOf(between)).not.to.include('Refunded');
    expect(textOf(await desk.refund({ amount: 60 }))).to.equal('Refunded 60.');
    expect(refunds()).to.equal(1);
  });

  it('knows its votes after the gateway was killed', async () => {
    rig = await start({ quorum: 2 });
    desk = new Desk(rig);
    await desk.refund({ amount: 60 });
    const { id } = await desk.waiting();
    await desk.cli('carol', ['approve', id, ...REASON]);
    await killGateway(rig);

    await rig.restart({ flags: ['--hold-seconds', '0'] });
    const kept = await desk.show('dave', id);
    const again = await desk.cli('carol', ['approve', id, ...REASON]);
    const second = await desk.cli('dave', ['approve', id, ...REASON]);
    await killGateway(rig);
    await rig.restart({ flags: ['--hold-seconds', '0'] });

    expect(kept.votes.map(({ approver }) => approver)).to.deep.equal(['carol']);
    expect(again.stderr).to.include('(already_voted)');
    expect(second.stdout).to.equal(`${id} GRANTED, 0 of 1 used\n`);
    expect(textOf(await desk.refund({ amount: 60 }))).to.equal('Refunded 60.');
    expect(refunds()).to.equal(1);
    expect(await desk.story(id)).to.deep.equal([
      'approval.requested',
      'approval.voted carol',
      'approval.voted carol already_voted',
      'approval.voted dave',
      'approval.granted',
      'approval.consumed',
    ]);
    expect(await verification(rig)).to.deep.equal(VERIFIED);
  });

  it('and a request that nobody decides run out at their deadlines, once on record', async function () {
    this.timeout(120_000);
    rig = await start({ pendingTtl: '30s', grantTtl: '10s' });
    desk = new Desk(rig);
    await desk.refund({ amount: 60 });
    const { id: granted } = await desk.waiting();
    await desk.cli('carol', ['approve', granted, ...REASON]);
    await desk.refund({ amount: 70 });
    const { id: pending } = await desk.waiting();

    const stories = await until(
      'both expired on record',
      async () => {
        const both = [await desk.story(granted), await desk.story(pending)];
        return both.every((story) => story.includes('approval.expired')) && both;
      },
      90_000,
    );

    expect(stories).to.deep.equal([
      ['approval.requested', 'approval.voted carol', 'approval.granted', 'approval.expired'],
      ['approval.requested', 'approval.expired'],
    ]);
    const late = await desk.cli('dave', ['approve', pending, ...REASON]);
    expect(late.stderr).to.match(/\((expired|not_pending)\)/);
    expect(refunds()).to.equal(0);
    // Asking again asks people again.
    await desk.refund({ amount: 60 });
    expect((await desk.waiting()).id).not.to.be.oneOf([granted, pending]);
  });
});
