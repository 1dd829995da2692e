// A checkpoint is the trust key's word on how far the log had come at a moment. It finds what a
// chain alone cannot: a tail cut off, a lane deleted, the whole log rolled back.

import { canonicalize } from './canonical.ts';
import { TIMESTAMP } from './parse-record.ts';
import { digest, type SignatureKey, type Signer } from './signature.ts';

export interface CheckpointBody {
  readonly v: 1;
  /** 1, 2, 3 … over the whole log. */
  readonly n: number;
  /** Hash of the checkpoint before; 64 zeros for the first. */
  readonly prev: string;
  readonly ts: string;
  /** Id of lane 1 of the log. */
  readonly log: string;
  readonly lane: string;
  readonly ordinal: number;
  /** The lane's last durable record, and its hash. */
  readonly seq: number;
  readonly head: string;
  /** Records in the whole log up to this one. */
  readonly records: number;
  /** Id of the trust key that signed. */
  readonly key: string;
}

export interface Checkpoint extends CheckpointBody {
  readonly sig: string;
}

/** The checkpoint that the next one names as its `prev`. */
export interface CheckpointLink {
  readonly n: number;
  readonly hash: string;
}

export interface SealedCheckpoint {
  readonly line: string;
  readonly link: CheckpointLink;
}

/** A checkpoint is a handful of numbers and hashes. */
export const MAX_CHECKPOINT_BYTES = 2048;

/** Longest time a writer goes on recording without a durable checkpoint before it refuses. */
export const MAX_UNCHECKPOINTED_SECONDS = 10;

const TEXTS = ['prev', 'ts', 'log', 'lane', 'head', 'key', 'sig'];
const NUMBERS = ['n', 'ordinal', 'seq', 'records'];

export function sealCheckpoint(body: CheckpointBody, trust: Signer): SealedCheckpoint {
  const sig = trust.sign('checkpoint', canonicalize(body));
  const line = canonicalize({ ...body, sig });
  return { line, link: { n: body.n, hash: checkpointHash(line) } };
}

/** Reads one line strictly; undefined unless it is exactly what a writer would have written. */
export function parseCheckpoint(line: string): Checkpoint | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isCheckpoint(value) && canonicalize(value) === line ? value : undefined;
  } catch {
    // SyntaxError or CanonicalFault: not something a writer wrote.
    return undefined;
  }
}

export function isCheckpointSignedBy(checkpoint: Checkpoint, key: SignatureKey): boolean {
  const { sig, ...body } = checkpoint;
  return key.id === body.key && key.verifies('checkpoint', canonicalize(body), sig);
}

/** Hash of the whole line, signature included: what the next checkpoint carries as `prev`. */
export function checkpointHash(line: string): string {
  return digest('checkpointLink', line);
}

function isCheckpoint(value: unknown): value is Checkpoint {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  const fields = new Map<string, unknown>(Object.entries(value));
  const ts = fields.get('ts');
  return (
    fields.size === TEXTS.length + NUMBERS.length + 1 &&
    fields.get('v') === 1 &&
    TEXTS.every((name) => typeof fields.get(name) === 'string') &&
    NUMBERS.every((name) => Number.isSafeInteger(fields.get(name))) &&
    typeof ts === 'string' &&
    TIMESTAMP.test(ts)
  );
}
