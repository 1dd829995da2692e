// What admission knows of the cluster, out of the operator's own copies of it.

import type { AdmissionWorld } from './webhooks/governance.ts';
import type { World } from './world/world.ts';

export function admissionWorld({
  policies,
  baselines,
  namespaces,
  services,
}: World): AdmissionWorld {
  return {
    policiesOf: (namespace) =>
      validOf(policies.items().filter((item) => item.namespace === namespace)),
    baselines: () => validOf(baselines.items()),
    namespaceLabels: (namespace) => namespaces.get(namespace)?.labels,
    servicesOf: (namespace) => services.items().filter((item) => item.namespace === namespace),
  };
}

function validOf<Policy>(
  items: readonly { readonly policy: Policy | undefined; readonly problem: string | undefined }[],
): readonly Policy[] {
  return items.flatMap(({ policy, problem }) =>
    policy === undefined || problem !== undefined ? [] : [policy],
  );
}
