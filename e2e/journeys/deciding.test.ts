import { expect } from 'chai';
import type { Fixture } from '#e2e/servers/serve.ts';
import { startAskingRig, VERIFIED, verification } from './approving.ts';
import { Desk, textOf } from './desk.ts';
import type { Rig } from './rig.ts';

const REASON = ['--reason', 'checked with the customer'];

// Issue 5, point 4: people decide through the CLI, with tokens of their own.
describe('a call that waits, and people who decide', function () {
  // Each decision is a program of its own.
  this.timeout(60_000);
  let rig: Rig<Fixture>;
  let desk: Desk;

  beforeEach(async () => {
    rig = await startAskingRig({ era: 'modern', holdSeconds: 45 });
    desk = new Desk(rig);
  });

  afterEach(() => rig.close());

  it('goes through once another person approves it', async () => {
    const answer = desk.refund({ amount: 50.5, customer: 'zoe' });
    const { id, tool, requester, missing } = await desk.waiting();
    const shown = await desk.show('carol', id);

    const approved = await desk.cli('carol', ['approve', id, ...REASON]);

    expect({ tool, requester, missing }).to.deep.equal({
      tool: 'refund',
      requester: 'alice',
      missing: 1,
    });
    expect(shown.arguments).to.equal('{"amount":50.5,"customer":"zoe"}');
    expect(approved).to.include({ code: 0, stderr: '' });
    expect(textOf(await answer)).to.equal('Refunded 50.5.');
    expect(rig.server.journal.executions('refund')).to.equal(1);
    expect(await desk.story(id)).to.deep.equal([
      'approval.requested',
      'approval.voted carol',
      'approval.granted',
      'approval.consumed',
    ]);
    const [listed] = JSON.parse((await desk.cli('carol', ['list', '--json'])).stdout);
    expect(listed).to.include({ id, tool: 'refund', requester: 'alice' });
    expect(listed.state).to.be.oneOf(['CONSUMED', 'DONE']);
    expect(await verification(rig)).to.deep.equal(VERIFIED);
  });

  it('is refused once another person denies it, and hears why', async () => {
    const answer = desk.refund({ amount: 60 });
    const { id } = await desk.waiting();

    const denied = await desk.cli('carol', ['deny', id, '--reason', 'no such order']);

    expect(denied.stdout).to.match(new RegExp(`^${id} DENIED by carol .*: no such order\\n$`));
    const { result } = await answer;
    expect(result?.isError).to.equal(true);
    expect(textOf(await desk.refund({ amount: 60 }))).to.include('denied: no such order');
    expect(rig.server.journal.executions('refund')).to.equal(0);
    expect(await desk.story(id)).to.deep.equal([
      'approval.requested',
      'approval.voted carol',
      'approval.denied carol',
    ]);
  });

  it('is refused once its requester cancels it', async () => {
    const answer = desk.refund({ amount: 70 });
    const { id } = await desk.waiting();

    const byAnother = await desk.cli('carol', ['cancel', id, ...REASON]);
    const cancelled = await desk.cli('alice', ['cancel', id, '--reason', 'sent by mistake']);

    expect(byAnother).to.include({ code: 1 });
    expect(byAnother.stderr).to.include('not_the_requester');
    expect(cancelled.code).to.equal(0);
    expect(textOf(await answer)).to.include('cancelled by its requester');
    expect(rig.server.journal.executions('refund')).to.equal(0);
    expect(await desk.story(id)).to.deep.equal([
      'approval.requested',
      'approval.voted carol not_the_requester',
      'approval.cancelled',
    ]);
  });
});
