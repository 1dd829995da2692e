import { expect } from 'chai';
import { AUDIENCE, approver, ballot, request, SIGNER } from './approvals.testkit.ts';
import { caller, DeskBench } from './desk.testkit.ts';
import { ApprovalDesk } from './desk.ts';

const alice = caller('alice');
const bob = caller('bob');

describe('the desk, when something fails', () => {
  let bench: DeskBench;
  let id: string;

  beforeEach(async () => {
    bench = new DeskBench();
    id = await bench.ask('1');
  });

  it('has a vote on record before the store counts it', async () => {
    let before: readonly string[] = [];
    bench.beforeStep = () => {
      before = bench.story;
    };

    await bench.decide(bob, 'approve', id);

    expect(before).to.deep.equal(['approval.voted bob']);
  });

  it('says that clocks differ where its own is ahead of the store’s', async () => {
    const ahead = new ApprovalDesk({
      store: bench.store,
      append: async () => {},
      signer: SIGNER,
      nowMillis: () => bench.now + 6000,
      timestamp: () => new Date(bench.now).toISOString().replace('Z', '000Z'),
      newNonce: () => 'e'.repeat(32),
    });

    const answer = await ahead.decide(bob, { id, act: 'approve', reason: 'checked' });

    expect(answer).to.include({ ok: false, code: 'grant_invalid' });
    expect(answer).to.have.property('reason').that.includes('clock');
    expect(await bench.stateOf(id)).to.equal('PENDING');
  });

  it('approves nothing while evidence fails', async () => {
    bench.ledgerFails = true;

    expect(await bench.decide(bob, 'approve', id)).to.equal('evidence_unavailable');

    expect(await bench.store.get(id)).to.include({ state: 'PENDING', version: 1 });
  });

  it('denies, revokes and cancels all the same, and owes the records', async () => {
    const granted = await bench.ask('2');
    const withdrawn = await bench.ask('3');
    await bench.decide(bob, 'approve', granted);
    bench.records.length = 0;
    bench.ledgerFails = true;

    await bench.decide(bob, 'deny', id);
    await bench.decide(bob, 'revoke', granted);
    await bench.decide(alice, 'cancel', withdrawn);
    const meanwhile = bench.story;
    bench.ledgerFails = false;
    await bench.desk.sweep();

    expect(meanwhile).to.deep.equal([]);
    expect(bench.story).to.deep.equal([
      'approval.voted bob',
      'approval.denied bob',
      'approval.revoked bob',
      'approval.cancelled',
    ]);
    expect(bench.desk.owed.size).to.equal(0);
  });

  it('owes the record of a grant whose vote is on record', async () => {
    bench.beforeStep = () => {
      bench.ledgerFails = true;
    };

    expect(await bench.decide(bob, 'approve', id)).to.equal('ok');
    const meanwhile = bench.story;
    bench.ledgerFails = false;
    await bench.desk.sweep();

    expect(meanwhile).to.deep.equal(['approval.voted bob']);
    expect(bench.story).to.deep.equal(['approval.voted bob', 'approval.granted']);
  });

  it('owes what it turned away', async () => {
    bench.ledgerFails = true;
    await bench.decide(alice, 'approve', id);
    bench.ledgerFails = false;
    await bench.desk.sweep();

    expect(bench.story).to.deep.equal(['approval.voted alice requester']);
  });

  it('says on record that a vote was not taken when the store fails after it', async () => {
    bench.storeFails = true;

    expect(await bench.decide(bob, 'approve', id)).to.equal('store_unavailable');

    expect(bench.story).to.deep.equal([
      'approval.voted bob',
      'approval.voted bob store_unavailable',
    ]);
  });

  it('knows of what the store did, though its answer was lost', async () => {
    bench.answerIsLost = true;

    expect(await bench.decide(bob, 'approve', id)).to.equal('ok');
    expect(await bench.decide(bob, 'revoke', id)).to.equal('ok');
    bench.answerIsLost = false;
    const other = await bench.ask('2');
    const third = await bench.ask('3');
    bench.answerIsLost = true;
    expect(await bench.decide(bob, 'deny', other)).to.equal('ok');
    expect(await bench.decide(alice, 'cancel', third)).to.equal('ok');

    expect(bench.story).to.deep.equal([
      'approval.voted bob',
      'approval.granted',
      'approval.revoked bob',
      'approval.voted bob',
      'approval.denied bob',
      'approval.cancelled',
    ]);
  });

  it('says on record that a vote was not taken when another decision came first', async () => {
    bench.beforeStep = () => {
      bench.beforeStep = () => {};
      void bench.store.vote(id, ballot(request('1'), approver('carol'), 'deny'));
    };

    expect(await bench.decide(bob, 'approve', id)).to.equal('not_pending');

    expect(bench.story).to.deep.equal(['approval.voted bob', 'approval.voted bob not_pending']);
    expect(await bench.stateOf(id)).to.equal('DENIED');
  });

  it('throws what is no failure of the ledger or the store', async () => {
    bench.beforeStep = () => {
      throw new TypeError('a bug');
    };

    const thrown = await bench.decide(bob, 'approve', id).catch((error: unknown) => error);

    expect(thrown).to.be.instanceOf(TypeError);
  });
});

describe('the sweep', () => {
  it('ends what is past its deadline, records each once and wakes who waits', async () => {
    const bench = new DeskBench();
    const id = await bench.ask('1');
    const waiter = bench.store.waitFor({ id, version: 1 }, AbortSignal.timeout(5000));
    bench.now += 900_000;

    await Promise.all([bench.desk.sweep(), bench.desk.sweep()]);
    await bench.desk.sweep();

    expect((await waiter)?.state).to.equal('EXPIRED');
    expect(bench.story).to.deep.equal(['approval.expired']);
  });

  it('refuses a vote that comes after the deadline, swept or not', async () => {
    const bench = new DeskBench();
    const id = await bench.ask('1');
    bench.now += 900_000 - 1;
    const late = caller('bob', { claims: { aud: AUDIENCE, auth_time: bench.now / 1000 } });
    bench.now += 1;

    expect(await bench.decide(late, 'approve', id)).to.equal('expired');
  });

  it('leaves alone what is not due', async () => {
    const bench = new DeskBench();
    const id = await bench.ask('1');

    await bench.desk.sweep();

    expect(await bench.stateOf(id)).to.equal('PENDING');
  });
});
