import { expect } from 'chai';
import type { OperatorRecord } from '../evidence/operator-log.ts';
import { json, scriptedApi } from '../kube/scripted-api.fixture.ts';
import type { Target } from '../reconcile/targets.ts';
import { DriftWatch } from './drift.ts';
import { Evictor } from './evict.ts';

function target(name: string, fields: Partial<Target> = {}): Target {
  return {
    pod: {
      key: `pay/${name}`,
      ...{ namespace: 'pay', name, uid: `uid-${name}` },
      subject: { workload: { kind: 'Deployment', name: 'app' }, labels: {} },
      ...{ workloadKey: undefined, inject: 'true', status: undefined },
      ...{ injectedVersion: '0.0.9', sidecarImage: 'sidecar:0' },
      owner: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'app-1', uid: 'rs' },
    },
    state: 'programmed',
    ack: undefined,
    isMeant: true,
    isOutdated: false,
    isExposed: false,
    ...fields,
  };
}

describe('drift', () => {
  function watch() {
    const said: string[] = [];
    const sentences: string[] = [];
    const records: OperatorRecord[] = [];
    const drift = new DriftWatch({
      events: {
        say: (type, on, reason, message) => {
          said.push(`${type} ${on.kind}/${on.name} ${reason}`);
          sentences.push(message);
        },
      },
      record: (record) => records.push(record),
    });
    return { said, sentences, records, drift };
  }

  it('is told once, on the pod and on what made it, and again when it is over', () => {
    const { said, records, drift } = watch();
    const bare = target('a', { state: 'uninjected' });

    for (const targets of [[bare], [bare], [target('a')]]) drift.look('pay', targets);

    expect(said).to.deep.equal([
      'Warning Pod/a UninjectedPod',
      'Warning ReplicaSet/app-1 UninjectedPod',
    ]);
    expect(records.map(({ type, detail }) => [type, detail?.kind, detail?.workload])).to.deep.equal(
      [
        ['drift.found', 'Uninjected', 'Deployment/app'],
        ['drift.cleared', 'Uninjected', 'Deployment/app'],
      ],
    );
  });

  it('is over when the pod is gone, and of each namespace for itself', () => {
    const { records, drift } = watch();
    drift.look('pay', [target('a', { isOutdated: true })]);
    drift.look('other', []);
    drift.look('pay', []);

    expect(records.map(({ type }) => type)).to.deep.equal(['drift.found', 'drift.cleared']);
    expect(records[0]?.detail).to.include({ version: '0.0.9', image: 'sidecar:0' });
  });

  it('says of a pod that lacks a Secret that it has to be made anew', () => {
    const { sentences, drift } = watch();
    const ack = { exposed: [], outdated: true } as unknown as Target['ack'];
    drift.look('pay', [target('a', { isOutdated: true, ack })]);

    expect(sentences[0]).to.equal(
      'Pod a was made before a policy named a Secret that it needs, and keeps the policy before: restart its workload.',
    );
  });

  it('of a pod that need not have a sidecar says what to do instead', () => {
    const { sentences, drift } = watch();
    drift.look('pay', [target('a', { state: 'uninjected', isMeant: false })]);

    expect(sentences[0]).to.include('opt its workload in');
  });

  it('says where a pod listens past its sidecar', () => {
    const { said, records, drift } = watch();
    const ack = { exposed: ['0.0.0.0:9229'] } as unknown as Target['ack'];
    drift.look('pay', [target('a', { isExposed: true, ack })]);

    expect(said[0]).to.equal('Warning Pod/a BypassDetected');
    expect(records[0]?.detail?.listeners).to.deep.equal(['0.0.0.0:9229']);
  });
});

describe('eviction', () => {
  const bare = (name: string) => target(name, { state: 'uninjected' });

  it('leaves a pod that would come back without a sidecar', async () => {
    const { asked } = await evict(2, true, [0], {
      targets: [target('b', { state: 'uninjected', isMeant: false })],
    });

    expect(asked).to.deep.equal([]);
  });

  async function evict(
    perMinute: number,
    isInjecting: boolean,
    rounds: readonly number[],
    { status = 201, targets = [target('fine'), bare('a'), bare('b'), bare('c')] } = {},
  ) {
    const api = await scriptedApi(json({ kind: 'Status' }, status));
    let now = 0;
    const faults: unknown[] = [];
    const evictor = new Evictor({
      client: api.client,
      events: { say: () => {} },
      perMinute,
      monotonicMillis: () => now,
      isInjecting: () => isInjecting,
      onFault: (error) => faults.push(error),
    });
    for (const at of rounds) {
      now = at;
      await evictor.look(targets);
    }
    await api.close();
    return { asked: api.asked, faults };
  }

  it('takes so many a minute and no more', async () => {
    const { asked } = await evict(2, true, [0, 1000, 61_000]);

    expect(asked).to.deep.equal(
      ['a', 'b', 'a', 'b'].map((name) => `/api/v1/namespaces/pay/pods/${name}/eviction`),
    );
  });

  it('takes none unless it was asked for, nor while new pods would have no sidecar', async () => {
    expect((await evict(0, true, [0])).asked).to.deep.equal([]);
    expect((await evict(2, false, [0])).asked).to.deep.equal([]);
  });

  it('bows to a disruption budget, and tells of other refusals', async () => {
    expect((await evict(1, true, [0], { status: 429 })).faults).to.have.length(0);
    expect((await evict(1, true, [0], { status: 403 })).faults).to.have.length(1);
  });

  it('leaves a pod that nothing would make anew', async () => {
    const api = await scriptedApi(json({}, 201));
    const evictor = new Evictor({
      client: api.client,
      events: { say: () => {} },
      perMinute: 5,
      monotonicMillis: () => 0,
      isInjecting: () => true,
      onFault: () => {},
    });
    const { pod, ...rest } = bare('alone');

    await evictor.look([{ ...rest, pod: { ...pod, owner: undefined } }]);

    expect(api.asked).to.deep.equal([]);
    await api.close();
  });
});
