// Whose pod it is: the workload as people know it, read off a pod, and the labels that all pods of one
// rollout share. Operator, webhook and sidecar must say the same of one pod, so only this says it.

export interface Workload {
  /** Such as `Deployment`; `Pod` where nothing controls it. */
  readonly kind: string;
  readonly name: string;
}

export type Labels = Readonly<Record<string, string>>;

/** What of a pod says whose it is. */
export interface PodFacts {
  /** Absent at admission, where a generated name is asked for. */
  readonly name?: string;
  readonly generateName?: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  /** The owner reference whose `controller` is true. */
  readonly controller?: Workload;
}

/** A workload with its labels: what policies select, and what one policy document is made for. */
export interface Subject {
  readonly workload: Workload;
  readonly labels: Labels;
}

const POD_TEMPLATE_HASH = 'pod-template-hash';
const SCHEDULED = 'batch.kubernetes.io/cronjob-scheduled-timestamp';

/** Labels that differ between pods, or rollouts, of one workload. */
const VOLATILE_LABELS: ReadonlySet<string> = new Set([
  POD_TEMPLATE_HASH,
  'controller-revision-hash',
  'pod-template-generation',
  'statefulset.kubernetes.io/pod-name',
  'apps.kubernetes.io/pod-index',
  'job-name',
  'controller-uid',
]);
/** Those of Jobs; and ours, which injection itself adds. */
const VOLATILE_PREFIXES = ['batch.kubernetes.io/', 'gatehouse.dev/'] as const;

export function subjectOf(pod: PodFacts): Subject {
  return { workload: workloadOf(pod), labels: stableLabels(pod.labels) };
}

export function workloadOf(pod: PodFacts): Workload {
  const { controller } = pod;
  if (controller === undefined) {
    // Admission knows no name of a pod that asks for a generated one, so nobody goes by that name later.
    return { kind: 'Pod', name: pod.generateName ?? pod.name ?? '' };
  }
  switch (controller.kind) {
    case 'ReplicaSet':
      return deploymentOf(controller, pod.labels[POD_TEMPLATE_HASH]);
    case 'Job':
      return pod.annotations[SCHEDULED] === undefined ? controller : cronJobOf(controller);
    default:
      return { kind: controller.kind, name: controller.name };
  }
}

/** The labels that selectors of policies see. */
export function stableLabels(labels: Labels): Labels {
  return Object.fromEntries(
    Object.entries(labels).filter(
      ([key]) =>
        !VOLATILE_LABELS.has(key) && !VOLATILE_PREFIXES.some((prefix) => key.startsWith(prefix)),
    ),
  );
}

/** The name of the CronJob that makes Jobs of this name; undefined when it cannot be one of a CronJob. */
export function cronJobName(job: string): string | undefined {
  return /^(.+)-\d+$/.exec(job)?.[1];
}

function deploymentOf(replicaSet: Workload, hash: string | undefined): Workload {
  const suffix = `-${hash}`;
  return hash !== undefined && hash !== '' && replicaSet.name.endsWith(suffix)
    ? { kind: 'Deployment', name: replicaSet.name.slice(0, -suffix.length) }
    : { kind: replicaSet.kind, name: replicaSet.name };
}

function cronJobOf(job: Workload): Workload {
  const name = cronJobName(job.name);
  return name === undefined ? job : { kind: 'CronJob', name };
}
