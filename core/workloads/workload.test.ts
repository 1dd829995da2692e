import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { type PodFacts, subjectOf, type Workload } from './workload.ts';
import { isWorkloadKey, workloadKey } from './workload-key.ts';

const hash = (text: string) => createHash('sha256').update(text).digest('hex');

function pod(fields: Partial<PodFacts>): PodFacts {
  return { labels: {}, annotations: {}, ...fields };
}

const SCHEDULED = { 'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-01-01T00:00:00Z' };

describe('the workload of a pod', () => {
  const cases: { name: string; pod: Partial<PodFacts>; is: Workload }[] = [
    {
      name: 'is the Deployment behind its ReplicaSet',
      pod: {
        controller: { kind: 'ReplicaSet', name: 'pay-7d9f' },
        labels: { 'pod-template-hash': '7d9f' },
      },
      is: { kind: 'Deployment', name: 'pay' },
    },
    {
      name: 'is a ReplicaSet that no Deployment made',
      pod: { controller: { kind: 'ReplicaSet', name: 'pay-7d9f' } },
      is: { kind: 'ReplicaSet', name: 'pay-7d9f' },
    },
    {
      name: 'is its StatefulSet',
      pod: { controller: { kind: 'StatefulSet', name: 'db' }, name: 'db-0' },
      is: { kind: 'StatefulSet', name: 'db' },
    },
    {
      name: 'is its Job',
      pod: { controller: { kind: 'Job', name: 'nightly-29' } },
      is: { kind: 'Job', name: 'nightly-29' },
    },
    {
      name: 'is the CronJob of a scheduled Job',
      pod: { controller: { kind: 'Job', name: 'nightly-29' }, annotations: SCHEDULED },
      is: { kind: 'CronJob', name: 'nightly' },
    },
    {
      name: 'is the Job where the name is of no schedule',
      pod: { controller: { kind: 'Job', name: 'nightly' }, annotations: SCHEDULED },
      is: { kind: 'Job', name: 'nightly' },
    },
    {
      name: 'is itself where nothing controls it',
      pod: { name: 'a' },
      is: { kind: 'Pod', name: 'a' },
    },
  ];
  for (const { name, pod: fields, is } of cases) {
    it(name, () => {
      expect(subjectOf(pod(fields)).workload).to.deep.equal(is);
    });
  }

  it('is the same before and after its generated name is known', () => {
    const admitted = subjectOf(pod({ generateName: 'a-' }));

    expect(subjectOf(pod({ generateName: 'a-', name: 'a-x2z' }))).to.deep.equal(admitted);
  });
});

describe('the key of a workload', () => {
  const subject = (labels: Record<string, string>, name = 'pay') =>
    subjectOf(pod({ controller: { kind: 'StatefulSet', name }, labels }));

  it('is the one the contract says', () => {
    const key = workloadKey(subject({ app: 'pay' }), hash);

    const digest = hash('{"kind":"StatefulSet","labels":{"app":"pay"},"name":"pay"}').slice(0, 10);
    expect(key).to.equal(`statefulset-pay-${digest}`);
  });

  it('is the same for all pods of a rollout and for the next rollout, injected or not', () => {
    const plain = workloadKey(subject({ app: 'pay' }), hash);

    const pods = [
      { 'controller-revision-hash': 'x' },
      { 'statefulset.kubernetes.io/pod-name': 'pay-0', 'apps.kubernetes.io/pod-index': '0' },
      { 'batch.kubernetes.io/job-name': 'x', 'job-name': 'x', 'controller-uid': 'u' },
      { 'gatehouse.dev/workload': plain, 'gatehouse.dev/inject': 'true' },
    ];
    for (const labels of pods) {
      expect(workloadKey(subject({ app: 'pay', ...labels }), hash)).to.equal(plain);
    }
  });

  it('differs with a label that a selector could see', () => {
    const [a, b] = ['one', 'two'].map((tier) => workloadKey(subject({ tier }), hash));

    expect(a).to.not.equal(b);
  });

  for (const name of ['a'.repeat(253), `${'a'.repeat(39)}.b`, 'pay-']) {
    it(`is a label value and the name of an object for the name ${name.slice(0, 12)}…`, () => {
      const key = workloadKey(subject({}, name), hash);

      expect(isWorkloadKey(key), key).to.equal(true);
    });
  }

  for (const text of ['', '../x', 'a'.repeat(64), 'A', 'a\n', '-a']) {
    it(`is not ${JSON.stringify(text.slice(0, 8))}`, () => {
      expect(isWorkloadKey(text)).to.equal(false);
    });
  }
});
