import { expect } from 'chai';
import { WorkQueue } from './work-queue.ts';

describe('a work queue', () => {
  it('works on a key once, however often it was added', async () => {
    const done: string[] = [];
    const gate = Promise.withResolvers<void>();
    const queue = new WorkQueue({
      workers: 1,
      work: async (key) => {
        done.push(key);
        await gate.promise;
      },
      onFault: () => {},
    });

    for (const key of ['a', 'b', 'b', 'b']) queue.add(key);
    expect(queue.depth).to.equal(1);
    gate.resolve();
    await until(() => done.length === 2);
    await queue.close();

    expect(done).to.deep.equal(['a', 'b']);
  });

  it('looks once more at what changed meanwhile, and never at one key twice at a time', async () => {
    let running = 0;
    let most = 0;
    let times = 0;
    const queue = new WorkQueue({
      work: async (key) => {
        running += 1;
        most = Math.max(most, running);
        times += 1;
        if (times === 1) {
          queue.add(key);
          queue.add(key);
        }
        await new Promise((resolve) => setTimeout(resolve, 5));
        running -= 1;
      },
      onFault: () => {},
    });

    queue.add('a');
    await until(() => times === 2);
    await queue.close();

    expect([times, most]).to.deep.equal([2, 1]);
  });

  it('comes back to what failed, later each time, and forgets failures once it worked', async () => {
    const at: number[] = [];
    const faults: string[] = [];
    const queue = new WorkQueue({
      work: async () => {
        at.push(performance.now());
        if (at.length < 4) throw new Error('not yet');
      },
      onFault: (key) => faults.push(key),
      // Whoever waited for longest at once would not be done before the time limit of this test.
      retry: { leastMillis: 20, mostMillis: 600_000 },
    });

    queue.add('a');
    await until(() => at.length === 4);
    await queue.close();

    const gaps = at.slice(1).map((time, index) => time - (at[index] ?? 0));
    expect(gaps[0]).to.be.above(15);
    expect(gaps[2]).to.be.above(75);
    expect(faults).to.deep.equal(['a', 'a', 'a']);
  });

  it('begins nothing after it was closed, and waits for what it began', async () => {
    const done: string[] = [];
    const queue = new WorkQueue({
      workers: 1,
      work: async (key) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        done.push(key);
      },
      onFault: () => {},
    });
    queue.add('a');
    queue.add('b');
    queue.addAfter('c', 0);

    await queue.close();
    queue.add('d');
    await new Promise((resolve) => setTimeout(resolve, 10));

    expect(done).to.deep.equal(['a']);
  });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise<void>((resolve) => setTimeout(resolve, 2));
}
