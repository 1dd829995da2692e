import { expect } from 'chai';
import type { StoredRecord } from '#core/evidence/parse-record.ts';
import { connectTo } from '#platform/redis/stores.fixture.ts';
import { textOf } from './desk.ts';
import { FAULTS, type Faulty } from './redis-faults.ts';
import {
  call,
  decide,
  type Replicas,
  rawCall,
  recordsIn,
  replicasOn,
  startReplicas,
  verify,
  waiting,
} from './replicas.ts';
import { until } from './until.ts';
import { modernClient } from './waiting-clients.ts';

/** Far longer than any of these takes on a loaded machine. */
const DEADLINE_MS = 30_000;

// Issue 6: whatever Redis does while calls run, nothing is carried out unrecorded, and all goes on by itself.
for (const { name, open } of FAULTS) {
  describe(`two replicas whose Redis ${name} while SDK clients call`, function () {
    this.timeout(120_000);
    let faulty: Faulty;
    let pair: Replicas;

    before(async () => {
      faulty = await open();
      const where = { redis: faulty.redis, redisUrl: faulty.url };
      pair = await replicasOn(where, { holdSeconds: 8 });
    });

    after(async () => {
      await pair?.close();
      await faulty?.stop();
    });

    it('refuse meanwhile, say to try again, record the time, and lose nothing', async () => {
      const answered = [0, 0, 0, 0];
      let refusals = 0;
      let isOver = false;
      const connected = [pair.one, pair.two, pair.one, pair.two].map(async (at) =>
        modernClient(at.url, await pair.rig.token('alice', { audience: at.url })),
      );
      // All of them, before Redis is struck: who connects then is refused as well.
      const calling = (await Promise.all(connected)).map(async (client, index) => {
        for (let count = 0; !isOver; count += 1) {
          const told = await client.call('echo', { message: `${index}-${count}` }).then(
            ({ isError, text }) => (isError ? text : undefined),
            (error: unknown) => String(error),
          );
          if (told === undefined) answered[index] = (answered[index] ?? 0) + 1;
          else refusals += 1;
        }
        await client.close();
      });
      const areFurther = (than: readonly number[]) => () =>
        answered.every((count, client) => count > (than[client] ?? 0) + 5);
      await until('calls that are answered', areFurther([]), DEADLINE_MS);

      await faulty.strike();
      await until('calls that are refused', () => refusals > 0, DEADLINE_MS);
      const refused = await rawCall(pair.rig, pair.one, 'echo', { message: 'meanwhile' });
      const asking = await rawCall(pair.rig, pair.two, 'refund', { amount: 90 });
      await faulty.heal();
      await until('calls that are answered again', areFurther([...answered]), DEADLINE_MS);
      isOver = true;
      await Promise.all(calling);
      // Redis may be away once more, when a late client hears that a replica took over: who stops then cannot write what
      // it owes. What is answered is on record, and all before it.
      for (const at of [pair.one, pair.two]) {
        const last = () => call(pair, at, 'echo', { message: 'last' });
        await until('a last call', async () => textOf(await last()) === 'last', DEADLINE_MS);
      }
      await pair.one.close();
      await pair.two.close();

      expectRefusal(refused.text);
      expectRefusal(asking.text);
      expect(pair.rig.server.journal.executions('refund')).to.equal(0);
      const records = await recordsIn(pair);
      const types = records.map(({ type }) => type);
      expect(types).to.include.members(['degraded.enter', 'degraded.exit']);
      const { code, verdict, problems, dangling } = await verify(pair);
      expect({ code, verdict, problems, dangling }).to.deep.equal({
        ...{ code: 0, verdict: 'verified', problems: [], dangling: [] },
      });
      expect(sent(records)).to.be.at.least(pair.rig.server.journal.executions('echo'));
    });

    /** Where the replica had taken over already, the call went through. */
    function expectRefusal(text: string): void {
      if (name.includes('fails over') && !text.includes('error')) return;
      expect(text).to.match(/evidence|approval/);
      expect(text).to.include('retryAfterSeconds');
    }
  });
}

describe('two replicas whose Redis is slow', function () {
  this.timeout(120_000);

  it('answer slowly, refuse nobody, and let an approved call through once', async () => {
    const pair = await startReplicas(30);
    const admin = await connectTo(pair.redis.url);
    // Half a second of silence, twice a second or so: every answer of Redis is late, none too late.
    const slowing = setInterval(() => {
      admin.call('CLIENT', 'PAUSE', '400', 'ALL').catch(() => {});
    }, 600);
    try {
      const calls = Array.from({ length: 12 }, (_, index) =>
        call(pair, index % 2 === 0 ? pair.one : pair.two, 'echo', { message: `${index}` }),
      );
      const refund = call(pair, pair.one, 'refund', { amount: 30 });
      const { id } = await waiting(pair, pair.two);
      const status = await decide(pair, pair.two, id, 'approve');
      const answers = await Promise.all(calls);

      expect(status).to.equal(200);
      expect(textOf(await refund)).to.equal('Refunded 30.');
      expect(answers.map(({ error }) => error)).to.deep.equal(answers.map(() => undefined));
      expect(pair.rig.server.journal.executions('echo')).to.equal(12);
      expect(pair.rig.server.journal.executions('refund')).to.equal(1);
    } finally {
      clearInterval(slowing);
      await pair.one.close();
      await pair.two.close();
      expect((await verify(pair)).problems).to.deep.equal([]);
      admin.disconnect();
      await pair.close();
    }
  });
});

/** Calls that have an intent, went to the server, and have an outcome. */
function sent(records: readonly StoredRecord[]): number {
  const intents = new Set(
    records.flatMap(({ type, exchange, message }) =>
      type === 'intent' && message?.target === 'tool:echo' ? [exchange] : [],
    ),
  );
  return records.filter(
    ({ type, exchange, outcome }) =>
      type === 'outcome' && intents.has(exchange) && outcome?.sentMicros !== undefined,
  ).length;
}
