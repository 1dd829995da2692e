import { expect } from 'chai';
import type { RecordDraft } from '#core/evidence/record.ts';
import { GLASS_TERMS, request, TRUSTED } from './approvals.testkit.ts';
import { MAX_REVIEWS_OWED } from './book.ts';
import { caller, DeskBench, REASON } from './desk.testkit.ts';
import type { Wish } from './desk.ts';
import { overdue } from './overdue.ts';
import { OwedRecords } from './owed-records.ts';
import { codeOf } from './store.testkit.ts';
import { ApprovalStoreFault } from './store.ts';

const HOUR = 60 * 60 * 1000;
const olga = caller('olga', { groups: ['oncall'] });
const alice = caller('alice', { groups: ['oncall', 'finance'] });
/** Signs in anew whenever asked to. */
const fresh = (subject: string, nowMillis: number, groups: readonly string[]) => {
  const one = caller(subject, { groups });
  const claims = { ...one.principal.claims, auth_time: nowMillis / 1000 };
  return { ...one, principal: { ...one.principal, claims } };
};

describe('the desk, where glass is broken,', () => {
  let bench: DeskBench;
  let id: string;

  const ask = (name: string) => bench.ask(name, request(name, { terms: GLASS_TERMS }));
  const review = async (by: string, said: Pick<Wish, 'verdict'> = { verdict: 'justified' }) => {
    const wish = { id, act: 'review', reason: REASON, ...said } as const;
    const answer = await bench.desk.decide(fresh(by, bench.now, ['finance']), wish);
    return answer.ok ? 'ok' : answer.code;
  };

  beforeEach(async () => {
    bench = new DeskBench();
    id = await ask('1');
  });

  it('has it on record before the call can go on', async () => {
    let before: readonly string[] = [];
    bench.beforeStep = () => {
      before = bench.story;
    };

    expect(await bench.decide(olga, 'break-glass', id)).to.equal('ok');

    expect(before).to.deep.equal(['approval.glass_broken olga']);
    expect(bench.story).to.deep.equal(before);
    expect(bench.records[0]?.approval).to.include({ reason: REASON, state: 'GRANTED' });
    expect(bench.records[0]?.approval).to.have.property('reviewUntilMillis', bench.now + 24 * HOUR);
  });

  it('lets the requester break it where the policy names them', async () => {
    expect(await bench.decide(alice, 'break-glass', id)).to.equal('ok');
    expect(await review('alice')).to.equal('broke_it');
  });

  it('takes a fresh sign-in and a reason', async () => {
    expect(await bench.decide(olga, 'break-glass', id, '')).to.equal('reason_invalid');
    bench.now += 16 * 60 * 1000;
    expect(await bench.decide(olga, 'break-glass', await ask('2'))).to.equal('sign_in_stale');
  });

  it('opens nothing while evidence fails', async () => {
    bench.ledgerFails = true;

    expect(await bench.decide(olga, 'break-glass', id)).to.equal('evidence_unavailable');

    expect(await bench.stateOf(id)).to.equal('PENDING');
  });

  it('says so on record when the store did not take it', async () => {
    bench.storeFails = true;

    expect(await bench.decide(olga, 'break-glass', id)).to.equal('store_unavailable');

    expect(bench.story).to.deep.equal([
      'approval.glass_broken olga',
      'approval.glass_broken olga store_unavailable',
    ]);
  });

  it('is broken also where only the answer of the store is lost', async () => {
    bench.answerIsLost = true;

    expect(await bench.decide(olga, 'break-glass', id)).to.equal('ok');
    expect(bench.story).to.deep.equal(['approval.glass_broken olga']);
  });

  it('records who tried without a say', async () => {
    expect(await bench.decide(caller('bob'), 'break-glass', id)).to.equal('glass_not_yours');
    expect(bench.story).to.deep.equal(['approval.voted bob glass_not_yours']);
  });

  it('shows the request to whoever may break it, and to nobody else', async () => {
    expect(await bench.desk.show(olga, id)).to.include({ ok: true });
    expect(await bench.desk.show(caller('zoe', { groups: ['cooks'] }), id)).to.include({
      ok: false,
    });
  });

  it('takes one review, by somebody else, with a verdict', async () => {
    await bench.decide(olga, 'break-glass', id);
    bench.records.length = 0;

    expect(await review('bob', {})).to.equal('verdict_missing');
    expect(await review('bob')).to.equal('ok');
    expect(await review('carol')).to.equal('reviewed_already');

    const [, reviewed] = bench.records;
    expect(reviewed).to.include({ type: 'approval.glass_reviewed' });
    expect(reviewed?.approval).to.include({
      approver: 'bob',
      verdict: 'justified',
      reason: REASON,
    });
  });

  it('takes no review that cannot be put on record', async () => {
    await bench.decide(olga, 'break-glass', id);
    bench.ledgerFails = true;

    expect(await review('bob')).to.equal('evidence_unavailable');
    expect(bench.desk.reviewOf((await bench.store.get(id))!)).to.equal('open');
  });

  it('breaks no more while a review of the same approval is overdue, and again after it', async () => {
    await bench.decide(olga, 'break-glass', id);
    bench.now += 24 * HOUR;
    const next = await ask('2');
    const again = () => bench.decide(fresh('olga', bench.now, ['oncall']), 'break-glass', next);

    expect(await again()).to.equal('review_overdue');
    expect(await bench.stateOf(next)).to.equal('PENDING');
    expect(await review('bob')).to.equal('ok');
    expect(await again()).to.equal('ok');
  });

  it('tells once that a review is overdue, and not again, nor of one that was given in time', async () => {
    const two = await ask('2');
    await bench.decide(olga, 'break-glass', id);
    await bench.decide(olga, 'break-glass', two);
    await review('bob');
    bench.records.length = 0;
    const told = () => bench.story.filter((line) => line.startsWith('approval.glass_overdue'));

    bench.now += 24 * HOUR - 1;
    await bench.desk.sweep();
    expect(told()).to.deep.equal([]);
    bench.now += 60_000;
    await bench.desk.sweep();
    bench.now += 60_000;
    await bench.desk.sweep();

    expect(told()).to.deep.equal(['approval.glass_overdue olga']);
    expect(bench.records.at(-1)?.approval).to.include({ id: two, reason: REASON });
  });

  it('tells of an overdue review also where something else cannot be ended', async () => {
    await bench.decide(olga, 'break-glass', id);
    bench.now += 24 * HOUR;
    const spoilt = async () => {
      throw new ApprovalStoreFault('invalid', 'an approval is not as it was written');
    };
    const told: RecordDraft[] = [];
    const { sweep } = overdue({
      store: {
        expire: spoilt,
        list: (query) => bench.store.list(query),
        tellOverdue: (each) => bench.store.tellOverdue(each),
      },
      owed: new OwedRecords(async (draft) => void told.push(draft)),
      trusted: TRUSTED,
      nowMillis: () => bench.now,
      timestamp: () => new Date(bench.now).toISOString(),
    });

    expect(await codeOf(sweep())).to.equal('invalid');

    expect(told.map(({ type }) => type)).to.deep.equal(['approval.glass_overdue']);
  });

  it('owes the record of an overdue review while evidence fails', async () => {
    await bench.decide(olga, 'break-glass', id);
    bench.now += 24 * HOUR;
    bench.ledgerFails = true;
    await bench.desk.sweep();
    bench.ledgerFails = false;
    await bench.desk.sweep();

    expect(bench.story.at(-1)).to.equal('approval.glass_overdue olga');
  });

  it('is blocked by an overdue review of another approval for whoever broke that, and for nobody else', async () => {
    await bench.decide(olga, 'break-glass', id);
    bench.now += 24 * HOUR;
    const needs = GLASS_TERMS.needs.map((need) => ({ ...need, approval: 'legal' }));
    const other = await bench.ask('2', request('2', { terms: { ...GLASS_TERMS, needs } }));
    const again = (by: string) =>
      bench.decide(fresh(by, bench.now, ['oncall']), 'break-glass', other);

    expect(await again('olga')).to.equal('review_overdue');
    expect(await again('otto')).to.equal('ok');
  });

  it('breaks no more than people can be expected to look at', async () => {
    for (let at = 0; at < MAX_REVIEWS_OWED; at += 1) {
      const one = request(`many-${at}`, { terms: GLASS_TERMS });
      await bench.ask('', one);
      await bench.decide(olga, 'break-glass', one.id);
      const spend = { binding: one.binding, nonce: nonceOf(at + 1), exchange: `x-${at}` };
      await bench.store.consume(one.id, spend);
    }

    expect(await bench.decide(olga, 'break-glass', id)).to.equal('reviews_full');
  });

  it('lists what is open, overdue and done', async () => {
    await bench.decide(olga, 'break-glass', id);
    const listed = async (...reviews: readonly ('open' | 'overdue' | 'done')[]) => {
      const found = await bench.desk.list(fresh('bob', bench.now, ['finance']), {
        reviews,
        limit: 9,
      });
      return found.ok ? found.value.map(({ request: { id: each } }) => each) : found.code;
    };

    expect(await listed('open')).to.deep.equal([id]);
    expect(await listed('overdue', 'done')).to.deep.equal([]);
    bench.now += 24 * HOUR;
    expect(await listed('overdue')).to.deep.equal([id]);
    await review('bob');
    expect(await listed('done')).to.deep.equal([id]);
  });
});

function nonceOf(count: number): string {
  return String(count).padStart(32, '0');
}
