import { expect } from 'chai';
import { MemoryLedger } from '#platform/memory/ledger.ts';
import { createClock } from '#platform/process/clock.ts';
import { Exchange } from './exchange.ts';
import { Exchanges } from './exchanges.ts';
import { GATEHOUSE } from './own-message.ts';
import { Questions } from './questions.ts';

const ledger = new MemoryLedger({ version: '0', now: () => createClock().timestamp() });
let made = 0;

/** A request with this id, in this session or in none. */
function exchange(id: string | number, upstreamId?: string, callSeconds = 60): Exchange {
  made += 1;
  const request = { kind: 'request', id, method: 'tools/call', params: { name: 'x' } } as const;
  const recorded = { method: 'tools/call', direction: 'toServer', sizeBytes: 1 } as const;
  const facts = {
    id: `e${made}`,
    principal: GATEHOUSE,
    revision: '2025-11-25',
    recorded,
    request,
    // Nothing else of a snapshot or a session is looked at here.
    snapshot: { policy: { limits: { callSeconds } } },
    ...(upstreamId === undefined ? {} : { session: { upstreamId } }),
  };
  return new Exchange(facts as unknown as Exchange['facts'], ledger, createClock());
}

describe('the exchanges in flight', () => {
  it('know a request by its session and id, and refuse the same id twice', () => {
    const exchanges = new Exchanges();
    const first = exchange(1, 'a');

    const openings = [first, exchange(1, 'b'), exchange('1', 'a'), exchange(1, 'a')].map((each) =>
      exchanges.open(each),
    );

    expect(openings).to.deep.equal(['opened', 'opened', 'opened', 'duplicate']);
    expect(exchanges.find('a', 1)).to.equal(first);
    expect(exchanges.inFlightOf('a')).to.have.length(2);
  });

  it('hold stateless requests too, which nobody can name and which may share an id', () => {
    const exchanges = new Exchanges();
    const both = [exchange(1), exchange(1)];

    const openings = both.map((each) => exchanges.open(each));

    expect(openings).to.deep.equal(['opened', 'opened']);
    expect([...exchanges.inFlight]).to.deep.equal(both);
    expect(exchanges.find('', 1)).to.equal(undefined);
    for (const each of both) exchanges.settle(each);
    expect([...exchanges.inFlight]).to.deep.equal([]);
  });

  it('remember what is over without what it asked', () => {
    const exchanges = new Exchanges();
    const over = exchange(1, 'a');
    exchanges.open(over);

    exchanges.settle(over);

    expect(exchanges.find('a', 1)).to.equal(over);
    expect(over.facts.request?.params).to.deep.equal({});
    expect(exchanges.open(exchange(1, 'a'))).to.equal('opened');
  });

  it('refuse one too many', () => {
    const exchanges = new Exchanges();

    const openings = Array.from({ length: 10_001 }, (_, id) => exchanges.open(exchange(id)));

    expect(openings.slice(-2)).to.deep.equal(['opened', 'full']);
  });
});

describe('the questions of servers', () => {
  it('are answered once, in their own session', () => {
    const questions = new Questions();
    const asked = exchange(7, 'a');

    const outcomes = [
      questions.ask(asked),
      questions.ask(exchange(7, 'a')),
      questions.end('b', 7, { status: 'ok' }),
      questions.end('a', '7', { status: 'ok' }),
      questions.end('a', 7, { status: 'ok' }),
      questions.end('a', 7, { status: 'ok' }),
    ];

    expect(outcomes).to.deep.equal(['asked', 'duplicate', false, false, true, false]);
    expect(asked.isConcluded).to.equal(true);
  });

  it('are bounded in each session, so that no server keeps others from asking', () => {
    const questions = new Questions();

    const asked = Array.from({ length: 101 }, (_, id) => questions.ask(exchange(id, 'a')));

    expect(asked.slice(-2)).to.deep.equal(['asked', 'full']);
    expect(questions.ask(exchange(1, 'b'))).to.equal('asked');
    questions.endAll({ status: 'cancelled' });
    expect(questions.ask(exchange(1, 'a'))).to.equal('asked');
    questions.endAll({ status: 'cancelled' });
  });

  it('cannot be asked outside a session, where any answer could be forged', () => {
    expect(new Questions().ask(exchange(1))).to.equal('full');
  });

  it('end with their session and with the gateway', () => {
    const questions = new Questions();
    const [first, second] = [exchange(1, 'a'), exchange(1, 'b')];
    questions.ask(first);
    questions.ask(second);

    questions.endSession('a', { status: 'cancelled' });
    const afterSession = [first.isConcluded, second.isConcluded];
    questions.endAll({ status: 'cancelled' });

    expect(afterSession).to.deep.equal([true, false]);
    expect(second.isConcluded).to.equal(true);
  });

  it('end at the time limit', async () => {
    const asked = exchange(1, 'a', 0);

    new Questions().ask(asked);
    while (!asked.isConcluded) await new Promise((resolve) => setImmediate(resolve));

    expect(asked.isConcluded).to.equal(true);
  });
});
