// The files that are generated from the schema, as text: generate.ts writes them, a test compares them.

import { stringify } from 'yaml';
import { crdOf } from './crd.ts';
import { KINDS } from './kinds.ts';
import { GROUP } from './names.ts';
import { policyReference } from './reference.ts';

export interface Artifact {
  /** Relative to the root of the repository. */
  readonly path: string;
  readonly text: string;
}

const YAML_HEAD =
  '# Generated from the schemas in crds/ by `node crds/generate.ts`: change it there.\n';

/** Kubernetes reads YAML 1.1: words it would misread are quoted. */
const YAML_OPTIONS = { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false } as const;

export function artifacts(): readonly Artifact[] {
  return [
    ...KINDS.map((custom) => ({
      path: `crds/${GROUP}_${custom.plural}.yaml`,
      text: YAML_HEAD + stringify(crdOf(custom), YAML_OPTIONS),
    })),
    // Helm reads no file outside its chart.
    ...KINDS.map((custom) => ({
      path: `charts/gatehouse-crds/files/${custom.plural}.yaml`,
      text: YAML_HEAD + stringify(kept(crdOf(custom)), YAML_OPTIONS),
    })),
    { path: 'docs/policy-reference.md', text: policyReference() },
  ];
}

/** Policies outlive the chart: to remove it must not remove what people wrote. */
function kept(crd: object): object {
  const metadata = 'metadata' in crd ? (crd.metadata as object) : {};
  const annotations = { 'helm.sh/resource-policy': 'keep' };
  return { ...crd, metadata: { ...metadata, annotations } };
}
