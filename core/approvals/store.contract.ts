// What every adapter of the ApprovalStore port promises. Each adapter's own test runs all of it.

import { expect } from 'chai';
import { approver, request, T0 } from './approvals.testkit.ts';
import { codeOf, NONCE, StoreBench, type StoreSubject } from './store.testkit.ts';
import type { ApprovalStore } from './store.ts';
import { describeAttaching } from './store-attaching.contract.ts';
import { describeBounds } from './store-bounds.contract.ts';
import { describeGlass } from './store-glass.contract.ts';
import { describeRaces } from './store-races.contract.ts';
import { describeWaiting } from './store-waiting.contract.ts';

export function describeApprovalStore(subject: StoreSubject): void {
  describeSteps(subject);
  describeAttaching(subject);
  describeWaiting(subject);
  describeBounds(subject);
  describeRaces(subject);
  describeGlass(subject);
}

function describeSteps(subject: StoreSubject): void {
  describe(`${subject.name} as an ApprovalStore`, () => {
    let bench: StoreBench;

    beforeEach(async () => {
      bench = await StoreBench.open(subject);
    });

    afterEach(() => bench.rig.dispose());

    it('leads a request from its making to its end', async () => {
      const asked = request('1');

      const created = await bench.store.attachOrCreate(asked);
      const granted = await bench.approve(asked);
      const consumed = await bench.consume(asked);
      const done = await bench.store.settle(asked.id, 'x-1');

      expect(created).to.deep.include({ kind: 'created' });
      expect([granted, consumed, done].map((moved) => moved.approval?.state)).to.deep.equal([
        'GRANTED',
        'CONSUMED',
        'DONE',
      ]);
      expect((await bench.store.get(asked.id))?.request).to.deep.equal(asked);
    });

    it('keeps why the requester cancelled', async () => {
      const asked = request('1');
      await bench.create(asked);

      await bench.store.cancel(asked.id, asked.requester, 'sent by mistake');

      const kept = await bench.store.get(asked.id);
      expect(kept).to.include({ state: 'CANCELLED' });
      expect(kept).to.have.nested.property('ending.reason', 'sent by mistake');
    });

    it('says what there is not', async () => {
      const signal = AbortSignal.timeout(5000);

      expect(await bench.store.get('request-none')).to.equal(undefined);
      expect(await bench.store.find('0'.repeat(64))).to.equal(undefined);
      expect(await bench.store.waitFor({ id: 'request-none', version: 0 }, signal)).to.equal(
        undefined,
      );
      expect(await bench.store.settle('request-none', 'x-1')).to.deep.equal({
        ok: false,
        code: 'unknown',
      });
    });

    it('says why nothing has changed, and how it stands', async () => {
      const asked = request('1');
      await bench.create(asked);

      const refused = await bench.approve(asked, approver('alice'));

      expect(refused).to.deep.include({ ok: false, code: 'requester' });
      expect(refused.approval).to.deep.include({ state: 'PENDING', votes: [], version: 1 });
    });

    describe('ends what is past its deadline', () => {
      it('for every reader at once, and for the record once', async () => {
        const [one, two] = [request('1'), request('2')];
        await bench.create(one);
        await bench.grant(two);
        bench.now += 300_000;

        const states = await bench.store.list({ limit: 10 });
        const swept = await Promise.all([bench.store.expire(), bench.store.expire()]);

        expect(states.map(({ state }) => state)).to.deep.equal(['EXPIRED', 'PENDING']);
        expect(swept.flat().map(({ request }) => request.id)).to.deep.equal([two.id]);
        expect(await bench.store.expire()).to.deep.equal([]);
      });

      it('and lets nobody decide or spend after it', async () => {
        const [one, two] = [request('1'), request('2')];
        await bench.create(one);
        await bench.grant(two);
        bench.now += 900_000;

        const refused = [await bench.approve(one), await bench.consume(two)];

        expect(refused.map((moved) => (moved.ok ? '' : moved.code))).to.deep.equal([
          'expired',
          'expired',
        ]);
        expect((await bench.store.expire()).length).to.equal(2);
      });
    });

    describe('lists', () => {
      it('the newest first, by state, as many as asked for', async () => {
        for (const name of ['1', '2', '3']) await bench.create(request(name));
        await bench.deny(request('2'));

        const ids = async (query: Parameters<ApprovalStore['list']>[0]) =>
          (await bench.store.list(query)).map((approval) => approval.request.id);

        expect(await ids({ limit: 10 })).to.deep.equal(['request-3', 'request-2', 'request-1']);
        expect(await ids({ limit: 1 })).to.deep.equal(['request-3']);
        expect(await ids({ limit: -1 })).to.deep.equal([]);
        expect(await ids({ states: ['PENDING'], limit: 10 })).to.deep.equal([
          'request-3',
          'request-1',
        ]);
        expect(await ids({ states: ['DENIED', 'DONE'], limit: 10 })).to.deep.equal(['request-2']);
      });
    });

    describe('spends a nonce', () => {
      it('once, of all that try', async () => {
        const tries = await Promise.all(
          Array.from({ length: 50 }, () => bench.store.spendNonce(NONCE, T0 + 1000)),
        );

        expect(tries.filter((answer) => answer === 'spent')).to.have.length(1);
        expect(new Set(tries)).to.deep.equal(new Set(['spent', 'already']));
      });

      it('not when it has expired', async () => {
        expect(await bench.store.spendNonce(NONCE, T0)).to.equal('expired');
        await bench.store.spendNonce(NONCE, T0 + 1000);
        bench.now += 1000;
        expect(await bench.store.spendNonce(NONCE, T0 + 1000)).to.equal('expired');
      });

      it('only when it is one', async () => {
        expect(await codeOf(bench.store.spendNonce('short', T0 + 1))).to.equal('invalid');
        expect(await codeOf(bench.store.spendNonce(NONCE, T0 + 90_000_000))).to.equal('invalid');
        expect(await codeOf(bench.store.spendNonce(NONCE, Number.NaN))).to.equal('invalid');
      });
    });

    it('keeps a grant usable that was tried with the wrong call or nonce', async () => {
      const asked = request('1');
      await bench.grant(asked);
      const spend = { binding: asked.binding, nonce: NONCE, exchange: 'x-1' };

      const binding = await bench.store.consume(asked.id, { ...spend, binding: '0'.repeat(64) });
      const nonce = await bench.store.consume(asked.id, { ...spend, nonce: 'b'.repeat(32) });
      const right = await bench.store.consume(asked.id, spend);

      expect([binding, nonce].map((moved) => (moved.ok ? '' : moved.code))).to.deep.equal([
        'binding_mismatch',
        'nonce_mismatch',
      ]);
      expect(right.ok).to.equal(true);
    });
  });
}
