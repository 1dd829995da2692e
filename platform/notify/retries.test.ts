import { expect } from 'chai';
import type { PostResult } from './guarded-post.ts';
import { type Item, MAX_WAITING_EACH, Retries } from './retries.ts';

const DELIVERED: PostResult = { kind: 'delivered' };
const AWAY: PostResult = { kind: 'failed', cause: 'http_503', isFinal: false };
const GONE: PostResult = { kind: 'failed', cause: 'http_410', isFinal: true };

interface Told {
  readonly tries: string[];
  readonly delivered: string[];
  readonly dead: (readonly [id: string, cause: string, tries: number])[];
}

function start(answers: (id: string, nth: number) => PostResult | Promise<PostResult>) {
  const told: Told = { tries: [], delivered: [], dead: [] };
  const retries = new Retries<Item>({
    delaysMillis: [1, 2, 3],
    send: async ({ id }) => {
      told.tries.push(id);
      return answers(id, told.tries.filter((each) => each === id).length);
    },
    delivered: ({ id }) => void told.delivered.push(id),
    dead: ({ id }, cause, tries) => void told.dead.push([id, cause, tries]),
  });
  return { retries, told };
}

async function settled(retries: Retries<Item>): Promise<void> {
  while (retries.length > 0) await new Promise((resolve) => setTimeout(resolve, 2));
}

describe('a notification that does not arrive', () => {
  it('is tried again until it does, under the same id', async () => {
    const { retries, told } = start((_, nth) => (nth < 3 ? AWAY : DELIVERED));
    retries.offer({ id: 'n1', receiver: 'desk' });
    await settled(retries);

    expect(told).to.deep.equal({ tries: ['n1', 'n1', 'n1'], delivered: ['n1'], dead: [] });
  });

  it('is a dead letter after the last try', async () => {
    const { retries, told } = start(() => AWAY);
    retries.offer({ id: 'n1', receiver: 'desk' });
    await settled(retries);

    expect(told.dead).to.deep.equal([['n1', 'http_503', 4]]);
  });

  it('is a dead letter at once when it would be refused again', async () => {
    const { retries, told } = start(() => GONE);
    retries.offer({ id: 'n1', receiver: 'desk' });
    await settled(retries);

    expect(told.dead).to.deep.equal([['n1', 'http_410', 1]]);
  });

  it('leaves room for the others when one receiver takes nothing', async () => {
    const { retries, told } = start((id) =>
      id.startsWith('slow') ? new Promise(() => {}) : DELIVERED,
    );
    for (let i = 0; i <= MAX_WAITING_EACH; i += 1)
      retries.offer({ id: `slow-${i}`, receiver: 'slow' });
    retries.offer({ id: 'n1', receiver: 'desk' });
    await new Promise((resolve) => setTimeout(resolve, 5));

    expect(told.dead).to.deep.equal([[`slow-${MAX_WAITING_EACH}`, 'too_many_waiting', 0]]);
    expect(told.delivered).to.deep.equal(['n1']);
  });
});

describe('the end of a process that has something to tell', () => {
  it('gives what waits one more try, and buries the rest', async () => {
    const told: Told = { tries: [], delivered: [], dead: [] };
    const patient = new Retries<Item>({
      delaysMillis: [60_000],
      send: async ({ id }) => {
        told.tries.push(id);
        return told.tries.length > 1 ? DELIVERED : AWAY;
      },
      delivered: ({ id }) => void told.delivered.push(id),
      dead: ({ id }, cause, tries) => void told.dead.push([id, cause, tries]),
    });
    patient.offer({ id: 'n2', receiver: 'desk' });
    await new Promise((resolve) => setTimeout(resolve, 5));
    await patient.close(AbortSignal.timeout(1000));
    patient.offer({ id: 'n3', receiver: 'desk' });

    expect(told.delivered).to.deep.equal(['n2']);
    expect(told.dead).to.deep.equal([['n3', 'stopped', 0]]);
  });

  it('does not wait for a receiver that hangs', async () => {
    const { retries, told } = start(() => new Promise(() => {}));
    retries.offer({ id: 'n1', receiver: 'desk' });
    await retries.close(AbortSignal.timeout(10));

    expect(told.dead).to.deep.equal([['n1', 'stopped', 1]]);
  });
});
