// The trust key's word that a log is in an archive up to one of its checkpoints. It stands where the log was cut off,
// so that what was archived can be told from what somebody took away; what is left is held against it.

import { canonicalize } from './canonical.ts';
import { type Checkpoint, checkpointHash, parseCheckpoint } from './checkpoint.ts';
import { TIMESTAMP } from './parse-record.ts';
import type { SignatureKey, Signer } from './signature.ts';

/** Where a log that begins in an archive goes on. */
export interface LogBase {
  /** The last that is archived. */
  readonly checkpoint: Checkpoint;
  /** What the next checkpoint carries as its `prev`. */
  readonly checkpointHash: string;
  /** First line of the lane that the checkpoint names: its key, on whose word, and what it seals. */
  readonly opening: string;
  /** Whether the lane ends there, with lane.close. */
  readonly closed: boolean;
}

export interface ArchiveMarker extends LogBase {
  readonly ts: string;
  /** Id of the trust key that signed. */
  readonly key: string;
  readonly sig: string;
}

export interface MarkerFacts {
  readonly checkpointLine: string;
  readonly opening: string;
  readonly closed: boolean;
  readonly ts: string;
}

/** A checkpoint and the first line of a lane, which holds one record. */
export const MAX_MARKER_BYTES = 64 * 1024;

const KEYS = 7;

export function sealMarker(
  { checkpointLine, opening, closed, ts }: MarkerFacts,
  trust: { readonly id: string; readonly signer: Signer },
): string {
  const body = { v: 1, checkpoint: checkpointLine, opening, closed, ts, key: trust.id };
  return canonicalize({ ...body, sig: trust.signer.sign('archived', canonicalize(body)) });
}

/** Reads one line strictly; undefined unless it is exactly what an archiver would have written. */
export function parseMarker(line: string): ArchiveMarker | undefined {
  try {
    const value: unknown = line.length > MAX_MARKER_BYTES ? undefined : JSON.parse(line);
    if (typeof value !== 'object' || value === null || canonicalize(value) !== line) return;
    return readMarker(new Map<string, unknown>(Object.entries(value)));
  } catch {
    // SyntaxError or CanonicalFault: not something an archiver wrote.
    return undefined;
  }
}

export function isMarkerSignedBy(line: string, key: SignatureKey): boolean {
  const marker = parseMarker(line);
  if (marker?.key !== key.id) return false;
  const { sig, ...body } = JSON.parse(line);
  return key.verifies('archived', canonicalize(body), String(sig));
}

function readMarker(fields: ReadonlyMap<string, unknown>): ArchiveMarker | undefined {
  const [line, opening, closed] = ['checkpoint', 'opening', 'closed'].map((name) =>
    fields.get(name),
  );
  const [ts, key, sig] = ['ts', 'key', 'sig'].map((name) => fields.get(name));
  const isWhole = fields.size === KEYS && fields.get('v') === 1;
  if (!isWhole || typeof line !== 'string' || typeof opening !== 'string') return undefined;
  if (typeof closed !== 'boolean' || typeof ts !== 'string' || !TIMESTAMP.test(ts))
    return undefined;
  if (typeof key !== 'string' || typeof sig !== 'string') return undefined;
  const checkpoint = parseCheckpoint(line);
  return checkpoint === undefined
    ? undefined
    : { checkpoint, checkpointHash: checkpointHash(line), opening, closed, ts, key, sig };
}
