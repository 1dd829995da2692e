import { expect } from 'chai';
import { bob, Ladder, refusalOf } from './ladder.testkit.ts';

describe('a call that needs an approval, when something fails', () => {
  it('is refused when approvals cannot be kept', async () => {
    const ladder = new Ladder();
    await ladder.store.close();

    expect(refusalOf(await ladder.climb().obtained).code).to.equal('approval_unavailable');
  });

  it('is refused when approvals cannot be kept any more while it waits', async () => {
    const ladder = new Ladder();
    const call = ladder.climb();
    await ladder.asked();

    await ladder.store.close();

    expect(refusalOf(await call.obtained).code).to.equal('approval_unavailable');
  });

  it('is refused when its request cannot be recorded, and nobody is left to decide on it', async () => {
    const ladder = new Ladder();
    ladder.ledger.failWith(new Error('full'));

    const { code } = refusalOf(await ladder.climb().obtained);

    expect(code).to.equal('evidence_unavailable');
    expect(await ladder.states()).to.deep.equal(['CANCELLED']);
  });

  it('is refused when its spending cannot be recorded, and the grant is gone', async () => {
    const ladder = new Ladder();
    const call = ladder.climb();
    await ladder.recorded('approval.requested');
    ladder.ledger.failWith(new Error('full'));
    await ladder.decide();

    expect(refusalOf(await call.obtained).code).to.equal('evidence_unavailable');
    expect(await ladder.states()).to.deep.equal(['CONSUMED']);
  });

  it('hears that a grant was taken back before it was spent', async () => {
    const ladder = new Ladder();
    const call = ladder.climb();
    const { request } = await ladder.asked();
    call.leave();
    await ladder.decide();
    await ladder.store.revoke(request.id, { approver: bob, reason: 'wrong account' });

    const { code, reason } = refusalOf(await ladder.climb().obtained);

    expect(code).to.equal('approval_refused');
    expect(reason).to.include('taken back: wrong account');
  });
});
