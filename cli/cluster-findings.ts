// What is in order in a cluster and what is not, read off its objects: each finding is a sentence, and where
// something is wrong it says what to do. Pure: cluster-objects.ts fetches.

import {
  CLUSTER_POLICY_CRD,
  CONDITIONS,
  CONTAINERS,
  INJECT,
  INJECTED_LABEL,
  INJECTION,
  POLICY_CRD,
  STATUS_ANNOTATION,
} from '#crds/names.ts';

export interface Finding {
  readonly verdict: 'ok' | 'warning' | 'wrong';
  readonly says: string;
  /** What to do. */
  readonly remedy?: string;
}

/** As the API server gives them: only what is looked at. */
export interface KubeObject {
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string }[];
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
  readonly webhooks?: readonly {
    readonly name: string;
    readonly failurePolicy?: string;
    readonly clientConfig?: { readonly caBundle?: string };
  }[];
}

/** Undefined where the cluster has no such object, `forbidden` where it may not be looked at. */
export type Looked = KubeObject | undefined | 'forbidden';

export interface Installed {
  readonly crds: ReadonlyMap<string, Looked>;
  readonly deployments: ReadonlyMap<string, Looked>;
  readonly mutating: Looked;
  readonly validating: Looked;
  /** The ValidatingAdmissionPolicies of the chart with their bindings, by name. */
  readonly guards: ReadonlyMap<string, Guard>;
  readonly policies: readonly KubeObject[];
}

export interface Guard {
  readonly policy: Looked;
  readonly binding: Looked;
}

/** Is the install sound? */
export function installFindings(installed: Installed): readonly Finding[] {
  return [
    ...[POLICY_CRD, CLUSTER_POLICY_CRD].map((name) => crdFinding(name, installed.crds.get(name))),
    ...[...installed.deployments].map(([name, looked]) => deploymentFinding(name, looked)),
    webhookFinding('MutatingWebhookConfiguration', installed.mutating),
    webhookFinding('ValidatingWebhookConfiguration', installed.validating),
    ...[...installed.guards].map(([name, guard]) => guardFinding(name, guard)),
    ...installed.policies.flatMap(policyFindings),
  ];
}

function crdFinding(name: string, looked: Looked): Finding {
  if (looked === 'forbidden') return unseen(`the definition ${name}`);
  return looked === undefined
    ? wrong(`the definition ${name} is not installed`, 'install the chart gatehouse-crds')
    : ok(`the definition ${name} is installed`);
}

function deploymentFinding(name: string, looked: Looked): Finding {
  if (looked === 'forbidden') return unseen(`the Deployment ${name}`);
  if (looked === undefined) {
    return wrong(`the Deployment ${name} is not there`, 'install the chart gatehouse');
  }
  const wanted = Number(looked.spec?.replicas ?? 1);
  const available = Number(looked.status?.availableReplicas ?? 0);
  const says = `${name}: ${available} of ${wanted} replicas serve`;
  if (available === 0) return wrong(says, `look at: kubectl describe deployment ${name}`);
  return available < wanted ? { verdict: 'warning', says } : ok(says);
}

function webhookFinding(kind: string, looked: Looked): Finding {
  if (looked === 'forbidden') return unseen(`the ${kind}`);
  if (looked === undefined) {
    return wrong(
      `the ${kind} gatehouse is not there: pods start without a sidecar`,
      'install or upgrade the chart gatehouse',
    );
  }
  const webhooks = looked.webhooks ?? [];
  const open = webhooks.filter(({ failurePolicy }) => failurePolicy !== 'Fail');
  if (open.length > 0) {
    return wrong(
      `the webhooks ${open.map(({ name }) => name).join(', ')} let pods through when they fail`,
      'somebody changed them: upgrade the chart gatehouse',
    );
  }
  const bare = webhooks.filter(({ clientConfig }) => !clientConfig?.caBundle);
  if (bare.length > 0) {
    return wrong(
      `the ${kind} does not know the operator's authority yet: governed pods cannot start`,
      'it is written by the operator: see its log',
    );
  }
  return ok(`the ${kind} calls the operator, and refuses when it cannot`);
}

/** Without one the API server lets through what the webhooks do not see. */
function guardFinding(name: string, { policy, binding }: Guard): Finding {
  if (policy === 'forbidden' || binding === 'forbidden') return unseen(`the guard ${name}`);
  const actions = binding?.spec?.validationActions;
  const isOn = policy !== undefined && Array.isArray(actions) && actions.includes('Deny');
  return isOn
    ? ok(`the guard ${name} refuses, also while the operator is down`)
    : wrong(
        `the guard ${name} is off: its ValidatingAdmissionPolicy or the binding of that is not there, or does not deny`,
        'install or upgrade the chart gatehouse',
      );
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly message?: string;
}

function policyFindings(policy: KubeObject): readonly Finding[] {
  const { namespace, name } = policy.metadata;
  const called = `policy ${namespace === undefined ? name : `${namespace}/${name}`}`;
  const conditions = (policy.status?.conditions ?? []) as readonly Condition[];
  if (conditions.length === 0) {
    return [wrong(`${called} was not looked at`, 'is the operator running? see its log')];
  }
  const bad = conditions.filter(isBad);
  return [
    ...(bad.length === 0 ? [ok(`${called} is in force`)] : bad.map(conditionFinding)),
    ...outdatedFindings(called, policy),
  ];

  function conditionFinding({ type, status, message = '' }: Condition): Finding {
    const verdict = type === CONDITIONS.accepted ? 'wrong' : 'warning';
    return { verdict, says: `${called}: ${type} is ${status}: ${message}` };
  }
}

/** They go on as they are until somebody restarts their workloads. */
function outdatedFindings(called: string, { status }: KubeObject): readonly Finding[] {
  const { outdated = 0 } = (status?.targets ?? {}) as { readonly outdated?: number };
  if (outdated === 0) return [];
  return [
    {
      verdict: 'warning',
      says: `${called}: ${outdated} pods have a sidecar older than the operator`,
      remedy: 'kubectl rollout restart their workloads, when it suits',
    },
  ];
}

/** Of these two, True is the bad news. */
const BAD_WHEN_TRUE: ReadonlySet<string> = new Set([
  CONDITIONS.degraded,
  CONDITIONS.transportPlain,
]);

function isBad({ type, status }: Condition): boolean {
  return BAD_WHEN_TRUE.has(type) ? status === 'True' : status !== 'True';
}

export interface WorkloadFacts {
  readonly workload: KubeObject;
  readonly namespace: Looked;
  readonly pods: readonly KubeObject[];
}

/** Is this workload protected, and if not, what is missing? */
export function workloadFindings(facts: WorkloadFacts): readonly Finding[] {
  const { workload, pods } = facts;
  const called = `${(workload.kind ?? 'workload').toLowerCase()}/${workload.metadata.name}`;
  return [optingFinding(called, facts), ...podsFindings(called, pods)];
}

function optingFinding(called: string, { workload, namespace }: WorkloadFacts): Finding {
  const annotated = workload.metadata.annotations?.[INJECT];
  const template = workload.spec?.template as { metadata?: KubeObject['metadata'] } | undefined;
  const labelled = template?.metadata?.labels?.[INJECT];
  const injection =
    typeof namespace === 'object' ? namespace.metadata.labels?.[INJECTION] : undefined;
  if (labelled === 'true') return ok(`${called} is opted in`);
  if (labelled === 'false') {
    return wrong(`${called} is opted out: its template has the label ${INJECT}=false`);
  }
  if (injection === 'required' || injection === 'enabled') {
    return ok(`${called} is opted in by its namespace (${INJECTION}=${injection})`);
  }
  if (annotated === 'true') {
    return wrong(
      `${called} is annotated, but its template carries no label: the webhook was not called`,
      'annotate it again once the operator serves',
    );
  }
  return wrong(`${called} is not opted in`, `kubectl annotate ${called} ${INJECT}=true`);
}

function podsFindings(called: string, pods: readonly KubeObject[]): readonly Finding[] {
  if (pods.length === 0) {
    return [
      wrong(
        `${called} has no pods`,
        `look at: kubectl describe ${called}; a refused pod says why in the events of its ReplicaSet or Job`,
      ),
    ];
  }
  const bare = pods.filter((pod) => !isInjected(pod));
  const waiting = pods.filter((pod) => isInjected(pod) && !isReady(pod));
  const findings: Finding[] = [];
  if (bare.length > 0) {
    findings.push(
      wrong(
        `${bare.length} of ${pods.length} pods have no sidecar: ${names(bare)}`,
        `they are older than the opting in: kubectl rollout restart ${called}`,
      ),
    );
  }
  if (waiting.length > 0) {
    findings.push({
      verdict: 'warning',
      says: `${waiting.length} of ${pods.length} pods are not ready: ${names(waiting)}`,
      remedy: `look at: kubectl logs POD -c ${CONTAINERS.sidecar}`,
    });
  }
  if (findings.length === 0) findings.push(ok(`all ${pods.length} pods are governed and ready`));
  return findings;
}

/** By container and by what the webhook writes: a label alone is anybody's. */
function isInjected({ metadata, spec }: KubeObject): boolean {
  const containers = (spec?.initContainers ?? []) as readonly { readonly name: string }[];
  return (
    metadata.labels?.[INJECTED_LABEL] !== undefined &&
    metadata.annotations?.[STATUS_ANNOTATION] !== undefined &&
    containers.some(({ name }) => name === CONTAINERS.sidecar)
  );
}

function isReady({ status }: KubeObject): boolean {
  const conditions = (status?.conditions ?? []) as readonly Condition[];
  return conditions.some((each) => each.type === 'Ready' && each.status === 'True');
}

/** More names than anybody reads are a number. */
const SHOWN = 3;

function names(pods: readonly KubeObject[]): string {
  const shown = pods.slice(0, SHOWN).map(({ metadata }) => metadata.name);
  return [...shown, ...(pods.length > SHOWN ? [`and ${pods.length - SHOWN} more`] : [])].join(', ');
}

function ok(says: string): Finding {
  return { verdict: 'ok', says };
}

function wrong(says: string, remedy?: string): Finding {
  return { verdict: 'wrong', says, ...(remedy === undefined ? {} : { remedy }) };
}

function unseen(what: string): Finding {
  return { verdict: 'warning', says: `${what} could not be looked at: you may not read it` };
}
