import { expect } from 'chai';
import {
  type Finding,
  type Guard,
  type Installed,
  installFindings,
  type KubeObject,
  type WorkloadFacts,
  workloadFindings,
} from './cluster-findings.ts';

const GUARD: Guard = {
  policy: { metadata: { name: 'gatehouse-pods' } },
  binding: { metadata: { name: 'gatehouse-pods' }, spec: { validationActions: ['Deny'] } },
};
const LENIENT = { metadata: { name: 'gatehouse-pods' }, spec: { validationActions: ['Audit'] } };
const CRD: KubeObject = { metadata: { name: 'crd' } };

function deployment(available: number): KubeObject {
  return {
    metadata: { name: 'gatehouse-operator' },
    spec: { replicas: 2 },
    status: { availableReplicas: available },
  };
}

function webhooks(changes: object = {}): KubeObject {
  const webhook = {
    name: 'pods.gatehouse.dev',
    failurePolicy: 'Fail',
    clientConfig: { caBundle: 'Q0E=' },
  };
  return { metadata: { name: 'gatehouse' }, webhooks: [{ ...webhook, ...changes }] };
}

function policy(
  ...conditions: readonly (readonly [type: string, status: string, message?: string])[]
): KubeObject {
  return {
    metadata: { name: 'payments', namespace: 'pay' },
    status: {
      conditions: conditions.map(([type, status, message = '']) => ({ type, status, message })),
    },
  };
}

function installed(changes: Partial<Installed> = {}): Installed {
  return {
    crds: new Map([
      ['mcpgatewaypolicies.gatehouse.dev', CRD],
      ['mcpgatewayclusterpolicies.gatehouse.dev', CRD],
    ]),
    deployments: new Map([['gatehouse-operator', deployment(2)]]),
    mutating: webhooks(),
    validating: webhooks(),
    guards: new Map([['gatehouse-pods', GUARD]]),
    policies: [policy(['Accepted', 'True'], ['Degraded', 'False'])],
    ...changes,
  };
}

const verdicts = (findings: readonly Finding[]) => new Set(findings.map(({ verdict }) => verdict));
const bad = (findings: readonly Finding[]) => findings.filter(({ verdict }) => verdict !== 'ok');

describe('an install', () => {
  it('with sidecars older than the operator says so, and is in force all the same', () => {
    const old = policy(['Accepted', 'True']);
    const policies = [{ ...old, status: { ...old.status, targets: { outdated: 3 } } }];

    const [inForce, outdated] = installFindings(installed({ policies })).slice(-2);

    expect(inForce).to.include({ verdict: 'ok' });
    expect(outdated?.verdict).to.equal('warning');
    expect(outdated?.says).to.include('3 pods have a sidecar older');
    expect(outdated?.remedy).to.include('kubectl rollout restart');
  });

  it('that is sound is ok in all parts', () => {
    expect([...verdicts(installFindings(installed()))]).to.deep.equal(['ok']);
  });

  const faults: readonly (readonly [string, Partial<Installed>, Finding['verdict'], RegExp])[] = [
    ...[
      { what: 'no policy', changes: { policy: undefined } },
      { what: 'no binding', changes: { binding: undefined } },
      { what: 'a binding that only audits', changes: { binding: LENIENT } },
    ].map(
      ({ what, changes }) =>
        [
          `whose guard has ${what}`,
          { guards: new Map([['gatehouse-pods', { ...GUARD, ...changes }]]) },
          'wrong',
          /gatehouse-pods is off.*upgrade the chart/,
        ] as const,
    ),
    [
      'whose guard may not be looked at',
      { guards: new Map([['gatehouse-pods', { ...GUARD, policy: 'forbidden' }]]) },
      'warning',
      /may not read/,
    ],
    ['without definitions', { crds: new Map() }, 'wrong', /gatehouse-crds/],
    [
      'without an operator',
      { deployments: new Map([['gatehouse-operator', undefined]]) },
      'wrong',
      /install the chart/,
    ],
    [
      'whose operator is down',
      { deployments: new Map([['gatehouse-operator', deployment(0)]]) },
      'wrong',
      /kubectl describe/,
    ],
    [
      'with half its replicas',
      { deployments: new Map([['gatehouse-operator', deployment(1)]]) },
      'warning',
      /1 of 2/,
    ],
    ['without webhooks', { mutating: undefined }, 'wrong', /without a sidecar/],
    [
      'whose webhooks fail open',
      { mutating: webhooks({ failurePolicy: 'Ignore' }) },
      'wrong',
      /let pods through/,
    ],
    [
      'whose webhooks trust nobody',
      { validating: webhooks({ clientConfig: {} }) },
      'wrong',
      /authority/,
    ],
    ['that may not be looked at', { mutating: 'forbidden' }, 'warning', /may not read/],
    ['with a policy nobody looked at', { policies: [policy()] }, 'wrong', /was not looked at/],
    [
      'with a refused policy',
      { policies: [policy(['Accepted', 'False', 'no rule'])] },
      'wrong',
      /no rule/,
    ],
    [
      'with a bypass',
      { policies: [policy(['BypassProtected', 'False', 'port 9229'])] },
      'warning',
      /port 9229/,
    ],
    [
      'without TLS',
      { policies: [policy(['TransportPlain', 'True', 'plain http'])] },
      'warning',
      /plain http/,
    ],
  ];
  for (const [name, changes, verdict, says] of faults) {
    it(`${name} says so, and what to do`, () => {
      const found = bad(installFindings(installed(changes)));

      expect(found.map((finding) => finding.verdict)).to.include(verdict);
      expect(found.map((finding) => `${finding.says} ${finding.remedy}`).join()).to.match(says);
    });
  }
});

function pod(name: string, state: 'governed' | 'bare' | 'labelled' | 'waiting'): KubeObject {
  const isInjected = state === 'governed' || state === 'waiting';
  return {
    metadata: {
      name,
      labels: state === 'bare' ? {} : { 'gatehouse.dev/injected': '0.1.0' },
      annotations: isInjected ? { 'gatehouse.dev/status': 'x.y.z' } : {},
    },
    spec: { initContainers: isInjected ? [{ name: 'gatehouse' }] : [] },
    status: { conditions: [{ type: 'Ready', status: state === 'governed' ? 'True' : 'False' }] },
  };
}

function workload(changes: {
  readonly label?: string;
  readonly annotation?: string;
  readonly injection?: string;
  readonly pods?: readonly KubeObject[];
}): WorkloadFacts {
  const { label, annotation, injection, pods = [pod('p1', 'governed')] } = changes;
  const inject = 'gatehouse.dev/inject';
  return {
    workload: {
      kind: 'Deployment',
      metadata: {
        name: 'payments',
        annotations: annotation === undefined ? {} : { [inject]: annotation },
      },
      spec: { template: { metadata: { labels: label === undefined ? {} : { [inject]: label } } } },
    },
    namespace: {
      metadata: {
        name: 'pay',
        labels: injection === undefined ? {} : { 'gatehouse.dev/injection': injection },
      },
    },
    pods,
  };
}

describe('a workload', () => {
  for (const changes of [{ label: 'true' }, { injection: 'required' }, { injection: 'enabled' }]) {
    it(`is protected with ${JSON.stringify(changes)}`, () => {
      expect([...verdicts(workloadFindings(workload(changes)))]).to.deep.equal(['ok']);
    });
  }

  const faults: readonly (readonly [string, Parameters<typeof workload>[0], RegExp])[] = [
    ['nobody opted in', {}, /kubectl annotate deployment\/payments gatehouse\.dev\/inject=true/],
    ['that is opted out', { label: 'false', injection: 'enabled' }, /opted out/],
    ['whose annotation did not reach its template', { annotation: 'true' }, /annotate it again/],
    ['without pods', { label: 'true', pods: [] }, /events of its ReplicaSet/],
    ['with older pods', { label: 'true', pods: [pod('p1', 'bare')] }, /rollout restart/],
    [
      'with pods that only look governed',
      { label: 'true', pods: [pod('p1', 'labelled')] },
      /no sidecar: p1/,
    ],
    [
      'with pods that wait',
      { label: 'true', pods: [pod('p1', 'waiting')] },
      /kubectl logs POD -c gatehouse/,
    ],
  ];
  for (const [name, changes, says] of faults) {
    it(`${name} says so, and what to do`, () => {
      const found = bad(workloadFindings(workload(changes)));

      expect(found.map((finding) => `${finding.says} ${finding.remedy}`).join()).to.match(says);
    });
  }

  it('names a few of many pods', () => {
    const pods = Array.from({ length: 500 }, (_, i) => pod(`p${i}`, 'bare'));

    expect(bad(workloadFindings(workload({ label: 'true', pods })))[0]?.says).to.match(
      /500 of 500 pods have no sidecar: p0, p1, p2, and 497 more/,
    );
  });
});
