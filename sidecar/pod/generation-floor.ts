// The least generation of policy document that a start may take, signed by the operator and kept where this
// namespace can only read: an old document that somebody puts back is found out, also with the operator away.

import { readFloor } from '#core/policy/read-document.ts';
import type { DocumentVerifier } from '#platform/documents/signed-text.ts';
import type { RedisClient } from '#platform/redis/client.ts';
import { type Namespace, policyKeys } from '#platform/redis/keys.ts';

export interface Floor {
  readonly generation: number;
  /** For the record of the start: nobody has set one, it could not be read, or somebody forged it. */
  readonly state: 'known' | 'absent' | 'unreadable' | 'invalid';
}

/** Never rejects: a floor that cannot be had is on record, and holds nothing up. */
export async function readGenerationFloor(
  client: RedisClient,
  verifier: DocumentVerifier,
  { namespace, key }: { readonly namespace: Namespace; readonly key: string },
): Promise<Floor> {
  let text: string | null;
  try {
    text = await client.get(policyKeys(namespace).floor(key));
  } catch {
    return { generation: 0, state: 'unreadable' };
  }
  if (text === null) return { generation: 0, state: 'absent' };
  const signed = await verifier.verify('floor', text);
  const floor = signed.ok ? readFloor(signed.value) : undefined;
  return floor?.key === key
    ? { generation: floor.generation, state: 'known' }
    : { generation: 0, state: 'invalid' };
}
