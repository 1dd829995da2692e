import { expect } from 'chai';
import { isTold, logOfLine, logOfRecord } from './log-records.ts';
import { CALLER, durable, EXCHANGE, ORIGIN, outcome } from './records.fixture.ts';

const TIME = [Date.UTC(2026, 2, 1, 12, 0, 5) / 1000, 123_000];

describe('the log record of a record', () => {
  it('is an event named after its type, beside its span', () => {
    const log = logOfRecord(outcome({ ...CALLER }), ORIGIN);

    expect(log).to.include({
      eventName: 'gatehouse.outcome',
      body: 'outcome',
      severityText: 'INFO',
      severityNumber: 9,
    });
    expect(log.hrTime).to.deep.equal(TIME);
    expect(log.spanContext).to.include({
      traceId: CALLER.trace,
      spanId: EXCHANGE.replaceAll('-', '').slice(-16),
    });
    expect(log.attributes).to.include({ 'gen_ai.tool.name': 'echo' });
  });

  it('has no span when the record has none', () => {
    expect(
      logOfRecord({ record: durable({ type: 'policy.loaded' }) }, ORIGIN),
    ).not.to.have.property('spanContext');
  });

  const levels = [
    { item: outcome({ outcome: { status: 'refused', refusal: 'denied' } }), level: 'WARN' },
    {
      item: {
        record: durable({ type: 'auth.failed' as const, outcome: { status: 'refused' as const } }),
      },
      level: 'WARN',
    },
    { item: { record: durable({ type: 'policy.rejected' as const }) }, level: 'WARN' },
    { item: { record: durable({ type: 'degraded.enter' as const }) }, level: 'ERROR' },
    { item: { record: durable({ type: 'degraded.exit' as const }) }, level: 'INFO' },
  ];
  for (const { item, level } of levels) {
    it(`is ${level} for ${item.record.draft.type}`, () => {
      expect(logOfRecord(item, ORIGIN).severityText).to.equal(level);
    });
  }

  it('is not made of what its outcome tells, of streams and of heartbeats', () => {
    const untold = ['intent', 'stream.message', 'redelivery', 'lane.heartbeat'] as const;

    expect(untold.filter((type) => isTold(durable({ type }).draft))).to.deep.equal([]);
    expect(isTold(durable({ type: 'outcome' }).draft)).to.equal(true);
  });
});

describe('the log record of a line', () => {
  it('is its message, level and fields', () => {
    const fields = { port: 1, error: { name: 'Error', at: ['x'] }, none: undefined };
    const line = {
      ts: '2026-03-01T12:00:05.000123Z',
      level: 'error',
      msg: 'it broke',
      fields,
    } as const;

    const log = logOfLine(line, ORIGIN);

    expect(log).to.include({ body: 'it broke', severityText: 'ERROR', severityNumber: 17 });
    expect(log.hrTime).to.deep.equal(TIME);
    expect(log.attributes).to.deep.equal({ port: 1, error: { name: 'Error', at: ['x'] } });
    expect(log).not.to.have.property('eventName');
  });
});
