// Whether what a policy takes from Secrets is here: a pod has the keys that policies named when it was made, and a
// policy that needs another one is not carried out by half.

import type { CompiledPolicy } from '#core/policy/compiled.ts';
import type { EffectivePolicy } from '#core/policy/document.ts';
import { secretId, secretRefs } from '#core/policy/secret-refs.ts';
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
  { upstream }: Pick<CompiledPolicy, 'upstream'>,
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
    return undefined;
  } catch (error) {
    if (!(error instanceof CredentialFault)) throw error;
    return { problem: error.message, remedy: 'wait' };
  }
}
