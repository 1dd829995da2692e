// Whether what a policy takes from Secrets is here: a pod has the keys that policies named when it was made, and a
// policy that needs another one is not carried out by half.

import type { CompiledPolicy } from '#core/policy/compiled.ts';
import type { EffectivePolicy } from '#core/policy/document.ts';
import { secretId, secretRefs } from '#core/policy/secret-refs.ts';
import type { IssuerSettings } from '#core/policy/trust.ts';
import { SecretFileFault } from '#platform/file/secret-file.ts';
import { readMountedBundle } from '#platform/file/secret-source.ts';
import { readCaBundle } from '#platform/oidc/ca-bundle.ts';
import { CredentialFault, requireSecretCredential } from '../upstream-credential.ts';

export interface PodSecrets {
  /** That the pod was made with, as `name/key`. */
  readonly mounted: ReadonlySet<string>;
  readonly secretsDir: string | undefined;
}

/** `restart`: only another pod has it. `wait`: it can still come to be. */
export interface SecretProblem {
  readonly problem: string;
  readonly remedy: 'restart' | 'wait';
}

/** Undefined when the policy can be carried out. What is only told of things may come later. */
export async function secretProblem(
  { policies }: Pick<EffectivePolicy, 'policies'>,
  { upstream, issuers }: Pick<CompiledPolicy, 'upstream' | 'issuers'>,
  { mounted, secretsDir }: PodSecrets,
): Promise<SecretProblem | undefined> {
  for (const policy of policies) {
    const missing = secretRefs(policy).find((ref) => !mounted.has(secretId(ref)));
    if (missing === undefined) continue;
    const { name, key, field } = missing;
    const problem = `policy ${policy.metadata.name}: ${field}: this pod was made without key ${key} of Secret ${name}; restart its workload`;
    return { problem, remedy: 'restart' };
  }
  try {
    await requireSecretCredential(upstream, { secretsDir });
    for (const issuer of issuers) await requireBundle(issuer, secretsDir);
    return undefined;
  } catch (error) {
    if (!(error instanceof CredentialFault || error instanceof SecretFileFault)) throw error;
    return { problem: error.message, remedy: 'wait' };
  }
}

/** Rejects with SecretFileFault, naming issuer, Secret and key. */
async function requireBundle(
  { name: issuer, caBundle }: IssuerSettings,
  secretsDir: string | undefined,
): Promise<void> {
  if (caBundle?.kind !== 'secret') return;
  const named = `issuer ${issuer}: caBundleRef: key ${caBundle.key} of Secret ${caBundle.name}`;
  const text = await readMountedBundle(caBundle, { secretsDir }).catch((cause: unknown) => {
    throw cause instanceof SecretFileFault ? new SecretFileFault(named, cause.why) : cause;
  });
  const read = readCaBundle(text);
  if (!read.ok) throw new SecretFileFault(named, read.problem);
}
