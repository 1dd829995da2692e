import { expect } from 'chai';
import { BatchQueue, type QueueLimits } from './batch-queue.ts';
import type { Delivery } from './delivery.ts';

const LIMITS: QueueLimits = { items: 100, sizeBytes: 1000, batchItems: 4 };
const DELIVERED: Delivery = { kind: 'delivered', rejected: 0 };
const DOWN: Delivery = { kind: 'failed', cause: 'ECONNREFUSED', isFinal: false };
const REFUSED: Delivery = { kind: 'failed', cause: 'http_400', isFinal: true };

/** A receiver that answers when the test says so, and what became of everything. */
class Rig {
  readonly sent: (readonly string[])[] = [];
  readonly told: string[] = [];
  readonly queue: BatchQueue<string>;
  #answer: ((delivery: Delivery) => void) | undefined;
  #called = Promise.withResolvers<void>();

  constructor(limits: Partial<QueueLimits> = {}, delayMillis = 60_000) {
    this.queue = new BatchQueue<string>({
      send: (items) => {
        this.sent.push([...items]);
        this.#called.resolve();
        this.#called = Promise.withResolvers();
        return new Promise((resolve) => {
          this.#answer = resolve;
        });
      },
      limits: { ...LIMITS, ...limits },
      delayMillis,
      watch: {
        delivered: (items) => this.told.push(`delivered ${items}`),
        failed: (cause) => this.told.push(`failed ${cause}`),
        dropped: (items, reason) => this.told.push(`dropped ${items} ${reason}`),
      },
    });
  }

  offer(...items: readonly string[]): void {
    for (const item of items) this.queue.offer(item, 10);
  }

  /** Resolves once the nth batch is on its way. */
  async sending(count: number): Promise<void> {
    while (this.sent.length < count) await this.#called.promise;
  }

  answer(delivery: Delivery): void {
    const answer = this.#answer;
    this.#answer = undefined;
    answer?.(delivery);
  }

  /** Answers every batch until the flush is over. */
  async flush(delivery: Delivery): Promise<void> {
    let isOver = false;
    const flushing = this.queue.flush().finally(() => {
      isOver = true;
    });
    while (!isOver) {
      this.answer(delivery);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await flushing;
  }
}

describe('a queue of batches', () => {
  it('sends in order, no more at once than a batch, and one batch at a time', async () => {
    const rig = new Rig();

    rig.offer('a', 'b', 'c', 'd', 'e', 'f');
    await rig.sending(1);
    const during = rig.sent.length;
    await rig.flush(DELIVERED);

    expect(during).to.equal(1);
    expect(rig.sent).to.deep.equal([
      ['a', 'b', 'c', 'd'],
      ['e', 'f'],
    ]);
    expect(rig.told).to.deep.equal(['delivered 4', 'delivered 2']);
    expect(rig.queue.length).to.equal(0);
  });

  it('waits for a batch to fill, and no longer than it is told', async () => {
    const patient = new Rig();
    const quick = new Rig({}, 1);

    patient.offer('a');
    quick.offer('a');
    await quick.sending(1);

    expect(quick.sent).to.deep.equal([['a']]);
    expect(patient.sent).to.deep.equal([]);
    patient.queue.close();
    quick.queue.close();
  });

  it('keeps what a receiver that is down did not take, and tries the same again', async () => {
    const rig = new Rig();
    rig.offer('a', 'b', 'c', 'd');
    await rig.sending(1);

    rig.answer(DOWN);
    await rig.flush(DELIVERED);

    expect(rig.sent[1]).to.deep.equal(rig.sent[0]);
    expect(rig.told).to.deep.equal(['failed ECONNREFUSED', 'delivered 4']);
  });

  it('tries again by itself', async () => {
    const rig = new Rig();
    rig.offer('a', 'b', 'c', 'd');
    await rig.sending(1);

    rig.answer({ ...DOWN, retryAfterMillis: 1 } as Delivery);
    await rig.sending(2);

    expect(rig.sent[1]).to.deep.equal(['a', 'b', 'c', 'd']);
    rig.queue.close();
  });

  it('drops a batch that would be refused again, and goes on with the next', async () => {
    const rig = new Rig();
    rig.offer('a', 'b', 'c', 'd', 'e');
    await rig.sending(1);

    rig.answer(REFUSED);
    await rig.flush(DELIVERED);

    expect(rig.sent[1]).to.deep.equal(['e']);
    expect(rig.told).to.deep.equal(['failed http_400', 'dropped 4 refused', 'delivered 1']);
  });

  const partial = [
    { rejected: 1, told: ['delivered 3', 'dropped 1 rejected'] },
    { rejected: 4, told: ['failed rejected', 'dropped 4 rejected'] },
    { rejected: 1e9, told: ['failed rejected', 'dropped 4 rejected'] },
  ];
  for (const { rejected, told } of partial) {
    it(`counts ${rejected} of 4 items that the receiver rejects`, async () => {
      const rig = new Rig();
      rig.offer('a', 'b', 'c', 'd');
      await rig.sending(1);

      rig.answer({ kind: 'delivered', rejected });
      await rig.flush(DELIVERED);

      expect(rig.told).to.deep.equal(told);
    });
  }

  it('drops the newest when it holds as many as it may, those under way included', async () => {
    const rig = new Rig({ items: 4 });

    rig.offer('a', 'b', 'c', 'd');
    await rig.sending(1);
    rig.offer('e', 'f');

    expect(rig.queue.length).to.equal(4);
    expect(rig.told).to.deep.equal(['dropped 1 queue_full', 'dropped 1 queue_full']);
    rig.queue.close();
  });

  it('drops what would make it hold more bytes than it may, and has room again later', async () => {
    const rig = new Rig({ sizeBytes: 25 });

    rig.offer('a', 'b', 'c');
    await rig.flush(DELIVERED);
    rig.offer('d');
    await rig.flush(DELIVERED);

    expect(rig.sent).to.deep.equal([['a', 'b'], ['d']]);
    expect(rig.told).to.deep.equal(['dropped 1 queue_full', 'delivered 2', 'delivered 1']);
  });

  it('ends a flush when the receiver would not take it', async () => {
    const rig = new Rig();
    rig.offer('a');

    await rig.flush(DOWN);

    expect(rig.queue.length).to.equal(1);
    rig.queue.close();
  });

  it('drops what is left when it closes, and all that comes after', async () => {
    const rig = new Rig();
    rig.offer('a', 'b');

    rig.queue.close();
    rig.queue.close();
    rig.offer('c');

    expect(rig.told).to.deep.equal(['dropped 2 closed', 'dropped 1 closed']);
  });

  it('says nothing more of a batch that was under way when it closed', async () => {
    const rig = new Rig();
    rig.offer('a', 'b', 'c', 'd');
    await rig.sending(1);

    rig.queue.close();
    rig.answer(DELIVERED);
    await new Promise((resolve) => setImmediate(resolve));

    expect(rig.told).to.deep.equal(['dropped 4 closed']);
  });
});
