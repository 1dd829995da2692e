// Audit spans as a receiver gets them: one for each exchange, whatever its caller says of sampling.

import { randomBytes } from 'node:crypto';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { expect } from 'chai';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import type { SeenSpan } from '#e2e/servers/otlp/seen.ts';
import { OtlpReceiver } from '#e2e/servers/otlp-receiver.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { type Rig, type Spec, startRig } from './rig.ts';
import { until } from './until.ts';
import { jsonHeaders, send } from './wire.ts';

const SPEC: Spec = {
  rules: [
    { name: 'all', effect: 'Allow', match: { tools: ['*'] } },
    { name: 'small', effect: 'Deny', match: { tools: ['refund'] }, when: ['args.amount > 50'] },
    { name: 'nobody', effect: 'Deny', match: { tools: ['delete_everything'] } },
  ],
};

/** Ids of a caller's trace and of its span in it. */
function callerSpan(flags: '00' | '01') {
  const traceId = randomBytes(16).toString('hex');
  const spanId = randomBytes(8).toString('hex');
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-${flags}` };
}

const CALLS = [
  {
    name: 'an allowed call',
    tool: 'echo',
    args: { message: 'hello' },
    says: { effect: 'Allow', rule: 'policy-0/all', status: 'ok', error: undefined },
    isError: false,
  },
  {
    name: 'a denied call',
    tool: 'refund',
    args: { amount: 100 },
    says: { effect: 'Deny', rule: 'policy-0/small', status: 'refused', error: 'denied' },
    isError: false,
  },
  {
    name: 'a call of a hidden tool',
    tool: 'delete_everything',
    args: {},
    says: { effect: 'Deny', rule: 'policy-0/nobody', status: 'refused', error: 'target_unknown' },
    isError: false,
  },
  {
    name: 'a call that fails',
    tool: 'test_error_handling',
    args: {},
    says: { effect: 'Allow', rule: 'policy-0/all', status: 'tool_error', error: 'tool_error' },
    isError: true,
  },
] as const;

for (const encoding of ['http/protobuf', 'http/json'] as const) {
  describe(`audit spans over ${encoding}`, () => {
    let receiver: OtlpReceiver;
    let rig: Rig<Fixture>;
    let client: Client;
    before(async () => {
      receiver = await OtlpReceiver.start();
      rig = await startRig({
        server: () => startModern(),
        specs: [SPEC],
        env: {
          OTEL_EXPORTER_OTLP_PROTOCOL: encoding,
          OTEL_EXPORTER_OTLP_COMPRESSION: encoding === 'http/json' ? 'gzip' : 'none',
          OTEL_BSP_SCHEDULE_DELAY: '20',
          OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
        },
        start: { flags: ['--otlp', receiver.url] },
      });
      client = new Client(
        { name: 'traced', version: '1.0.0' },
        { versionNegotiation: { mode: 'auto' } },
      );
      const headers = { authorization: `Bearer ${await rig.token('alice')}` };
      const transport = new StreamableHTTPClientTransport(new URL(rig.url), {
        requestInit: { headers },
      });
      await client.connect(transport as Parameters<typeof client.connect>[0]);
    });
    after(async () => {
      await client?.close();
      await rig?.close();
      await receiver?.kill();
    });

    /** What Gatehouse asks the server on its own behalf lies in the same trace, and is no SERVER span. */
    const inTrace = (traceId: string): Promise<readonly SeenSpan[]> =>
      until('a span in the trace', () => {
        const ofTrace = receiver.spans.filter((span) => span.traceId === traceId);
        const spans = ofTrace.filter(({ kind }) => kind === 'SERVER');
        return spans.length > 0 && spans;
      });

    for (const { name, tool, args, says, isError } of CALLS) {
      for (const flags of ['01', '00'] as const) {
        it(`tell ${name} in the caller's trace, when its flags are ${flags}`, async () => {
          const caller = callerSpan(flags);
          const before = BigInt(Date.now() - 50) * 1_000_000n;

          await client
            .callTool({ name: tool, arguments: args, _meta: { traceparent: caller.traceparent } })
            .catch(() => undefined);
          const spans = await inTrace(caller.traceId);

          const [span] = spans;
          expect(spans).to.have.length(1);
          expect(span).to.include({ parentSpanId: caller.spanId, isSampled: true, isError });
          const { attributes } = span!;
          expect({
            effect: attributes['gatehouse.decision.effect'],
            rule: attributes['gatehouse.decision.rule'],
            status: attributes['gatehouse.outcome.status'],
            error: attributes['error.type'],
          }).to.deep.equal(says);
          expect(attributes).to.include({
            'mcp.method.name': 'tools/call',
            'gen_ai.tool.name': tool,
            'gen_ai.operation.name': 'execute_tool',
            'user.id': 'alice',
            'mcp.protocol.version': '2026-07-28',
          });
          expect(attributes['gatehouse.trace.unsampled']).to.equal(
            flags === '00' ? true : undefined,
          );
          expect(span!.startNanos > before).to.equal(true);
          expect(span!.endNanos > span!.startNanos).to.equal(true);
        });
      }
    }

    it('name a tool that was reached, and no name that was only asked for', async () => {
      const reached = callerSpan('01');
      const invented = callerSpan('01');

      const call = (name: string, { traceparent }: { traceparent: string }) =>
        client.callTool({ name, arguments: {}, _meta: { traceparent } }).catch(() => undefined);
      await call('echo', reached);
      await call('no_such_tool', invented);

      expect((await inTrace(reached.traceId))[0]?.name).to.equal('tools/call echo');
      expect((await inTrace(invented.traceId))[0]?.name).to.equal('tools/call');
    });

    it('tell a refused sign-in in the trace of its header', async () => {
      const caller = callerSpan('00');

      const answer = await send(rig.url, {
        headers: [...jsonHeaders('no-token'), ['traceparent', caller.traceparent]],
        body: '{}',
      });
      const spans = await inTrace(caller.traceId);

      expect(answer.status).to.equal(401);
      expect(spans).to.have.length(1);
      expect(spans[0]).to.include({
        name: 'auth.failed',
        parentSpanId: caller.spanId,
        isError: false,
      });
      expect(spans[0]?.attributes).to.include({
        'gatehouse.refusal.code': 'token_invalid',
        'error.type': 'token_invalid',
      });
    });

    it('tell what Gatehouse itself asked, below the call for which it asked', async () => {
      const own = await until('the span of a question of its own', () =>
        receiver.spans.find(({ name, kind }) => kind === 'CLIENT' && name === 'tools/list'),
      );
      const asker = await until('the call that needed the answer', () =>
        receiver.spans.find(({ spanId }) => spanId === own.parentSpanId),
      );

      expect(asker).to.include({ kind: 'SERVER', traceId: own.traceId });
      expect(own.attributes['user.id']).to.equal('gatehouse');
    });

    it('are what the evidence says, one for each outcome', async () => {
      const records = await until('a span for each outcome', async () => {
        const outcomes = (await rig.records()).filter(({ type }) => type === 'outcome');
        const told = new Set(
          receiver.spans.map(({ attributes }) => attributes['gatehouse.record.seq']),
        );
        return outcomes.every(({ seq }) => told.has(seq)) && outcomes;
      });

      const spans = receiver.spans.filter(
        ({ attributes }) => attributes['gatehouse.record.type'] === 'outcome',
      );
      expect(spans).to.have.length(records.length);
      expect(new Set(spans.map(({ spanId }) => spanId)).size).to.equal(records.length);
      for (const { exchange, lane, seq } of records) {
        const [span] = spans.filter(({ attributes }) => attributes['gatehouse.record.seq'] === seq);
        expect(span?.attributes['gatehouse.exchange.id']).to.equal(exchange);
        expect(span?.resource).to.include({
          'service.name': 'gatehouse',
          'service.instance.id': lane,
          'deployment.environment.name': 'test',
        });
      }
    });

    it('were all read by the official definitions', () => {
      expect(receiver.faults).to.deep.equal([]);
    });
  });
}
