// A call that waits for people while its Redis is struck: its request goes on waiting, nobody can decide meanwhile,
// and what is approved afterwards is carried out once.

import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { textOf } from './desk.ts';
import { FAULTS, type Faulty } from './redis-faults.ts';
import { call, decide, type Replicas, recordsIn, replicasOn, verify, waiting } from './replicas.ts';
import { until } from './until.ts';

/** Longer than any replica waits for an answer of Redis. */
const FAULT_MS = 3000;
const DEADLINE_MS = 60_000;

for (const { name, open } of FAULTS) {
  describe(`a call that waits while its Redis ${name}`, function () {
    this.timeout(120_000);
    let faulty: Faulty;
    let pair: Replicas;

    before(async () => {
      faulty = await open();
      pair = await replicasOn({ redis: faulty.redis, redisUrl: faulty.url }, { holdSeconds: 90 });
    });

    after(async () => {
      await pair?.close();
      await faulty?.stop();
    });

    it('is carried out once, when it is approved after that', async () => {
      const answer = call(pair, pair.one, 'refund', { amount: 40 });
      const { id } = await waiting(pair, pair.two);

      await faulty.strike();
      const meanwhile = await decide(pair, pair.two, id, 'approve').catch(() => 0);
      await delay(FAULT_MS);
      const before = pair.rig.server.journal.executions('refund');
      await faulty.heal();
      const decided = async () => {
        const status = await decide(pair, pair.two, id, 'approve').catch(() => 0);
        // The first try may have been taken after all, its answer lost.
        return status === 200 || status === 409;
      };
      if (meanwhile !== 200) await until('a decision', decided, DEADLINE_MS);

      const first = await answer;
      // It was held on, or told that nothing happened and to call again: then the grant is there.
      if (textOf(first) !== 'Refunded 40.') {
        expect(first.error?.message).to.match(
          /so nothing is forwarded|a call that needs one is refused/,
        );
        expect(JSON.stringify(first)).to.include('retryAfterSeconds');
        expect(textOf(await call(pair, pair.two, 'refund', { amount: 40 }))).to.equal(
          'Refunded 40.',
        );
      }
      if (meanwhile !== 200) expect(before).to.equal(0);
      expect(pair.rig.server.journal.executions('refund')).to.equal(1);
      await pair.one.close();
      await pair.two.close();
      const spent = (await recordsIn(pair)).filter(({ type }) => type === 'approval.consumed');
      expect(spent).to.have.length(1);
      expect(await verify(pair)).to.deep.include({ code: 0, verdict: 'verified', problems: [] });
    });
  });
}
