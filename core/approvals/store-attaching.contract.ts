// What the identical call gets: one that stands, or a new one.

import { expect } from 'chai';
import { request } from './approvals.testkit.ts';
import type { ApprovalRequest } from './request.ts';
import { REVOCATION, StoreBench, type StoreSubject } from './store.testkit.ts';

export function describeAttaching(subject: StoreSubject): void {
  describe(`${subject.name} attaches the identical call`, () => {
    let bench: StoreBench;

    beforeEach(async () => {
      bench = await StoreBench.open(subject);
    });

    afterEach(() => bench.rig.dispose());

    const again = { ...request('1'), id: 'request-again' };

    async function kindAfter(prepare: (asked: ApprovalRequest) => Promise<unknown>) {
      await prepare(request('1'));
      const attachment = await bench.store.attachOrCreate(again);
      return attachment.kind === 'refused'
        ? attachment.code
        : `${attachment.kind} ${attachment.approval.state}`;
    }

    const cases: readonly {
      readonly name: string;
      readonly prepare: (asked: ApprovalRequest) => Promise<unknown>;
      readonly kind: string;
    }[] = [
      {
        name: 'to a request that waits',
        prepare: (asked) => bench.create(asked),
        kind: 'attached PENDING',
      },
      {
        name: 'to a grant',
        prepare: (asked) => bench.grant(asked),
        kind: 'attached GRANTED',
      },
      {
        name: 'to a denial, so that asking again does not help',
        prepare: async (asked) => {
          await bench.create(asked);
          await bench.deny(asked);
          bench.now += 899_999;
        },
        kind: 'attached DENIED',
      },
      {
        name: 'to nothing once a denied request would have expired',
        prepare: async (asked) => {
          await bench.create(asked);
          await bench.deny(asked);
          bench.now += 900_000;
        },
        kind: 'created PENDING',
      },
      {
        name: 'to a revocation while the grant would have held',
        prepare: async (asked) => {
          await bench.grant(asked);
          await bench.store.revoke(asked.id, REVOCATION);
          bench.now += 299_999;
        },
        kind: 'attached REVOKED',
      },
      {
        name: 'to nothing once a revoked grant would have run out',
        prepare: async (asked) => {
          await bench.grant(asked);
          await bench.store.revoke(asked.id, REVOCATION);
          bench.now += 300_000;
        },
        kind: 'created PENDING',
      },
      {
        name: 'to nothing when the grant is spent',
        prepare: async (asked) => {
          await bench.grant(asked);
          await bench.consume(asked);
        },
        kind: 'created PENDING',
      },
      {
        name: 'to nothing when it was cancelled',
        prepare: async (asked) => {
          await bench.create(asked);
          await bench.store.cancel(asked.id, asked.requester);
        },
        kind: 'created PENDING',
      },
      {
        name: 'to nothing when the request has expired, swept or not',
        prepare: async (asked) => {
          await bench.create(asked);
          bench.now += 900_000;
        },
        kind: 'created PENDING',
      },
      {
        name: 'to nothing when the grant has run out',
        prepare: async (asked) => {
          await bench.grant(asked);
          bench.now += 300_000;
        },
        kind: 'created PENDING',
      },
    ];
    for (const { name, prepare, kind } of cases) {
      it(name, async () => {
        expect(await kindAfter(prepare)).to.equal(kind);
      });
    }

    it('and then finds the newest', async () => {
      await kindAfter(async (asked) => {
        await bench.grant(asked);
        await bench.consume(asked);
      });

      expect((await bench.store.find(again.binding))?.request.id).to.equal(again.id);
    });
  });
}
