// Where a credential that a policy names is to be read: a Secret of the pod's namespace, a file, or a variable.

import type { CredentialSource } from './compiled.ts';

/** `valueFrom` of the contract, of which exactly one is given. */
export interface ValueFrom {
  readonly secretRef?: SecretKeyRef;
  readonly file?: string;
  readonly env?: string;
}

export interface SecretKeyRef {
  readonly name: string;
  readonly key: string;
}

/** Undefined when nothing is given. */
export function credentialSource({
  secretRef,
  file,
  env,
}: ValueFrom = {}): CredentialSource | undefined {
  if (secretRef !== undefined) return { kind: 'secret', ...secretRef };
  if (file !== undefined) return { kind: 'file', path: file };
  return env === undefined ? undefined : { kind: 'env', name: env };
}
