import { expect } from 'chai';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import type { SeenSpan } from '#e2e/servers/otlp/seen.ts';
import { OtlpReceiver } from '#e2e/servers/otlp-receiver.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { approveNext, askingSpec } from './approving.ts';
import { type Rig, startRig } from './rig.ts';
import { until } from './until.ts';
import { callTool, messageOf, modern, send } from './wire.ts';

describe('the spans of a call that waits for somebody', () => {
  let receiver: OtlpReceiver;
  let rig: Rig<Fixture>;
  let id = '';
  let spans: readonly SeenSpan[] = [];
  before(async () => {
    receiver = await OtlpReceiver.start();
    rig = await startRig({
      server: () => startModern(),
      specs: [askingSpec()],
      claims: { person: 'email' },
      env: { OTEL_METRIC_EXPORT_INTERVAL: '100', OTEL_BSP_SCHEDULE_DELAY: '20' },
      start: { flags: ['--otlp', receiver.url] },
    });
    const token = await rig.token('alice');
    const refund = () => send(rig.url, modern(token, callTool('refund', { amount: 1 })));
    const first = refund();
    const approved = await approveNext(rig);
    const answers = [await first];
    // A client that gave up waiting asks again, and attaches to the same approval.
    if (messageOf(answers[0]!).result?.isError === true) answers.push(await refund());
    id = approved.id;
    spans = await until('the spans of the approval and of the call that spent it', () => {
      const call = receiver.spans.find(({ name }) => name === 'tools/call refund');
      const spent = receiver.spans.find(({ name }) => name === 'approval.consumed');
      return call !== undefined && spent !== undefined && receiver.spans;
    });
  });
  after(async () => {
    await rig?.close();
    await receiver?.kill();
  });

  const traceOf = (uuid: string): string => uuid.replaceAll('-', '');

  it('are one trace for the approval: asked for, voted on, granted, spent', () => {
    const steps = spans.filter(({ traceId }) => traceId === traceOf(id));
    const root = steps.find(({ name }) => name === 'approval.requested');

    expect(steps.map(({ name }) => name)).to.include.members([
      'approval.requested',
      'approval.voted',
      'approval.granted',
      'approval.consumed',
    ]);
    for (const step of steps.filter((each) => each !== root)) {
      expect(step).to.include({ kind: 'INTERNAL', parentSpanId: root?.spanId, isSampled: true });
      expect(step.attributes).to.include({ 'gatehouse.approval.id': id });
    }
    const granted = steps.find(({ name }) => name === 'approval.granted');
    expect(granted?.attributes['gatehouse.approval.approvers']).to.deep.equal(['carol']);
  });

  it('lead from the call to the approval that was spent for it', () => {
    const call = spans.find(({ name }) => name === 'tools/call refund');

    expect(call?.attributes).to.include({
      'gatehouse.approval.id': id,
      'gatehouse.decision.effect': 'RequireApproval',
      'gatehouse.outcome.status': 'ok',
    });
    expect(call?.links.map(({ traceId }) => traceId)).to.deep.equal([traceOf(id)]);
  });

  it('are counted by how long somebody had to wait', async () => {
    const point = await until('the wait for the approval', () =>
      receiver.points.find(({ name }) => name === 'gatehouse.approval.wait.duration'),
    );

    expect(point).to.include({ value: 1, unit: 's' });
    expect(point.attributes).to.deep.equal({ 'gatehouse.approval.state': 'GRANTED' });
  });

  it('hold nothing of what people wrote about it', () => {
    expect(receiver.bodies.filter((body) => body.includes('journey: approve'))).to.deep.equal([]);
    expect(receiver.faults).to.deep.equal([]);
  });
});
