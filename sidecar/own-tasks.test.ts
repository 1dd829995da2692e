import { expect } from 'chai';
import { ALICE } from './ladder.testkit.ts';
import { KEPT_MS, OwnTask, type TaskAnswer } from './own-task.ts';
import { OwnTasks } from './own-tasks.ts';

const MEBIBYTE = 1024 * 1024;
const BOB = { ...ALICE, subject: 'bob' };

describe('tasks of ours', () => {
  let now = 0;
  let made = 0;
  const tasks = () =>
    new OwnTasks({ isReachable: true, run: () => Promise.resolve(), nowMillis: () => now });
  const task = (principal = ALICE, sizeBytes = 1, untilMillis = 1000) => {
    made += 1;
    const call = { admission: { bytes: { byteLength: sizeBytes } }, head: {} };
    const course = { call, approvalId: 'a', definition: 'd' } as unknown as OwnTask['course'];
    const name = { kind: 'own', call: `x-${made}`, tool: 'pay', sealed: 's' } as OwnTask['name'];
    const proof = { head: {}, principal } as unknown as OwnTask['proof'];
    return new OwnTask({ name, course, proof, message: 'm', nowMillis: now, untilMillis });
  };
  const answer = (bytes = 1): TaskAnswer =>
    ({ kind: 'result', json: new Uint8Array(bytes), snapshot: {} }) as unknown as TaskAnswer;

  beforeEach(() => {
    now = 0;
  });

  it('are kept up to so many of one principal, whatever others keep', () => {
    const kept = tasks();
    const own = Array.from({ length: 33 }, () => kept.keep(task()));

    expect(own.filter((fits) => fits)).to.have.length(32);
    expect(own.at(-1)).to.equal(false);
    expect(kept.keep(task(BOB))).to.equal(true);
    expect(kept.total).to.equal(33);
  });

  it('make room for the next one when they are over and read, never before', () => {
    const kept = tasks();
    const all = Array.from({ length: 32 }, () => task());
    for (const each of all) kept.keep(each);
    all[3]?.finish(answer(), 'done', now);
    const unread = kept.keep(task());
    all[3]?.words();

    expect(unread).to.equal(false);
    expect(kept.keep(task())).to.equal(true);
    expect(kept.find(all[3]?.name.call ?? '')).to.equal(undefined);
    expect(kept.find(all[2]?.name.call ?? '')).to.equal(all[2]);
  });

  it('are kept up to so many bytes, of calls and of results', () => {
    const kept = tasks();
    const large = task(ALICE, 20 * MEBIBYTE);

    expect(kept.keep(large)).to.equal(true);
    expect(kept.hasRoom(large, 11 * MEBIBYTE)).to.equal(true);
    large.finish(answer(11 * MEBIBYTE), 'done', now);
    expect(kept.hasRoom(large, 2 * MEBIBYTE)).to.equal(false);
    expect(kept.keep(task(ALICE, 2 * MEBIBYTE))).to.equal(false);
    expect(kept.keep(task(BOB, 2 * MEBIBYTE))).to.equal(true);
  });

  it('are forgotten when their time is over', async () => {
    const kept = tasks();
    const short = task(ALICE, 1, 20);
    kept.keep(short);
    now = 30;

    await new Promise((resolve) => setTimeout(resolve, 60));

    expect(kept.find(short.name.call)).to.equal(undefined);
    expect(short.unwanted.aborted).to.equal(true);
  });

  it('end once: what comes after that changes nothing', () => {
    const one = task();
    one.cancel(1);
    one.finish(answer(), 'done', 2);
    one.say('under way', 3, 4);

    expect(one.words()).to.include({ status: 'cancelled', ttlMs: 1 + KEPT_MS });
    expect(one.answer).to.equal(undefined);
  });

  it('are waited for while they are under way, and only then', async () => {
    const going = Promise.withResolvers<void>();
    const kept = new OwnTasks({
      isReachable: true,
      run: () => going.promise,
      nowMillis: () => now,
    });
    kept.keep(task());
    await kept.settled();
    let isSettled = false;
    const running = kept.run({} as never, {} as never);
    const settled = kept.settled().then(() => {
      isSettled = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    const meanwhile = isSettled;
    going.resolve();
    await Promise.all([running, settled]);

    expect([meanwhile, isSettled]).to.deep.equal([false, true]);
  });
});
