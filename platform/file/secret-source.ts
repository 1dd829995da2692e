// A secret value that a policy names: in a file of its own, which may be a mounted key of a Secret, or in a variable
// of the environment.

import { join } from 'node:path';
import type { CredentialSource } from '#core/policy/compiled.ts';
import type { SecretKeyRef } from '#core/policy/credential-source.ts';
import { readSecretFile, SecretFileFault } from './secret-file.ts';

export interface SecretPlaces {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where keys of Secrets are mounted; only in a pod. */
  readonly secretsDir?: string | undefined;
}

/** A few certificates. */
const MAX_BUNDLE_BYTES = 64 * 1024;
const OUTSIDE = 'is a Secret, and there are none outside a cluster';

/** Reads certificates of authorities; rejects with SecretFileFault. */
export async function readMountedBundle(
  ref: SecretKeyRef,
  places: Pick<SecretPlaces, 'secretsDir'>,
): Promise<string> {
  const file = secretFile(ref, places);
  if (file !== undefined) return readSecretFile(file, MAX_BUNDLE_BYTES);
  throw new SecretFileFault(ref.name, OUTSIDE);
}

/** Undefined outside a pod. */
export function secretFile(
  { name, key }: SecretKeyRef,
  { secretsDir }: Pick<SecretPlaces, 'secretsDir'>,
): string | undefined {
  return secretsDir === undefined ? undefined : join(secretsDir, name, key);
}

/** Rejects with SecretFileFault, which names the place and never the value. */
export async function readSecretSource(
  source: CredentialSource,
  places: SecretPlaces,
): Promise<string> {
  const { env } = places;
  if (source.kind === 'file') return readSecretFile(source.path);
  if (source.kind === 'secret') {
    const file = secretFile(source, places);
    if (file !== undefined) return readSecretFile(file);
    throw new SecretFileFault(source.name, OUTSIDE);
  }
  const value = env[source.name];
  return value === undefined || value === ''
    ? Promise.reject(new SecretFileFault(source.name, 'the variable is not set'))
    : Promise.resolve(value);
}
