// Which policies govern a workload: those of its namespace that select it or name it, and each baseline of
// the cluster whose selector takes the namespace.

import type { McpGatewayClusterPolicy } from '#crds/cluster-policy.ts';
import type { McpGatewayPolicy } from '#crds/policy.ts';
import { selects } from './selector.ts';
import { cronJobName, type Labels, type Subject, type Workload } from './workload.ts';

/** A policy of the namespace governs the workload; of another namespace it is never asked. */
export function governsWorkload({ spec }: McpGatewayPolicy, subject: Subject): boolean {
  if (spec.targetRefs !== undefined) {
    return spec.targetRefs.some((ref) => names(ref, subject.workload));
  }
  return selects(spec.selector ?? {}, subject.labels);
}

/** Whether it says of this workload in particular that it governs it, and not of the whole namespace. */
export function governsByName(policy: McpGatewayPolicy, subject: Subject): boolean {
  const { targetRefs, selector = {} } = policy.spec;
  const isWhole = targetRefs === undefined && selects(selector, {});
  return !isWhole && governsWorkload(policy, subject);
}

export function governsNamespace({ spec }: McpGatewayClusterPolicy, labels: Labels): boolean {
  return selects(spec.namespaceSelector ?? {}, labels);
}

/** Jobs of a CronJob are known by name alone: their pods do not say whose they are. */
function names(ref: Workload, workload: Workload): boolean {
  return ref.kind === 'CronJob' && workload.kind === 'Job'
    ? cronJobName(workload.name) === ref.name
    : ref.kind === workload.kind && ref.name === workload.name;
}
