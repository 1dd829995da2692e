// Races, each run over a thousand times: of two that cannot both happen, exactly one does.

import { expect } from 'chai';
import { approver, ballot, request, T0 } from './approvals.testkit.ts';
import type { ApprovalRequest } from './request.ts';
import {
  bob,
  carol,
  quorumRequest,
  REVOCATION,
  StoreBench,
  type StoreSubject,
  windowRequest,
} from './store.testkit.ts';
import type { Moved } from './store.ts';

const RACES = 1000;
/** How many are under way at once. */
const ROUND = 100;
const LIMITS = { maxLive: 4 * ROUND, maxPendingPerRequester: 4 * ROUND };

type Runner = () => Promise<unknown>;

export function describeRaces(subject: StoreSubject): void {
  describe(`${subject.name} settles races`, () => {
    const random = chance(1);
    let bench: StoreBench;

    beforeEach(async () => {
      bench = await StoreBench.open(subject, LIMITS);
    });

    afterEach(() => bench.rig.dispose());

    /** Rounds of races, each with the clock where the last one left it. */
    async function inRounds(race: (names: readonly string[]) => Promise<void>): Promise<void> {
      for (let first = 0; first < RACES; first += ROUND) {
        await race(Array.from({ length: ROUND }, (_, index) => `race-${first + index}`));
        // What a round leaves over must not fill the store.
        bench.now += 86_400_000;
        await bench.store.expire();
      }
    }

    it('of fifty for one grant: one gets it', async () => {
      const asked = request('1');
      await bench.grant(asked);

      const spent = await Promise.all(
        Array.from({ length: 50 }, (_, index) => bench.consume(asked, `x-${index}`)),
      );

      expect(codesOf(spent)).to.deep.equal({ ok: 1, not_granted: 49 });
    });

    it('of fifty for a window of seven: seven get it', async () => {
      const asked = windowRequest('1', 7);
      await bench.grant(asked);

      const spent = await Promise.all(
        Array.from({ length: 50 }, (_, index) => bench.consume(asked, `x-${index}`)),
      );

      expect(codesOf(spent)).to.deep.equal({ ok: 7, not_granted: 43 });
    });

    it('of fifty identical calls: one asks, all the others attach to that', async () => {
      const all = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          bench.store.attachOrCreate({ ...request('1'), id: `request-${index}` }),
        ),
      );

      const ids = all.map((one) => (one.kind === 'refused' ? one.code : one.approval.request.id));
      expect(all.filter(({ kind }) => kind === 'created')).to.have.length(1);
      expect(new Set(ids).size).to.equal(1);
    });

    it('between two votes of one person: one counts, and no quorum comes of it', async function () {
      this.timeout(60_000);
      const admin = approver('bob-admin', { person: 'bob@example.com' });

      await inRounds(async (names) => {
        const asked = names.map((name) => quorumRequest(name, 2));
        await Promise.all(asked.map((one) => bench.create(one)));

        const votes = await Promise.all(
          asked.map((one) =>
            Promise.all(shuffled([bob, admin], random).map((by) => bench.approve(one, by))),
          ),
        );

        for (const pair of votes) {
          expect(codesOf(pair)).to.deep.equal({ ok: 1, already_voted: 1 });
          expect(pair.every((moved) => moved.approval?.state === 'PENDING')).to.equal(true);
        }
      });
    });

    it('between two people where one suffices: one grants', async function () {
      this.timeout(60_000);

      await inRounds(async (names) => {
        const asked = names.map((name) => request(name));
        await Promise.all(asked.map((one) => bench.create(one)));

        const votes = await Promise.all(
          asked.map((one) => Promise.all([bob, carol].map((by) => bench.approve(one, by)))),
        );

        for (const pair of votes) {
          expect(codesOf(pair)).to.deep.equal({ ok: 1, not_pending: 1 });
        }
      });
    });

    it('between an approval and the deadline: granted in time, or expired', async function () {
      this.timeout(60_000);
      const seen = { ok: 0, expired: 0 };

      await inRounds(async (names) => {
        const started = bench.now;
        const asked = names.map((name) => request(name));
        await Promise.all(asked.map((one) => bench.create(one)));
        bench.now = started + 899_999;
        const votes = new Map<ApprovalRequest, Moved>();
        const swept: string[] = [];
        const voting = asked.map(
          (one): Runner =>
            async () => {
              const cast = ballot(one, bob, 'approve', { nowMillis: started + 899_999 });
              votes.set(one, await bench.store.vote(one.id, cast));
            },
        );
        const sweeping = Array.from(
          { length: 5 },
          (): Runner => async () => {
            swept.push(...(await bench.store.expire()).map((approval) => approval.request.id));
          },
        );
        const clock: Runner = async () => {
          bench.now = started + 900_000;
        };

        await runAll(shuffled([...voting, ...sweeping, clock], random), random);
        swept.push(...(await bench.store.expire()).map((approval) => approval.request.id));

        for (const one of asked) {
          const code = codeOfMove(votes.get(one));
          const sweeps = swept.filter((id) => id === one.id).length;
          const state = (await bench.store.get(one.id))?.state;
          expect([code, sweeps, state]).to.deep.equal(
            code === 'ok' ? ['ok', 0, 'GRANTED'] : ['expired', 1, 'EXPIRED'],
          );
          seen[code === 'ok' ? 'ok' : 'expired'] += 1;
        }
      });

      expect(seen.ok + seen.expired).to.equal(RACES);
      expect(Math.min(seen.ok, seen.expired)).to.be.above(0);
    });

    it('between revoking and spending: one of the two', async function () {
      this.timeout(60_000);
      const seen = { CONSUMED: 0, REVOKED: 0 };

      await inRounds(async (names) => {
        const asked = names.map((name) => request(name));
        await Promise.all(asked.map((one) => bench.grant(one)));
        const moves = new Map(asked.map((one) => [one, [] as Moved[]]));
        const runners = asked.flatMap((one): Runner[] => [
          async () => moves.get(one)?.push(await bench.consume(one)),
          async () => moves.get(one)?.push(await bench.store.revoke(one.id, REVOCATION)),
        ]);

        await runAll(shuffled(runners, random), random);

        for (const [one, pair] of moves) {
          const state = (await bench.store.get(one.id))?.state;
          expect(codesOf(pair)).to.deep.equal({ ok: 1, not_granted: 1 });
          expect(state).to.be.oneOf(['CONSUMED', 'REVOKED']);
          seen[state === 'CONSUMED' ? 'CONSUMED' : 'REVOKED'] += 1;
        }
      });

      expect(seen.CONSUMED + seen.REVOKED).to.equal(RACES);
      expect(Math.min(seen.CONSUMED, seen.REVOKED)).to.be.above(0);
      expect(bench.now).to.be.above(T0);
    });
  });
}

/** Starts all, some of them a few turns later. */
async function runAll(runners: readonly Runner[], random: () => number): Promise<void> {
  const running: Promise<unknown>[] = [];
  for (const run of runners) {
    running.push(run());
    if (random() < 0.2) await new Promise(setImmediate);
  }
  await Promise.all(running);
}

function codesOf(moves: readonly Moved[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const moved of moves) {
    const code = codeOfMove(moved);
    counts[code] = (counts[code] ?? 0) + 1;
  }
  return counts;
}

function codeOfMove(moved: Moved | undefined): string {
  return moved === undefined ? 'nothing' : moved.ok ? 'ok' : moved.code;
}

/** In an order of chance, which is the same in every run. */
function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** mulberry32: small, seeded, good enough to mix an order. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
