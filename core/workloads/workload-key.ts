// The key of a workload's policy document: on the pod as a label, in the name of a ConfigMap, and in
// Redis. Who computes it from the same pod gets the same one.

import { canonicalize } from '#core/evidence/canonical.ts';
import type { Subject } from './workload.ts';

/** SHA-256 of the UTF-8 bytes of a text, lower-case hex. */
export type Sha256Hex = (text: string) => string;

/** With the longest kind and the hash it stays below the 63 characters of a label value. */
const MAX_NAME_CHARS = 40;
const HASH_CHARS = 10;
const KEY = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;
const MAX_KEY_CHARS = 63;

export function workloadKey({ workload, labels }: Subject, hash: Sha256Hex): string {
  const { kind, name } = workload;
  const digest = hash(canonicalize({ kind, name, labels })).slice(0, HASH_CHARS);
  // A cut, or a generated name, may leave a separator at the end; two in a row mean nothing.
  const stem = name.slice(0, MAX_NAME_CHARS).replace(/[-.]+$/, '');
  return `${kind.toLowerCase()}-${stem}-${digest}`.slice(-MAX_KEY_CHARS).replace(/^[-.]+/, '');
}

/** Whether a text that somebody wrote on a pod can be a key at all. */
export function isWorkloadKey(text: string): boolean {
  return text.length <= MAX_KEY_CHARS && KEY.test(text);
}

/** The ConfigMap with the workload's policy document, in the workload's namespace. */
export function documentConfigMap(key: string): string {
  return `gatehouse-policy-${key}`;
}
