// What each sidecar last said about its policy, as the replica that heard it signed and stored it.

import { canonicalize } from '#core/evidence/canonical.ts';
import type { DocumentKey, DocumentVerifier } from '#platform/documents/signed-text.ts';
import { signText } from '#platform/documents/signed-text.ts';

export interface Ack {
  readonly namespace: string;
  readonly pod: string;
  readonly podUid: string;
  readonly key: string;
  /** Of the policies it speaks of. */
  readonly digest: string;
  readonly generation: number;
  readonly status: 'Active' | 'Rejected';
  readonly problem?: string;
  /** Only a pod made anew can carry the policy out. */
  readonly outdated?: true;
  readonly version: string;
  /** Addresses that something other than the sidecar listens on, beyond loopback. */
  readonly exposed: readonly string[];
  readonly capture: string;
  /** RFC 3339. */
  readonly at: string;
}

export function signAck(ack: Ack, key: DocumentKey): Promise<string> {
  return signText('ack', canonicalize(ack), key);
}

/** Those that a replica of ours signed for this pod of this namespace; others are left out. */
export async function readAcks(
  verifier: DocumentVerifier,
  namespace: string,
  stored: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, Ack>> {
  const acks = new Map<string, Ack>();
  for (const [podUid, jws] of stored) {
    const signed = await verifier.verify('ack', jws);
    if (!signed.ok) continue;
    // Only we sign these, and only what was parsed before.
    const ack = signed.value as Ack;
    if (ack.namespace === namespace && ack.podUid === podUid) acks.set(podUid, ack);
  }
  return acks;
}
