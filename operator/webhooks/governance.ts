// What admission knows of the cluster, from local copies alone, and what governs one workload by it.

import type { SecretKeyRef } from '#core/policy/credential-source.ts';
import { distinctSecrets } from '#core/policy/secret-refs.ts';
import { governsNamespace, governsWorkload } from '#core/workloads/governing.ts';
import type { Labels, Subject } from '#core/workloads/workload.ts';
import type { McpGatewayClusterPolicy } from '#crds/cluster-policy.ts';
import type { McpGatewayPolicy, ServerConfig } from '#crds/policy.ts';
import { type Refused, refuse } from '../injection/problem.ts';
import type { ServiceFacts } from '../injection/settings.ts';

/** Local copies: an admission asks nobody. */
export interface AdmissionWorld {
  /** Those that are valid. */
  policiesOf(namespace: string): readonly McpGatewayPolicy[];
  baselines(): readonly McpGatewayClusterPolicy[];
  /** Undefined for a namespace that is not known yet. */
  namespaceLabels(namespace: string): Labels | undefined;
  servicesOf(namespace: string): readonly ServiceFacts[];
}

export interface Governance {
  readonly ok: true;
  readonly server: ServerConfig;
  readonly secrets: readonly SecretKeyRef[];
}

export function governanceOf(
  world: AdmissionWorld,
  namespace: string,
  subject: Subject,
): Governance | Refused {
  const policies = world.policiesOf(namespace).filter((one) => governsWorkload(one, subject));
  const labels = world.namespaceLabels(namespace) ?? {};
  const baselines = world.baselines().filter((one) => governsNamespace(one, labels));
  if (policies.length === 0 && !baselines.some(({ spec }) => (spec.rules ?? []).length > 0)) {
    const { kind, name } = subject.workload;
    return refuse(
      `no valid McpGatewayPolicy in namespace ${namespace} selects ${kind} ${name}; apply one whose selector matches its labels (kubectl get mgp -n ${namespace} shows what there is)`,
    );
  }
  const joined = joinServers(policies);
  return joined.ok ? { ...joined, secrets: distinctSecrets([...policies, ...baselines]) } : joined;
}

const FIELDS = ['port', 'path', 'tls', 'capture'] as const;

/** A server has one port: policies that say different ones cannot both be carried out. */
function joinServers(
  policies: readonly McpGatewayPolicy[],
): Pick<Governance, 'ok' | 'server'> | Refused {
  const server: Record<string, unknown> = {};
  for (const field of FIELDS) {
    const said = policies.filter(({ spec }) => spec.server?.[field] !== undefined);
    const [first, ...rest] = said;
    if (first === undefined) continue;
    const value = first.spec.server?.[field];
    const other = rest.find(
      ({ spec }) => JSON.stringify(spec.server?.[field]) !== JSON.stringify(value),
    );
    if (other !== undefined) {
      return refuse(
        `policies ${first.metadata.name} and ${other.metadata.name} say different things in spec.server.${field}; let one of them say it`,
      );
    }
    server[field] = value;
  }
  return { ok: true, server };
}
