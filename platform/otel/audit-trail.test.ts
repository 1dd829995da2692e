import { expect } from 'chai';
import { AuditTrail } from './audit-trail.ts';
import { APPROVAL, durable, EXCHANGE } from './records.fixture.ts';

const DECISION = { effect: 'Allow', rule: 'p/all', policy: 'd1' } as const;
const REDACTION = { detector: 'email', pointer: '/a', action: 'Redact', count: 2 } as const;
const MASKING = { redactions: [REDACTION, { ...REDACTION, count: 1 }] };

const intent = (exchange: string) => durable({ type: 'intent', exchange, decision: DECISION });
const end = (exchange: string) => durable({ type: 'outcome', exchange, outcome: { status: 'ok' } });

describe('the trail of an exchange', () => {
  it('tells with the outcome what the intent had said', () => {
    const trail = new AuditTrail();

    const first = trail.follow(intent(EXCHANGE));
    const last = trail.follow(end(EXCHANGE));

    expect(first).to.deep.equal({ record: intent(EXCHANGE) });
    expect(last).to.deep.equal({ record: end(EXCHANGE), decision: DECISION });
  });

  it('tells the approval that was spent, and for whom Gatehouse itself asked', () => {
    const trail = new AuditTrail();
    const approval = { id: APPROVAL } as never;
    trail.follow(durable({ type: 'approval.consumed', exchange: EXCHANGE, approval }));
    trail.follow(durable({ ...intent(EXCHANGE).draft, detail: { askedFor: 'other' } }));

    const { approval: spent, askedFor } = trail.follow(end(EXCHANGE));

    expect({ spent, askedFor }).to.deep.equal({ spent: APPROVAL, askedFor: 'other' });
  });

  it('sums what was hidden in all messages before', () => {
    const trail = new AuditTrail();
    trail.follow(durable({ ...intent(EXCHANGE).draft, masking: MASKING }));
    trail.follow(durable({ type: 'stream.message', exchange: EXCHANGE, masking: MASKING }));
    trail.follow(durable({ type: 'stream.message', exchange: EXCHANGE }));

    expect(trail.follow(end(EXCHANGE))).to.include({ redactions: 6 });
  });

  it('is forgotten with its outcome', () => {
    const trail = new AuditTrail();
    trail.follow(intent(EXCHANGE));
    trail.follow(end(EXCHANGE));

    expect(trail.follow(end(EXCHANGE))).to.deep.equal({ record: end(EXCHANGE) });
  });

  it('keeps no more exchanges than it may, the newest', () => {
    const trail = new AuditTrail(2);
    for (const exchange of ['a', 'b', 'c']) trail.follow(intent(exchange));

    const known = ['a', 'b', 'c'].filter((each) => trail.follow(end(each)).decision !== undefined);

    expect(known).to.deep.equal(['b', 'c']);
  });

  it('passes on what belongs to no exchange', () => {
    const record = durable({ type: 'lane.heartbeat' });

    expect(new AuditTrail().follow(record)).to.deep.equal({ record });
  });
});
