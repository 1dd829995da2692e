// What every store of visits promises; run against each adapter.

import { expect } from 'chai';
import type { NewVisit, VisitStore } from './visit-store.ts';

export interface VisitStoreSubject {
  readonly name: string;
  readonly open: () => Promise<VisitStore>;
}

function visit(key: string, more: Partial<NewVisit> = {}): NewVisit {
  return { key, account: 'carol', text: `of ${key}`, ttlSeconds: 60, most: 3, ...more };
}

export function describeVisitStore({ name, open }: VisitStoreSubject): void {
  describe(name, () => {
    let store: VisitStore;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    it('gives back what was begun, and nothing for another key', async () => {
      await store.begin(visit('a'));

      expect(await store.get('a')).to.equal('of a');
      expect(await store.get('b')).to.equal(undefined);
    });

    it('changes one that is there', async () => {
      await store.begin(visit('a'));

      await store.replace('a', 'changed');

      expect(await store.get('a')).to.equal('changed');
    });

    it('brings none back that was ended, as when somebody signs out in another window', async () => {
      await store.begin(visit('a'));
      await store.end('a', 'carol');

      await store.replace('a', 'changed');

      expect(await store.get('a')).to.equal(undefined);
    });

    it('forgets the oldest of an account that has too many, and nobody else’s', async () => {
      await store.begin(visit('z', { account: 'dave' }));
      for (const key of ['a', 'b', 'c', 'd']) await store.begin(visit(key));

      const left = await Promise.all(['z', 'a', 'b', 'c', 'd'].map((key) => store.get(key)));

      expect(left).to.deep.equal(['of z', undefined, 'of b', 'of c', 'of d']);
    });

    it('does not count those that were ended', async () => {
      await store.begin(visit('a'));
      for (const key of ['b', 'c', 'd']) {
        await store.begin(visit(key));
        await store.end(key, 'carol');
      }

      expect(await store.get('a')).to.equal('of a');
    });

    it('forgets one at its end, which a change does not move', async () => {
      await store.begin(visit('a', { ttlSeconds: 1 }));
      await store.replace('a', 'changed');

      await new Promise((resolve) => setTimeout(resolve, 1100));

      expect(await store.get('a')).to.equal(undefined);
    });
  });
}
