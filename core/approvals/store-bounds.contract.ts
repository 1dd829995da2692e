// Bounds on what one requester, or all together, can make a store hold.

import { expect } from 'chai';
import { principal, request, T0 } from './approvals.testkit.ts';
import { codeOf, StoreBench, type StoreSubject } from './store.testkit.ts';

export function describeBounds(subject: StoreSubject): void {
  describe(`${subject.name} is bounded`, () => {
    it('in the requests one requester has waiting', async () => {
      const bench = await StoreBench.open(subject, { maxPendingPerRequester: 2 });
      try {
        await bench.create(request('1'));
        await bench.create(request('2'));

        const third = await bench.store.attachOrCreate(request('3'));
        const others = await bench.store.attachOrCreate(request('3', { by: principal('zoe') }));
        await bench.approve(request('1'));
        const afterwards = await bench.store.attachOrCreate({ ...request('3'), id: 'request-4' });

        expect(third).to.deep.include({ kind: 'refused', code: 'too_many_pending' });
        expect([others.kind, afterwards.kind]).to.deep.equal(['created', 'created']);
      } finally {
        await bench.rig.dispose();
      }
    });

    it('in all that wait or are granted, until they are over', async () => {
      const bench = await StoreBench.open(subject, { maxLive: 2 });
      try {
        await bench.create(request('1'));
        await bench.grant(request('2', { by: principal('zoe') }));

        const full = await bench.store.attachOrCreate(request('3', { by: principal('yan') }));
        bench.now += 900_000;
        const later = await bench.store.attachOrCreate(request('3', { by: principal('yan') }));

        expect(full).to.deep.include({ kind: 'refused', code: 'store_full' });
        expect(later.kind).to.equal('created');
      } finally {
        await bench.rig.dispose();
      }
    });

    it('in what a request may hold, naming the field', async () => {
      const bench = await StoreBench.open(subject);
      try {
        const attachment = await bench.store.attachOrCreate({
          ...request('1'),
          preview: 'x'.repeat(64 * 1024 + 1),
        });

        expect(attachment).to.deep.include({ kind: 'refused', code: 'request_invalid' });
        expect(await bench.store.list({ limit: 1 })).to.deep.equal([]);
      } finally {
        await bench.rig.dispose();
      }
    });

    it('in ids: one is never given twice', async () => {
      const bench = await StoreBench.open(subject);
      try {
        await bench.create(request('1'));

        const attachment = await bench.store.attachOrCreate({ ...request('2'), id: 'request-1' });

        expect(attachment).to.deep.include({ kind: 'refused', code: 'request_invalid' });
      } finally {
        await bench.rig.dispose();
      }
    });

    it('in what it remembers of what is over, and forgets the oldest', async () => {
      const bench = await StoreBench.open(subject, { maxEnded: 4 });
      try {
        const counts: number[] = [];
        for (const name of ['1', '2', '3', '4', '5', '6']) {
          await bench.create(request(name));
          await bench.deny(request(name));
          counts.push((await bench.store.list({ limit: 10 })).length);
        }
        await bench.create(request('7'));

        const left = await bench.store.list({ limit: 10 });

        expect(counts).to.deep.equal([1, 2, 3, 4, 4, 4]);
        expect(left.map((approval) => approval.request.id)).to.deep.equal([
          'request-7',
          'request-6',
          'request-5',
          'request-4',
          'request-3',
        ]);
        expect(await bench.store.find(request('2').binding)).to.equal(undefined);
      } finally {
        await bench.rig.dispose();
      }
    });

    it('in nonces, and refuses rather than forget one that still counts', async () => {
      const bench = await StoreBench.open(subject, { maxNonces: 2 });
      try {
        await bench.store.spendNonce('a'.repeat(32), T0 + 1000);
        await bench.store.spendNonce('b'.repeat(32), T0 + 5000);

        expect(await codeOf(bench.store.spendNonce('c'.repeat(32), T0 + 9000))).to.equal('full');
        expect(await bench.store.spendNonce('a'.repeat(32), T0 + 1000)).to.equal('already');
        bench.now += 1000;
        expect(await bench.store.spendNonce('c'.repeat(32), T0 + 9000)).to.equal('spent');
        expect(await bench.store.spendNonce('b'.repeat(32), T0 + 5000)).to.equal('already');
      } finally {
        await bench.rig.dispose();
      }
    });
  });
}
