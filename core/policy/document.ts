// The effective policy of one workload as the operator signs it and a sidecar takes it: what governs it,
// for whom, in which generation and until when. Signing is platform/documents; here is what it says.

import { canonicalize } from '#core/evidence/canonical.ts';
import type { Workload } from '#core/workloads/workload.ts';
import type { Sha256Hex } from '#core/workloads/workload-key.ts';
import type { GoverningPolicy } from './layer-document.ts';
import type { Trust } from './trust.ts';

/** One object that the policy comes from, as the API server told it apart. */
export interface PolicySource {
  readonly kind: string;
  /** Absent for a baseline of the cluster. */
  readonly namespace?: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
}

export interface EffectivePolicy {
  readonly schema: 1;
  /** Of the workload, as its pods carry it. */
  readonly key: string;
  readonly namespace: string;
  readonly workload: Workload;
  /** Grows with each document of one key, also over restarts of the operator: not below milliseconds. */
  readonly generation: number;
  /** RFC 3339. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** SHA-256 of the canonical text of `policies`, with `trust` where there is any; lower-case hex. */
  readonly digest: string;
  readonly sources: readonly PolicySource[];
  /** In the order of kind and name; none: nothing is allowed. */
  readonly policies: readonly GoverningPolicy[];
  /** What the operator found out for them; absent where they need nothing. */
  readonly trust?: Trust;
}

/** The least generation that a sidecar may still start with, kept where it can only read. */
export interface GenerationFloor {
  readonly key: string;
  readonly generation: number;
}

/** A change of policy is never this far behind what was in force, whatever the operator's clock says. */
const LIFETIME_MS = 24 * 60 * 60 * 1000;
/** Clocks of nodes differ. */
const CLOCK_SKEW_MS = 60 * 1000;

export interface DocumentParts {
  readonly key: string;
  readonly namespace: string;
  readonly workload: Workload;
  readonly sources: readonly PolicySource[];
  readonly policies: readonly GoverningPolicy[];
  readonly trust?: Trust;
}

/** `previous` is the newest generation of this key that was ever signed; 0 where there was none. */
export function buildDocument(
  parts: DocumentParts,
  previous: number,
  nowMillis: number,
  hash: Sha256Hex,
): EffectivePolicy {
  const policies = bare(parts.policies);
  return {
    schema: 1,
    ...parts,
    generation: Math.max(previous + 1, nowMillis),
    notBefore: new Date(nowMillis - CLOCK_SKEW_MS).toISOString(),
    notAfter: new Date(nowMillis + LIFETIME_MS).toISOString(),
    policies,
    digest: policiesDigest({ ...parts, policies }, hash),
  };
}

/** Names all that judges: `policies` as a document holds them, and what they are carried out with. */
export function policiesDigest(
  { policies, trust }: Pick<DocumentParts, 'policies' | 'trust'>,
  hash: Sha256Hex,
): string {
  return hash(canonicalize(trust === undefined ? policies : { policies, trust }));
}

/** As a document holds them: in one order, and without what the API server adds. */
export function bare(policies: readonly GoverningPolicy[]): readonly GoverningPolicy[] {
  return policies.map(withoutServerFields).sort(byKindAndName);
}

/** The signed text. */
export function documentText(document: EffectivePolicy): string {
  return canonicalize(document);
}

export function floorText({ key, generation }: GenerationFloor): string {
  return canonicalize({ key, generation });
}

/** Half of its time is over: a new one is due, the same or not. */
export function isRenewalDue(document: EffectivePolicy, nowMillis: number): boolean {
  return Date.parse(document.notAfter) - nowMillis < LIFETIME_MS / 2;
}

/** What the API server adds says nothing about what is allowed, and would change the digest. */
function withoutServerFields(policy: GoverningPolicy): GoverningPolicy {
  const { apiVersion, kind, metadata, spec } = policy;
  const { name, namespace } = metadata;
  const identity = namespace === undefined ? { name } : { name, namespace };
  // One of the two kinds went in, and its spec with it.
  return { apiVersion, kind, metadata: identity, spec } as GoverningPolicy;
}

function byKindAndName(a: GoverningPolicy, b: GoverningPolicy): number {
  return placeOf(a) < placeOf(b) ? -1 : 1;
}

function placeOf({ kind, metadata }: GoverningPolicy): string {
  return `${kind}/${metadata.name}`;
}
