// Reads an effective policy whose signature has been verified, and says whether this sidecar may take it:
// its own, in its time, not older than what it has or than the floor, and true to its digest.

import type { Sha256Hex } from '#core/workloads/workload-key.ts';
import { CLUSTER_POLICY_KIND } from '#crds/names.ts';
import { validateClusterPolicy, validatePolicy } from '#crds/validate.ts';
import {
  type DocumentParts,
  type EffectivePolicy,
  type GenerationFloor,
  type PolicySource,
  policiesDigest,
} from './document.ts';
import { trustProblem } from './read-trust.ts';

export type DocumentRead =
  | { readonly ok: true; readonly document: EffectivePolicy }
  | { readonly ok: false; readonly problem: string };

/** As many as files may hold; each one judges every message. */
export const MAX_POLICIES = 64;

const DIGEST = /^[0-9a-f]{64}$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;

/** `value` is the signed JSON, parsed. Problems name the field and never quote it. */
export function readDocument(value: unknown, hash: Sha256Hex): DocumentRead {
  if (!isRecord(value)) return refuse('is not an object');
  const problem = problemOf(value, hash);
  // problemOf has just proven it.
  return problem === undefined
    ? { ok: true, document: value as unknown as EffectivePolicy }
    : refuse(problem);
}

export interface DocumentExpectations {
  readonly key: string;
  readonly namespace: string;
  readonly nowMillis: number;
  /** At boot that of the floor, later the newest of floor and the one in force; 0 where none is known. */
  readonly leastGeneration: number;
}

/** Why a document must not be taken; undefined when it may. */
export function documentProblem(
  document: EffectivePolicy,
  { key, namespace, nowMillis, leastGeneration }: DocumentExpectations,
): string | undefined {
  if (document.key !== key || document.namespace !== namespace) {
    return 'key: is that of another workload';
  }
  if (nowMillis < Date.parse(document.notBefore)) return 'notBefore: has not come yet';
  if (isExpired(document, nowMillis)) return 'notAfter: is over';
  return document.generation < leastGeneration
    ? 'generation: is older than one that was already in force'
    : undefined;
}

export function isExpired(document: EffectivePolicy, nowMillis: number): boolean {
  return nowMillis >= Date.parse(document.notAfter);
}

/** Undefined when the value is no floor. */
export function readFloor(value: unknown): GenerationFloor | undefined {
  if (!isRecord(value)) return undefined;
  const { key, generation } = value;
  return typeof key === 'string' && isGeneration(generation) ? { key, generation } : undefined;
}

function problemOf(value: Readonly<Record<string, unknown>>, hash: Sha256Hex): string | undefined {
  if (value.schema !== 1) return 'schema: is one that this version does not know';
  for (const field of ['key', 'namespace'] as const) {
    if (typeof value[field] !== 'string') return `${field}: must be text`;
  }
  if (!isNamed(value.workload)) return 'workload: must have a kind and a name';
  if (!isGeneration(value.generation)) return 'generation: must be a whole number';
  for (const field of ['notBefore', 'notAfter'] as const) {
    const instant = value[field];
    if (typeof instant !== 'string' || !INSTANT.test(instant) || Number.isNaN(Date.parse(instant)))
      return `${field}: must be an instant in UTC`;
  }
  if (!Array.isArray(value.sources) || !value.sources.every(isSource)) {
    return 'sources: must be a list of kind, name, uid and generation';
  }
  return policiesProblem(value.policies) ?? trustProblem(value.trust) ?? digestProblem(value, hash);
}

function policiesProblem(policies: unknown): string | undefined {
  if (!Array.isArray(policies)) return 'policies: must be a list';
  if (policies.length > MAX_POLICIES) return `policies: are more than ${MAX_POLICIES}`;
  for (const [at, policy] of policies.entries()) {
    const isCluster = isRecord(policy) && policy.kind === CLUSTER_POLICY_KIND;
    const [first] = isCluster ? validateClusterPolicy(policy) : validatePolicy(policy);
    if (first !== undefined) return `policies[${at}].${first.path}: ${first.message}`;
  }
  return undefined;
}

function digestProblem(
  { digest, ...value }: Readonly<Record<string, unknown>>,
  hash: Sha256Hex,
): string | undefined {
  if (typeof digest !== 'string' || !DIGEST.test(digest)) return 'digest: must be a SHA-256';
  return digest === policiesDigest(value as unknown as DocumentParts, hash)
    ? undefined
    : 'digest: is not that of the policies';
}

function isSource(value: unknown): value is PolicySource {
  return (
    isNamed(value) &&
    typeof value.uid === 'string' &&
    isGeneration(value.generation) &&
    (value.namespace === undefined || typeof value.namespace === 'string')
  );
}

function isNamed(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && typeof value.kind === 'string' && typeof value.name === 'string';
}

function isGeneration(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuse(problem: string): DocumentRead {
  return { ok: false, problem };
}
