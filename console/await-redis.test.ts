// Waiting for a Redis that is not there yet: said once, bounded, and over when the console is asked to stop.

import { expect } from 'chai';
import type { RedisClient } from '#platform/redis/client.ts';
import { RedisFault } from '#platform/redis/fault.ts';
import { awaitRedis } from './await-redis.ts';

const CLIENT = {} as RedisClient;

function away(code = 'ECONNREFUSED'): RedisFault {
  const cause = Object.assign(new Error('away'), { code });
  return new RedisFault('unreachable', 'Redis cannot be used', { cause });
}

describe('a console that waits for its Redis', () => {
  let said: string[] = [];
  let attempts = 0;
  beforeEach(() => {
    said = [];
    attempts = 0;
  });

  /** Fails with each of these, and then connects. */
  function waiting(faults: readonly Error[], { patienceMillis = 60_000 } = {}) {
    return awaitRedis({
      connect: async () => {
        const fault = faults[attempts];
        attempts += 1;
        if (fault !== undefined) throw fault;
        return CLIENT;
      },
      onWait: (code) => void said.push(code),
      ...{ stop: new AbortController().signal, patienceMillis, retryMillis: 1 },
    });
  }

  it('says nothing when it is there', async () => {
    expect(await waiting([])).to.equal(CLIENT);
    expect(said).to.deep.equal([]);
  });

  it('says once what is wrong first, however often it tries', async () => {
    const found = await waiting([away('ENOTFOUND'), away(), away()]);

    expect([found, attempts]).to.deep.equal([CLIENT, 4]);
    expect(said).to.deep.equal(['ENOTFOUND']);
  });

  it('waits no longer than its patience, and says why in the end', async () => {
    const error = await waiting([away()], { patienceMillis: 0 }).catch((fault: unknown) => fault);

    expect(error).to.be.instanceOf(RedisFault);
    expect([attempts, said]).to.deep.equal([1, []]);
  });

  it('does not wait for what waiting does not mend', async () => {
    const posture = new RedisFault('posture', 'Redis may forget evidence');

    const error = await waiting([away(), posture]).catch((fault: unknown) => fault);

    expect([error, attempts]).to.deep.equal([posture, 2]);
  });

  it('ends without one when it is asked to stop', async () => {
    const stop = new AbortController();
    const found = awaitRedis({
      connect: async () => {
        stop.abort();
        throw away();
      },
      onWait: (code) => void said.push(code),
      ...{ stop: stop.signal, patienceMillis: 60_000 },
    });

    expect(await found).to.equal(undefined);
  });
});
