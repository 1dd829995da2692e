// Reads what a document says of trust: bounded, and in the form that verifying relies on. Whether keys and certificates
// are any is seen where they are used.

import { isObject, type JsonValue } from '#core/mcp/messages.ts';

/** A cluster signs with one key and announces those before and after it. */
export const MAX_CLUSTER_KEYS = 16;
const MAX_ISSUER_CHARS = 2048;
/** Every issuer of as many policies as a document holds may have one. */
const MAX_BUNDLES = 1024;
/** Of all public authorities together a quarter of a megabyte; these are a few private ones. */
export const MAX_BUNDLE_CHARS = 64 * 1024;

/** Undefined when it is as it must be, or absent. */
export function trustProblem(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (!isRecord(value)) return 'trust: must be an object';
  const { cluster, bundles = {} } = value;
  if (cluster !== undefined && !isCluster(cluster)) {
    return `trust.cluster: must have an issuer and at most ${MAX_CLUSTER_KEYS} keys`;
  }
  return isBundles(bundles) ? undefined : 'trust.bundles: must be texts by policy and issuer';
}

function isCluster(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { issuer, keys } = value;
  return (
    typeof issuer === 'string' &&
    issuer !== '' &&
    issuer.length <= MAX_ISSUER_CHARS &&
    Array.isArray(keys) &&
    keys.length <= MAX_CLUSTER_KEYS &&
    keys.every((key: JsonValue) => isObject(key))
  );
}

function isBundles(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const texts = Object.values(value);
  return (
    texts.length <= MAX_BUNDLES &&
    texts.every((text) => typeof text === 'string' && text.length <= MAX_BUNDLE_CHARS)
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
