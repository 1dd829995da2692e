import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { expect } from 'chai';
import { RECORD_TYPES } from '#core/evidence/record.ts';
import {
  APPROVAL,
  CALL,
  CALLER,
  durable,
  EXCHANGE,
  HASH,
  ORIGIN,
  outcome,
} from './records.fixture.ts';
import { spanOf } from './spans.ts';

const TRACE = EXCHANGE.replaceAll('-', '');
const OTHER = '0199a1b2-0000-7e5f-8a6b-000000000001';
const APPROVAL_TRACE = APPROVAL.replaceAll('-', '');

const STEP = {
  id: APPROVAL,
  binding: 'b',
  state: 'GRANTED',
  rule: 'r',
  scope: 'Call',
  target: 't',
};

/** What matters of a span, without functions. */
function told(item: Parameters<typeof spanOf>[0]) {
  const span = spanOf(item, ORIGIN);
  if (span === undefined) throw new Error('no span');
  const { traceId, spanId, traceFlags } = span.spanContext();
  return { ...span, traceId, spanId, traceFlags, parent: span.parentSpanContext };
}

describe('the span of an exchange', () => {
  it('lasts from its beginning to its outcome, and knows when the server had it', () => {
    const { startTime, endTime, duration, events } = told(outcome());

    const end = Date.UTC(2026, 2, 1, 12, 0, 5) / 1000;
    expect(startTime).to.deep.equal([end - 2, 123_000]);
    expect(endTime).to.deep.equal([end, 123_000]);
    expect(duration).to.deep.equal([2, 0]);
    expect(events).to.deep.equal([
      { name: 'gatehouse.sent', time: [end - 2, 223_000] },
      { name: 'gatehouse.answered', time: [end - 2, 1_023_000] },
    ]);
  });

  it("lies in the caller's trace, sampled though the caller was not", () => {
    const span = told(outcome({ ...CALLER, unsampled: true }));

    expect(span).to.include({
      traceId: CALLER.trace,
      spanId: TRACE.slice(-16),
      traceFlags: 1,
    });
    expect(span.parent).to.include({ traceId: CALLER.trace, spanId: CALLER.span, isRemote: true });
  });

  it('is a trace of its own when its caller has none', () => {
    const span = told(outcome());

    expect(span).to.include({ traceId: TRACE, parent: undefined });
  });

  it('lies below the call for which Gatehouse asked, as a client', () => {
    const principal = { issuer: 'gatehouse', subject: 'gatehouse' };

    const untraced = told(outcome({ principal }, { askedFor: OTHER }));
    const traced = told(outcome({ ...CALLER, principal }, { askedFor: OTHER }));

    expect(untraced.kind).to.equal(SpanKind.CLIENT);
    expect(untraced.parent).to.include({
      traceId: OTHER.replaceAll('-', ''),
      spanId: '8a6b000000000001',
    });
    expect(traced.parent).to.include({ traceId: CALLER.trace, spanId: '8a6b000000000001' });
  });

  it('leads to the approval that was spent for it', () => {
    const { links } = told(outcome({}, { approval: APPROVAL }));

    expect(links.map(({ context }) => context.traceId)).to.deep.equal([APPROVAL_TRACE]);
  });

  const names = [
    { name: 'a tool that was reached', message: CALL, sent: true, says: 'tools/call echo' },
    { name: 'a tool that was only asked for', message: CALL, sent: false, says: 'tools/call' },
    {
      name: 'a resource, whose URI is no name',
      message: { ...CALL, method: 'resources/read', target: 'resource:file:///x' },
      sent: true,
      says: 'resources/read',
    },
    {
      name: 'a method that nobody knows',
      message: { ...CALL, method: 'x/invented' },
      sent: false,
      says: 'other',
    },
    { name: 'a stream', message: { ...CALL, method: 'GET' }, sent: false, says: 'GET' },
  ];
  for (const { name, message, sent, says } of names) {
    it(`is named ${says} for ${name}`, () => {
      const { target: _, ...untargeted } = message;
      const seen = message.method === 'GET' ? untargeted : message;
      const ended = { status: 'ok', ...(sent ? { sentMicros: 1 } : {}) } as const;

      expect(told(outcome({ message: seen, outcome: ended })).name).to.equal(says);
    });
  }

  it('is of a server toward callers, and of a client toward what it asks', () => {
    const asked = { ...CALL, method: 'elicitation/create', direction: 'toClient' } as const;

    expect(told(outcome()).kind).to.equal(SpanKind.SERVER);
    expect(told(outcome({ message: asked })).kind).to.equal(SpanKind.CLIENT);
  });

  it('fails when the server failed, and not when its caller did', () => {
    const ours = told(outcome({ outcome: { status: 'rpc_error', errorCode: -32603 } }));
    const theirs = told(outcome({ outcome: { status: 'rpc_error', errorCode: -32601 } }));

    expect(ours.status).to.deep.equal({ code: SpanStatusCode.ERROR });
    expect(theirs.status).to.deep.equal({ code: SpanStatusCode.UNSET });
  });
});

describe('the span of a refusal', () => {
  it("lies in the caller's trace under an id of its record", () => {
    const refused = { status: 'refused', refusal: 'token_invalid' } as const;
    const span = told({ record: durable({ type: 'auth.failed', ...CALLER, outcome: refused }) });

    expect(span).to.include({
      name: 'auth.failed',
      kind: SpanKind.SERVER,
      traceId: CALLER.trace,
      spanId: HASH.slice(-16),
    });
    expect(span.duration).to.deep.equal([0, 0]);
  });
});

describe('the spans of an approval', () => {
  it('are one trace, with the request as its root', () => {
    const requested = told({ record: durable({ type: 'approval.requested', approval: STEP }) });
    const granted = told({ record: durable({ type: 'approval.granted', approval: STEP }) });

    expect(requested).to.include({ traceId: APPROVAL_TRACE, parent: undefined });
    expect(granted).to.include({ name: 'approval.granted', traceId: APPROVAL_TRACE });
    expect(granted.kind).to.equal(SpanKind.INTERNAL);
    expect(granted.parent).to.include({ spanId: requested.spanId });
  });

  it('have an id also when the approval has none that would be one', () => {
    const approval = { ...STEP, id: 'odd' };

    expect(told({ record: durable({ type: 'approval.granted', approval }) }).traceId).to.equal(
      HASH.slice(0, 32),
    );
  });
});

describe('records that are no spans', () => {
  const spans = new Set(['outcome', 'auth.failed', 'message.refused']);
  const others = RECORD_TYPES.filter((type) => !spans.has(type) && !type.startsWith('approval.'));
  for (const type of others) {
    it(`are those of type ${type}`, () => {
      expect(spanOf({ record: durable({ type }) }, ORIGIN)).to.equal(undefined);
    });
  }
});
