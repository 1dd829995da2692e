import { expect } from 'chai';
import { Outage, type OutageWindow } from './outage.ts';

interface Told {
  readonly what: 'began' | 'recovered' | 'ended';
  readonly window: OutageWindow;
}

function outageOf(quietMillis: number) {
  const told: Told[] = [];
  let heard = Promise.withResolvers<void>();
  const tell = (what: Told['what'], window: OutageWindow): void => {
    told.push({ what, window });
    heard.resolve();
    heard = Promise.withResolvers();
  };
  const outage = new Outage({
    now: () => '2026-03-01T12:00:00.000000Z',
    began: (window) => tell('began', window),
    ended: (window, isRecovered) => tell(isRecovered ? 'recovered' : 'ended', window),
    quietMillis,
  });
  const until = async (count: number): Promise<void> => {
    while (told.length < count) await heard.promise;
  };
  return { outage, told, until, words: () => told.map(({ what }) => what) };
}

/** No test waits this long. */
const NEVER = 60_000;

describe('a window in which telemetry does not arrive', () => {
  it('begins with the first failure and is one, however many follow', () => {
    const { outage, told } = outageOf(NEVER);

    outage.failed('traces', 'ECONNREFUSED');
    outage.failed('traces', 'timeout');
    outage.failed('logs', 'timeout');

    expect(outage.isHealthy).to.equal(false);
    expect(told).to.have.length(1);
    expect(told[0]?.window).to.include({
      since: '2026-03-01T12:00:00.000000Z',
      cause: 'ECONNREFUSED',
    });
    outage.close();
  });

  it('ends after some quiet once every signal that failed has arrived again', async () => {
    const { outage, words, until } = outageOf(1);
    outage.failed('traces', 'timeout');
    outage.failed('logs', 'timeout');

    outage.delivered('traces');
    const still = outage.isHealthy;
    outage.delivered('logs');
    await until(2);

    expect(still).to.equal(false);
    expect(outage.isHealthy).to.equal(true);
    expect(words()).to.deep.equal(['began', 'recovered']);
  });

  it('goes on when a failure breaks the quiet', () => {
    const { outage, words } = outageOf(NEVER);
    outage.failed('traces', 'timeout');

    outage.delivered('traces');
    outage.failed('traces', 'timeout');
    outage.delivered('traces');

    expect(words()).to.deep.equal(['began']);
    outage.close();
  });

  it('says how many items of each signal were lost in it', () => {
    const { outage, told } = outageOf(NEVER);

    outage.failed('traces', 'timeout');
    outage.dropped('traces', 2, 'queue_full');
    outage.dropped('traces', 3, 'queue_full');
    outage.dropped('logs', 1, 'queue_full');
    outage.close();

    expect(told.at(-1)?.window.dropped).to.deep.equal({ traces: 5, metrics: 0, logs: 1 });
  });

  it('begins with a loss without a failure, and then ends by itself', async () => {
    const { outage, words, until } = outageOf(1);

    outage.dropped('logs', 1, 'queue_full');
    await until(2);

    expect(words()).to.deep.equal(['began', 'recovered']);
  });

  it('is ended, but not recovered, when the process ends in it', () => {
    const { outage, words } = outageOf(NEVER);
    outage.failed('metrics', 'timeout');

    outage.close();
    outage.close();
    outage.failed('metrics', 'timeout');
    outage.dropped('logs', 1, 'closed');

    expect(words()).to.deep.equal(['began', 'ended']);
  });

  it('is not begun anew by what is lost when its end is told', () => {
    const told: string[] = [];
    const outage = new Outage({
      now: () => '',
      began: () => told.push('began'),
      ended: () => {
        told.push('ended');
        outage.dropped('logs', 1, 'closed');
      },
    });
    outage.failed('logs', 'timeout');

    outage.close();

    expect(told).to.deep.equal(['began', 'ended']);
  });

  it('never is while all is well', () => {
    const { outage, told } = outageOf(1);

    outage.delivered('traces');
    outage.close();

    expect(outage.isHealthy).to.equal(true);
    expect(told).to.deep.equal([]);
  });
});
