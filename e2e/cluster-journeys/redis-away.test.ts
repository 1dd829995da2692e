// Redis goes while calls run: what needs evidence is refused until it is back, nothing is carried out unrecorded, and
// nobody has to do anything about it afterwards.

import { expect } from 'chai';
import type { StoredRecord } from '#core/evidence/parse-record.ts';
import { kubectl, rolledOut } from './cluster.ts';
import { eventually } from './eventually.ts';
import { type Governed, startGoverned } from './governed.ts';
import { SYSTEM } from './installation.ts';
import { type Load, startLoad } from './load.ts';
import { executions, podStates } from './server-pods.ts';
import { expectWhole, intentsOf } from './verifying.ts';

const REDIS = 'statefulset/gatehouse-redis';

describe('a Redis that goes while calls run', () => {
  let governed: Governed;
  let load: Load;

  before(async () => {
    governed = await startGoverned('redis-away');
    load = await startLoad(governed);
    await eventually('calls that are answered', () => load.answered > 20);
  });

  after(async () => {
    await kubectl('-n', SYSTEM, 'scale', REDIS, '--replicas=1');
    await rolledOut(SYSTEM, REDIS);
    await load?.stop();
    await governed?.close();
  });

  it('and stays away: calls are refused and not carried out, then all goes on by itself', async () => {
    await kubectl('-n', SYSTEM, 'scale', REDIS, '--replicas=0');
    await untilGone();
    await eventually('calls that are refused', () => load.failures.length > 0);
    const before = {
      answered: load.answered,
      executed: await executions(governed.namespace, 'echo'),
    };
    const refused = await governed.call('echo', { message: 'meanwhile' });
    const executed = await executions(governed.namespace, 'echo');
    const states = await podStates(governed.namespace);

    expect(refused.text).to.include('evidence').and.include('retryAfterSeconds');
    expect(executed).to.equal(before.executed);
    expect(load.answered).to.equal(before.answered);
    expect(states.map(({ isReady }) => isReady)).to.deep.equal([true, true]);

    await kubectl('-n', SYSTEM, 'scale', REDIS, '--replicas=1');
    await rolledOut(SYSTEM, REDIS);
    await untilAnsweredAgain('Redis was ready');
  });

  it('and is killed: whoever started it starts it again, and calls go on', async () => {
    const failed = load.failures.length;
    const named = ['-n', SYSTEM, 'delete', 'pod', 'gatehouse-redis-0'];
    await kubectl(...named, '--force', '--grace-period=0', '--wait=false');
    await eventually('calls that are refused', () => load.failures.length > failed);

    await untilAnsweredAgain('Redis was killed');
  });

  it('leaves evidence that lacks nothing, and says when it was away', async () => {
    const { namespace } = governed;
    await load.stop();
    const executed = await executions(namespace, 'echo');
    const records = await expectWhole(namespace);
    const types = records.map(({ type }) => type);

    expect(types).to.include.members(['degraded.enter', 'degraded.exit']);
    expect(sent(records, 'echo')).to.be.at.least(executed);
    expect(executed).to.be.at.least(load.answered);
  });

  async function untilAnsweredAgain(since: string): Promise<void> {
    const before = load.answered;
    const startedAt = performance.now();
    await eventually('calls that are answered again', () => load.answered > before);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    process.stdout.write(`        answered again ${seconds} s after ${since}\n`);
    await eventually('many of them', () => load.answered > before + 20);
  }
});

async function untilGone(): Promise<void> {
  const pod = ['-n', SYSTEM, 'wait', '--for=delete', 'pod/gatehouse-redis-0'];
  await kubectl(...pod, '--timeout=60s');
}

/** Calls that have an intent, went to the server, and have an outcome. */
function sent(records: readonly StoredRecord[], tool: string): number {
  const intents = new Set(intentsOf(records, tool).map(({ exchange }) => exchange));
  return records.filter(
    ({ type, exchange, outcome }) =>
      type === 'outcome' && intents.has(exchange) && outcome?.sentMicros !== undefined,
  ).length;
}
