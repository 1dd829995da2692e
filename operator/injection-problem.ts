// Whether a pod still is what injection made of it: the status that the webhook signed, held against the pod as
// the API server has it now.

import { STATUS_ANNOTATION } from '#crds/names.ts';
import type { DocumentVerifier } from '#platform/documents/signed-text.ts';
import { readPod } from './injection/pod.ts';
import { compareInjected, type InjectionStatus } from './injection/status.ts';

/** Undefined when it is; else why not, in a sentence. */
export async function injectionProblem(
  verifier: DocumentVerifier,
  object: unknown,
): Promise<string | undefined> {
  const pod = readPod(object);
  const jws = Object(Object(Object(object).metadata).annotations)[STATUS_ANNOTATION];
  if (pod === undefined || typeof jws !== 'string') return 'the pod was not injected';
  const signed = await verifier.verify('status', jws);
  if (!signed.ok) return 'what says that the pod was injected is not signed by this operator';
  // Only the webhook signs these.
  return compareInjected(pod, signed.value as InjectionStatus);
}
