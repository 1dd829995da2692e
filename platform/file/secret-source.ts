// A secret value that a policy names: in a file of its own, or in a variable of the environment.

import type { CredentialSource } from '#core/policy/compiled.ts';
import { readSecretFile, SecretFileFault } from './secret-file.ts';

/** Rejects with SecretFileFault, which names the place and never the value. */
export function readSecretSource(
  source: CredentialSource,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  if (source.kind === 'file') return readSecretFile(source.path);
  const value = env[source.name];
  return value === undefined || value === ''
    ? Promise.reject(new SecretFileFault(`${source.name}: the variable is not set`))
    : Promise.resolve(value);
}
