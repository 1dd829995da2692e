// A checkpointer that cannot write goes on trying, until it is closed and not a moment longer.

import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import { Checkpointer } from './checkpointer.ts';
import { tickingClock } from './drafts.fixture.ts';
import { NO_HASH, signerFor } from './signature.ts';

describe('a checkpointer whose disk takes nothing', () => {
  it('tries again after each interval, and keeps no timer once it is closed', async () => {
    const tried = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let refuse = Promise.withResolvers<void>();
    let tries = 0;
    const checkpointer = new Checkpointer(
      {
        append: async () => {
          tried[tries]?.resolve();
          tries += 1;
          await refuse.promise;
        },
        anchor: async () => {},
        trust: { id: 'a', signer: signerFor(generateKeyPairSync('ed25519').privateKey) },
        lane: { log: 'l', lane: 'l', ordinal: 1, recordsBefore: 0 },
        link: { n: 0, hash: NO_HASH },
        now: tickingClock(),
        intervalMillis: 1,
        monotonicMillis: () => 0,
      },
      { seq: 1, hash: NO_HASH },
    );
    checkpointer.note({ seq: 2, hash: NO_HASH });
    await tried[0]?.promise;
    const before = timers();
    const first = refuse;
    refuse = Promise.withResolvers<void>();
    first.reject(new Error('full'));
    await tried[1]?.promise;

    const closing = checkpointer.close();
    refuse.reject(new Error('full'));
    await closing;

    expect(timers()).to.equal(before);
    expect(tries).to.equal(2);
  });
});

function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}
