// What a sidecar says of its policy, read, signed and stored, so that whichever replica leads can count it.

import type { JsonObject } from '#core/mcp/messages.ts';
import type { DocumentKey } from '#platform/documents/signed-text.ts';
import type { Namespace } from '#platform/redis/keys.ts';
import type { PolicyState } from '#platform/redis/policy-state.ts';
import { type Ack, signAck } from '../reconcile/acks.ts';
import { refused, textField } from './answer.ts';
import type { Caller } from './caller.ts';

export interface AckParts {
  readonly key: DocumentKey;
  readonly state: () => PolicyState | undefined;
  /** RFC 3339. */
  readonly now: () => string;
}

const DIGEST = /^[0-9a-f]{64}$/;
const CAPTURES = ['PortTakeover', 'Redirect', 'NamedPort'] as const;
const MAX_EXPOSED = 16;
const MAX_ADDRESS_CHARS = 64;
const MAX_PROBLEM_CHARS = 512;

/** Rejects with RefusedRequest for what is none, and while it cannot be stored. */
export async function takeAck(
  { key, state, now }: AckParts,
  caller: Caller,
  workloadKey: string,
  body: JsonObject,
): Promise<Ack> {
  const ack: Ack = { ...readAck(body), ...caller, key: workloadKey, at: now() };
  const store = state();
  if (store === undefined) throw refused(503, 'unavailable', 'Redis is away');
  const jws = await signAck(ack, key);
  try {
    await store.setAck(caller.namespace as Namespace, caller.podUid, jws);
  } catch {
    throw refused(503, 'unavailable', 'Redis is away');
  }
  return ack;
}

function readAck(body: JsonObject): Omit<Ack, 'namespace' | 'pod' | 'podUid' | 'key' | 'at'> {
  const { generation, status, exposed = [], problem, outdated } = body;
  const digest = textField(body, 'digest', 64);
  if (!DIGEST.test(digest)) throw refused(400, 'invalid', 'digest must be a SHA-256');
  if (typeof generation !== 'number' || !Number.isSafeInteger(generation) || generation < 0) {
    throw refused(400, 'invalid', 'generation must be a whole number');
  }
  if (status !== 'Active' && status !== 'Rejected') {
    throw refused(400, 'invalid', 'status must be Active or Rejected');
  }
  const capture = CAPTURES.find((known) => known === body.capture);
  if (capture === undefined) {
    throw refused(400, 'invalid', `capture must be one of ${CAPTURES.join(', ')}`);
  }
  if (!isAddresses(exposed)) {
    throw refused(400, 'invalid', `exposed must be a list of at most ${MAX_EXPOSED} addresses`);
  }
  return {
    ...{ digest, generation, status, capture, exposed },
    version: textField(body, 'version', 64),
    ...(problem === undefined ? {} : { problem: plain(textField(body, 'problem', 4096)) }),
    ...(outdated === true ? { outdated } : {}),
  };
}

function isAddresses(value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) &&
    value.length <= MAX_EXPOSED &&
    value.every(
      (one) =>
        typeof one === 'string' && one.length <= MAX_ADDRESS_CHARS && /^[\w.:[\]%-]+$/.test(one),
    )
  );
}

/** It ends up in a status that people read on a terminal. */
function plain(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, ' ').slice(0, MAX_PROBLEM_CHARS);
}
