// What every ApprovalStore promises of broken glass: it opens once, and is not forgotten before its review.

import { expect } from 'chai';
import {
  approver,
  breaking,
  GLASS_TERMS,
  newSigner,
  request,
  reviewing,
} from './approvals.testkit.ts';
import { glassOf } from './break-glass.ts';
import { bob, carol, StoreBench, type StoreSubject } from './store.testkit.ts';

const HOUR = 60 * 60 * 1000;
const olga = approver('olga', { groups: ['oncall'] });

export function describeGlass(subject: StoreSubject): void {
  describe(`${subject.name}, where glass is broken,`, () => {
    let bench: StoreBench;

    beforeEach(async () => {
      bench = await StoreBench.open(subject, { maxEnded: 1 });
    });

    afterEach(() => bench.rig.dispose());

    const ask = async (name: string) => {
      const asked = request(name, { terms: GLASS_TERMS });
      await bench.create(asked);
      return asked;
    };
    const smash = (asked: ReturnType<typeof request>, by = olga) =>
      bench.store.breakGlass(asked.id, breaking(asked, by, { nowMillis: bench.now }));

    it('lets the call through once, and tells who waits for it', async () => {
      const asked = await ask('1');
      const told = bench.store.waitFor({ id: asked.id, version: 1 }, AbortSignal.timeout(5000));

      const moved = await smash(asked);
      const first = await bench.consume(asked);
      const second = await bench.consume(asked, 'x-2');

      expect([moved.ok, first.ok]).to.deep.equal([true, true]);
      expect(second).to.include({ ok: false, code: 'not_granted' });
      expect((await told)?.version).to.be.above(1);
      expect(glassOf((await bench.store.get(asked.id))!)).to.include({ subject: 'olga' });
    });

    it('is broken by one of many, and reviewed by one of many', async () => {
      const asked = await ask('1');

      const breakers = Array.from({ length: 8 }, (_, at) =>
        smash(asked, approver(`olga-${at}`, { groups: ['oncall'] })),
      );
      const broke = (await Promise.all(breakers)).filter(({ ok }) => ok);
      const glass = glassOf((await bench.store.get(asked.id))!)!;
      const reviews = [bob, carol, bob, carol].map((by) =>
        bench.store.review(asked.id, reviewing(glass, by)),
      );
      const reviewed = (await Promise.all(reviews)).map((moved) => (moved.ok ? 'ok' : moved.code));

      expect(broke).to.have.length(1);
      expect(reviewed.filter((code) => code === 'ok')).to.have.length(1);
      expect(new Set(reviewed)).to.deep.equal(new Set(['ok', 'reviewed_already']));
    });

    it('is not forgotten while it owes a review, and is like any other after it', async () => {
      const asked = await ask('1');
      await smash(asked);
      await bench.consume(asked);
      await bench.store.settle(asked.id, 'x-1');
      const end = async (name: string) => {
        const other = await ask(name);
        await bench.store.cancel(other.id, other.requester);
      };
      await end('2');
      await end('3');
      const kept = await bench.store.get(asked.id);

      await bench.store.review(asked.id, reviewing(glassOf(kept!)!, bob));
      await end('4');
      await end('5');

      expect(kept?.state).to.equal('DONE');
      expect(await bench.store.get(asked.id)).to.equal(undefined);
    });

    it('is reviewed after the grant has run out and a day has passed', async () => {
      const asked = await ask('1');
      await smash(asked);
      bench.now += 25 * HOUR;
      await bench.store.expire();
      const ended = await bench.store.get(asked.id);

      const moved = await bench.store.review(asked.id, reviewing(glassOf(ended!)!, bob));

      expect(ended?.state).to.equal('EXPIRED');
      expect(moved.approval).to.have.nested.property('glass.review.verdict', 'justified');
      expect(moved.approval?.state).to.equal('EXPIRED');
    });

    it('is told to be overdue once, whoever notices, and is reviewed all the same', async () => {
      const asked = await ask('1');
      await smash(asked);
      const early = await bench.store.tellOverdue(asked.id);
      bench.now += 25 * HOUR;
      await bench.store.expire();

      const noticed = await Promise.all(
        Array.from({ length: 8 }, () => bench.store.tellOverdue(asked.id)),
      );
      const glass = glassOf((await bench.store.get(asked.id))!)!;
      const reviewed = await bench.store.review(asked.id, reviewing(glass, bob));

      expect(early).to.include({ ok: false, code: 'not_due' });
      const codes = noticed.map((moved) => (moved.ok ? 'ok' : moved.code)).sort();
      expect(codes).to.deep.equal([...Array.from({ length: 7 }, () => 'not_due'), 'ok']);
      expect(reviewed.ok).to.equal(true);
      expect(await bench.store.tellOverdue(asked.id)).to.include({ code: 'not_due' });
    });

    it('takes no glass and no review that nobody signed', async () => {
      const asked = await ask('1');
      const signer = newSigner();
      const forged = breaking(asked, olga, { nowMillis: bench.now, signer });

      expect(await bench.store.breakGlass(asked.id, forged)).to.include({ code: 'glass_forged' });
      await smash(asked);
      const glass = glassOf((await bench.store.get(asked.id))!)!;
      expect(await bench.store.review(asked.id, reviewing(glass, bob, { signer }))).to.include({
        code: 'review_forged',
      });
    });
  });
}
