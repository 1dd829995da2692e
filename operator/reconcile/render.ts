// What governs one workload, made ready to be signed: pure. What cannot be compiled together is not
// rendered at all: the sidecars keep what they have.

import { canonicalize } from '#core/evidence/canonical.ts';
import { compilePolicies } from '#core/policy/compile.ts';
import { bare, type PolicySource, policiesDigest } from '#core/policy/document.ts';
import type { GoverningPolicy } from '#core/policy/layer-document.ts';
import { MAX_POLICIES } from '#core/policy/read-document.ts';
import type { Trust } from '#core/policy/trust.ts';
import { governsNamespace, governsWorkload } from '#core/workloads/governing.ts';
import type { Labels, Subject } from '#core/workloads/workload.ts';
import type { McpGatewayClusterPolicy } from '#crds/cluster-policy.ts';
import { API_VERSION, CLUSTER_POLICY_KIND } from '#crds/names.ts';
import { sha256Hex } from '#platform/documents/signed-text.ts';
import { type BaselineItem, type PolicyItem, sentence } from '../world/objects.ts';
import { type Found, trustFor } from './trust-for.ts';

export interface Governing {
  readonly policies: readonly PolicyItem[];
  readonly baselines: readonly BaselineItem[];
}

export type Rendering =
  | {
      readonly ok: true;
      readonly sources: readonly PolicySource[];
      /** As a document holds them. */
      readonly policies: readonly GoverningPolicy[];
      readonly digest: string;
      readonly trust?: Trust;
    }
  | { readonly ok: false; readonly problem: string };

/** Of the whole cluster. */
const MAX_REMEMBERED = 2000;

/** Stands where nothing governs any more: it names no rule, so nothing is allowed. */
const NOTHING_ALLOWED: McpGatewayClusterPolicy = {
  apiVersion: API_VERSION,
  kind: CLUSTER_POLICY_KIND,
  metadata: { name: 'no-policy' },
  spec: { mode: 'Enforce' },
};

export function governingOf(
  subject: Subject,
  { policies, baselines }: Governing,
  namespaceLabels: Labels,
): Governing {
  return {
    // One that is in no form does not say whom it selects: it holds all back.
    policies: policies.filter(
      ({ policy }) => policy === undefined || governsWorkload(policy, subject),
    ),
    baselines: baselines.filter(
      ({ policy }) => policy === undefined || governsNamespace(policy, namespaceLabels),
    ),
  };
}

export function render({ policies, baselines }: Governing, found: Found): Rendering {
  const items = [...policies, ...baselines];
  const invalid = items.find(({ policy, problem }) => policy === undefined || problem);
  if (invalid !== undefined) {
    return refuse(`policy ${invalid.name} is invalid: ${invalid.problem ?? 'it cannot be read'}`);
  }
  if (items.length > MAX_POLICIES) {
    return refuse(`${items.length} policies govern it, more than ${MAX_POLICIES}: join some`);
  }
  const documents = items.flatMap(({ policy }) => policy ?? []);
  if (documents.length === 0) return rendered([], [NOTHING_ALLOWED]);
  const trusted = trustFor(documents, found);
  if (!trusted.ok) return refuse(trusted.problem);
  const { trust } = trusted;
  const compiled = compilePolicies(documents, undefined, 'Cluster', trust ?? {});
  const [first] = compiled.ok ? [] : compiled.problems;
  if (first !== undefined) {
    return refuse(`in policy ${documents[first.document]?.metadata.name}, ${sentence(first)}`);
  }
  return rendered(items.map(sourceOf), documents, trust);
}

/** Remembers what it rendered: most workloads are governed as they were, and many alike. */
export function createRenderer(find: () => Found): (governing: Governing) => Rendering {
  const known = new Map<string, Rendering>();
  return (governing) => {
    const found = find();
    const items = [...governing.policies, ...governing.baselines];
    const trust = trustFor(
      items.flatMap(({ policy }) => policy ?? []),
      found,
    );
    const name = [
      ...items.map(({ uid, generation }) => `${uid}/${generation}`),
      sha256Hex(canonicalize(trust)),
    ].join();
    const rendering = known.get(name) ?? render(governing, found);
    known.delete(name);
    known.set(name, rendering);
    const [oldest] = known.keys();
    if (known.size > MAX_REMEMBERED && oldest !== undefined) known.delete(oldest);
    return rendering;
  };
}

function rendered(
  sources: readonly PolicySource[],
  documents: readonly GoverningPolicy[],
  trust?: Trust,
): Rendering {
  const content = { policies: bare(documents), ...(trust === undefined ? {} : { trust }) };
  return { ok: true, sources, ...content, digest: policiesDigest(content, sha256Hex) };
}

function sourceOf({ policy, namespace, name, uid, generation }: PolicyItem | BaselineItem) {
  return {
    kind: policy?.kind ?? '',
    ...(namespace === '' ? {} : { namespace }),
    ...{ name, uid, generation },
  };
}

function refuse(problem: string): Rendering {
  return { ok: false, problem };
}
