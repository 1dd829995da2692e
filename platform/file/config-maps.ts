// ConfigMaps that stand beside a policy in its file, so that one file works in a cluster and without one: the
// certificates that its issuers name.

import { CA_KEY } from '#core/policy/issuers.ts';
import { bundleName } from '#core/policy/trust.ts';
import type { McpGatewayPolicy } from '#crds/policy.ts';
import type { YamlDocument } from './policy-yaml.ts';

/** Data by name of the ConfigMap. */
export type ConfigMaps = ReadonlyMap<string, ReadonlyMap<string, string>>;

export function isConfigMap({ value }: YamlDocument): boolean {
  const { apiVersion, kind } = Object(value);
  return apiVersion === 'v1' && kind === 'ConfigMap';
}

/** What is not text under a name is not there, which whoever names it hears. */
export function readConfigMaps(documents: readonly YamlDocument[]): ConfigMaps {
  return new Map(
    documents.filter(isConfigMap).map(({ value }): [string, ReadonlyMap<string, string>] => {
      const { metadata, data } = Object(value);
      const texts = Object.entries(Object(data)).filter(
        (entry): entry is [string, string] => typeof entry[1] === 'string',
      );
      const { name, namespace } = Object(metadata);
      return [placeOf(String(name), namespace), new Map(texts)];
    }),
  );
}

/** Undefined where no issuer names a ConfigMap of the file. */
export function bundlesOf(
  policy: McpGatewayPolicy,
  maps: ConfigMaps,
): Readonly<Record<string, string>> | undefined {
  const { metadata, spec } = policy;
  const found = (spec.identity?.issuers ?? []).flatMap(({ name, caBundleRef }) => {
    if (caBundleRef?.kind !== 'ConfigMap') return [];
    const data = maps.get(placeOf(caBundleRef.name, metadata.namespace));
    const text = data?.get(caBundleRef.key ?? CA_KEY);
    return text === undefined ? [] : [[bundleName(policy, name), text] as const];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

/** One without a namespace belongs to the policies without one. */
function placeOf(name: string, namespace: unknown): string {
  return typeof namespace === 'string' ? `${namespace}/${name}` : name;
}
