import { expect } from 'chai';
import { Tail } from './tail.ts';

describe('the tail of a stream', () => {
  it('lets 63 messages precede their records, and waits at 64', async () => {
    const tail = new Tail(() => 0);
    const durable = Array.from({ length: 64 }, () => Promise.withResolvers<void>());
    for (const { promise } of durable.slice(0, 63)) tail.add(promise);
    await tail.room();
    tail.add(durable[63]!.promise);

    const waiting = tail.room();
    let waited = true;
    void waiting.then(() => {
      waited = false;
    });
    await new Promise(setImmediate);
    expect(waited).to.equal(true);
    for (const { resolve } of durable) resolve();

    await waiting;
  });

  it('waits when a record has been under way for over 100 ms', async () => {
    let now = 0;
    const tail = new Tail(() => now);
    const slow = Promise.withResolvers<void>();
    tail.add(slow.promise);
    now = 100;
    await tail.room();
    now = 101;

    const waiting = tail.room();
    slow.resolve();

    await waiting;
  });

  it('throws what the ledger threw', async () => {
    const tail = new Tail(() => 0);
    tail.add(Promise.reject(new Error('disk full')));

    const thrown = await tail.drained().then(
      () => undefined,
      (error: Error) => error.message,
    );

    expect(thrown).to.equal('disk full');
  });
});
