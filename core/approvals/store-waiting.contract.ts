// What those who wait are told, and when.

import { expect } from 'chai';
import { request, T0 } from './approvals.testkit.ts';
import { codeOf, messageOf, NONCE, StoreBench, type StoreSubject } from './store.testkit.ts';

export function describeWaiting(subject: StoreSubject): void {
  describe(`${subject.name} wakes those who wait`, () => {
    let bench: StoreBench;

    beforeEach(async () => {
      bench = await StoreBench.open(subject);
    });

    afterEach(() => bench.rig.dispose());

    it('at each change, with what it has become', async () => {
      const asked = request('1');
      const { version } = await bench.create(asked);
      const waiting = bench.store.waitFor({ id: asked.id, version }, AbortSignal.timeout(5000));

      await bench.approve(asked);

      expect((await waiting)?.state).to.equal('GRANTED');
    });

    it('at once, when it has changed since they looked', async () => {
      const asked = request('1');
      const { version } = await bench.create(asked);
      await bench.deny(asked);

      const seen = await bench.store.waitFor({ id: asked.id, version }, AbortSignal.timeout(5000));

      expect(seen?.state).to.equal('DENIED');
    });

    it('when the deadline is swept', async () => {
      const asked = request('1');
      const { version } = await bench.create(asked);
      const waiting = bench.store.waitFor({ id: asked.id, version }, AbortSignal.timeout(5000));
      bench.now += 900_000;

      await bench.store.expire();

      expect((await waiting)?.state).to.equal('EXPIRED');
    });

    it('all of them, and nobody of another request', async () => {
      const [one, two] = [request('1'), request('2')];
      const { version } = await bench.create(one);
      await bench.create(two);
      const signal = AbortSignal.timeout(5000);
      const others = new AbortController();
      const waiting = Array.from({ length: 20 }, () =>
        bench.store.waitFor({ id: one.id, version }, signal),
      );
      const other = bench.store.waitFor({ id: two.id, version }, others.signal);

      await bench.deny(one);
      const woken = await Promise.all(waiting);
      others.abort(new Error('gone'));

      expect(new Set(woken.map((approval) => approval?.state))).to.deep.equal(new Set(['DENIED']));
      expect(await messageOf(other)).to.equal('gone');
    });

    it('when they give up, with their own reason', async () => {
      const asked = request('1');
      const { version } = await bench.create(asked);
      const client = new AbortController();
      const waiting = bench.store.waitFor({ id: asked.id, version }, client.signal);

      client.abort(new Error('client gone'));

      expect(await messageOf(waiting)).to.equal('client gone');
      expect(
        await messageOf(bench.store.waitFor({ id: asked.id, version }, client.signal)),
      ).to.equal('client gone');
    });

    it('when the store closes, and then does nothing more', async () => {
      const asked = request('1');
      const { version } = await bench.create(asked);
      const waiting = bench.store.waitFor({ id: asked.id, version }, AbortSignal.timeout(5000));
      const failing = codeOf(waiting);

      await bench.store.close();
      await bench.store.close();

      expect(await failing).to.equal('closed');
      expect(await codeOf(bench.store.get(asked.id))).to.equal('closed');
      expect(await codeOf(bench.approve(asked))).to.equal('closed');
      expect(await codeOf(bench.store.spendNonce(NONCE, T0 + 1))).to.equal('closed');
    });
  });
}
