import type { Attributes, Meter } from '@opentelemetry/api';
import { expect } from 'chai';
import type { RecordDraft, RecordedOutcome } from '#core/evidence/record.ts';
import type { AuditItem } from './audit-trail.ts';
import { McpMetrics } from './mcp-metrics.ts';
import { APPROVAL, CALL, durable, outcome } from './records.fixture.ts';

const OK = {
  status: 'ok',
  durationMicros: 2_000_000,
  sentMicros: 500_000,
  answeredMicros: 1_500_000,
};
const HELD = { effect: 'RequireApproval', rule: 'p/ask', policy: 'd' } as const;

/** What was measured, by the name of the histogram. */
function measured(...items: readonly AuditItem[]) {
  const seen: { name: string; value: number; attributes: Attributes }[] = [];
  const meter = {
    createHistogram: (name: string) => ({
      record: (value: number, attributes: Attributes) => seen.push({ name, value, attributes }),
    }),
  } as unknown as Meter;
  const metrics = new McpMetrics(meter);
  for (const item of items) metrics.record(item);
  return (name: string) => seen.filter((each) => each.name === name);
}

function call(ended: Partial<RecordedOutcome>, known: Omit<AuditItem, 'record'> = {}): AuditItem {
  return outcome({ outcome: { status: 'ok', ...ended } }, known);
}

function at(type: RecordDraft['type'], seconds: string, draft: Partial<RecordDraft>): AuditItem {
  return { record: durable({ type, ts: `2026-03-01T12:00:${seconds}.000000Z`, ...draft }) };
}

describe('the histograms of MCP', () => {
  it('measure an operation, and the part that was the server', () => {
    const of = measured(call(OK as RecordedOutcome));

    const attributes = {
      'mcp.method.name': 'tools/call',
      'mcp.protocol.version': '2025-11-25',
      'gen_ai.tool.name': 'echo',
    };
    expect(of('mcp.server.operation.duration')).to.deep.equal([
      { name: 'mcp.server.operation.duration', value: 2, attributes },
    ]);
    expect(of('mcp.client.operation.duration').map(({ value }) => value)).to.deep.equal([1]);
  });

  it('leave out the wait for an approval', () => {
    const of = measured(call(OK as RecordedOutcome, { decision: HELD }));

    expect(of('mcp.server.operation.duration').map(({ value }) => value)).to.deep.equal([1.5]);
  });

  it('leave out a call that only waited', () => {
    const waited = { status: 'refused', refusal: 'approval_pending', durationMicros: 9e6 } as const;

    expect(
      measured(call(waited, { decision: HELD }))('mcp.server.operation.duration'),
    ).to.have.length(0);
    const observed = { ...HELD, observed: true } as const;
    expect(
      measured(call(waited, { decision: observed }))('mcp.server.operation.duration'),
    ).to.have.length(1);
  });

  it('take no label from what a caller only invented', () => {
    const invented = outcome({
      message: { ...CALL, method: 'x/invented', target: 'tool:made_up' },
      outcome: { status: 'refused', refusal: 'method_unknown', durationMicros: 1 },
    });
    const hidden = call({ status: 'refused', refusal: 'target_unknown', durationMicros: 1 });

    const [first, second] = measured(invented, hidden)('mcp.server.operation.duration');

    expect(first?.attributes).to.deep.equal({
      'mcp.method.name': 'other',
      'mcp.protocol.version': '2025-11-25',
      'error.type': 'method_unknown',
    });
    expect(second?.attributes).not.to.have.property('gen_ai.tool.name');
  });

  const unmeasured = [
    { name: 'notifications', message: { ...CALL, method: 'notifications/cancelled' } },
    { name: 'streams', message: { ...CALL, method: 'GET' } },
    { name: 'answers of clients', message: { ...CALL, method: 'response' } },
    { name: 'questions of the server', message: { ...CALL, direction: 'toClient' as const } },
  ];
  for (const { name, message } of unmeasured) {
    it(`are not of ${name}`, () => {
      const of = measured(outcome({ message }));

      expect(of('mcp.server.operation.duration')).to.deep.equal([]);
    });
  }

  it('count what Gatehouse itself asks as a client alone', () => {
    const of = measured(call(OK as RecordedOutcome, { askedFor: 'other' }));

    expect(of('mcp.server.operation.duration')).to.have.length(0);
    expect(of('mcp.client.operation.duration')).to.have.length(1);
  });

  it('measure a session from its handshake to its end, once', () => {
    const message = { ...CALL, method: 'initialize' };
    const end = at('outcome', '35', {
      session: 's',
      message: { ...CALL, method: 'DELETE' },
      outcome: { status: 'delivered', httpStatus: 200 },
    });
    const begin = at('outcome', '05', { session: 's', message, outcome: { status: 'ok' } });

    const sessions = measured(begin, end, end)('mcp.server.session.duration');

    expect(sessions.map(({ value }) => value)).to.deep.equal([30]);
  });

  it('measure no session that the server would not end, or that never began', () => {
    const refused = at('outcome', '35', {
      session: 's',
      message: { ...CALL, method: 'DELETE' },
      outcome: { status: 'delivered', httpStatus: 405 },
    });

    expect(measured(refused)('mcp.server.session.duration')).to.deep.equal([]);
  });

  it('measure how long an approval was waited for', () => {
    const step = { id: APPROVAL, binding: 'b', rule: 'r', scope: 'Call', target: 't' };
    const requested = at('approval.requested', '00', { approval: { ...step, state: 'PENDING' } });
    const voted = at('approval.voted', '20', { approval: { ...step, state: 'PENDING' } });
    const granted = at('approval.granted', '30', { approval: { ...step, state: 'GRANTED' } });

    const waits = measured(requested, voted, granted, granted)('gatehouse.approval.wait.duration');

    expect(waits.map(({ value, attributes }) => [value, attributes])).to.deep.equal([
      [30, { 'gatehouse.approval.state': 'GRANTED' }],
    ]);
  });
});
