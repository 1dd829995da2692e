import { expect } from 'chai';
import { MemoryLedger } from '#platform/memory/ledger.ts';
import { createClock } from '#platform/process/clock.ts';
import { Metrics } from '#platform/process/metrics.ts';
import { MeteredLedger } from './metered-ledger.ts';

const clock = createClock();
const ts = clock.timestamp();

function metered() {
  const durable = new MemoryLedger({ version: '0', now: () => clock.timestamp() });
  const metrics = new Metrics('0');
  return { durable, metrics, ledger: new MeteredLedger(durable, metrics, clock) };
}

describe('metrics of the evidence', () => {
  it('count every record of the lane, those of the ledger itself among them', async () => {
    const { ledger, metrics } = metered();

    await ledger.append({ type: 'intent', ts, decision: { effect: 'Deny', policy: 'p' } });
    await ledger.close('stopped');

    const text = await metrics.text();
    for (const type of ['lane.open', 'intent', 'lane.close']) {
      expect(text).to.include(`gatehouse_evidence_records_total{type="${type}"} 1`);
    }
    expect(text).to.include('gatehouse_decisions_total{effect="Deny"} 1');
    expect(text).to.include('gatehouse_evidence_commit_duration_seconds_count 1');
  });

  it('count refusals one by one and as a sum', async () => {
    const { ledger, metrics } = metered();

    await ledger.append({
      type: 'auth.failed',
      ts,
      outcome: { status: 'refused', refusal: 'token_invalid' },
    });
    await ledger.append({
      type: 'message.refused',
      ts,
      outcome: { status: 'refused' },
      detail: { token_invalid: 40, path_unknown: 2 },
    });

    const text = await metrics.text();
    expect(text).to.include('gatehouse_refusals_total{code="token_invalid"} 41');
    expect(text).to.include('gatehouse_refusals_total{code="path_unknown"} 2');
  });

  it('count what became of tool definitions', async () => {
    const { ledger, metrics } = metered();

    for (const effect of ['quarantined', 'quarantined', 'released', 'no such effect']) {
      await ledger.append({ type: 'catalog.changed', ts, detail: { tool: 'x', effect } });
    }

    const text = await metrics.text();
    expect(text).to.include('gatehouse_tool_definition_changes_total{effect="quarantined"} 2');
    expect(text).to.include('gatehouse_tool_definition_changes_total{effect="released"} 1');
    expect(text).to.not.include('no such effect');
  });

  it('count nothing that did not become durable', async () => {
    const { durable, ledger, metrics } = metered();
    durable.failWith(new Error('full'));

    await ledger.append({ type: 'intent', ts }).catch(() => undefined);

    expect(await metrics.text()).not.to.include('type="intent"');
  });
});
