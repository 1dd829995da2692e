// From draft to record: the draft is made into text when it is handed in, so that a bad one is
// refused alone and later changes to the object cannot reach the chain.

import { CanonicalFault, canonicalize } from './canonical.ts';
import { malformedField } from './parse-record.ts';
import type { RecordDraft } from './record.ts';
import { digest } from './signature.ts';

/** A draft whose fields are fixed as canonical text, ready to be given its place in a lane. */
export interface PreparedDraft {
  /** What it was made from, for observers; the record is made from the text. */
  readonly draft: RecordDraft;
  /** Field name and canonical value, not yet in order. */
  readonly fields: readonly (readonly [name: string, text: string])[];
  readonly sizeBytes: number;
}

export interface SealedRecord {
  readonly text: string;
  readonly hash: string;
}

/** The place of a record in its lane. */
export interface RecordPlace {
  readonly lane: string;
  readonly seq: number;
  readonly prev: string;
}

/** A writer handed in something that can never be a record: a bug in the caller, not a full disk. */
export class DraftFault extends Error {
  override readonly name = 'DraftFault';
  readonly code = 'draft_invalid';
}

/** A record is identity and facts; content never is. Far above what a real one needs (1 to 2 KiB). */
export const MAX_RECORD_BYTES = 64 * 1024;

const LANE_FIELDS: ReadonlySet<string> = new Set(['v', 'lane', 'seq', 'prev']);

/** Throws DraftFault, naming the field, when the draft cannot become a record. */
export function prepareDraft(draft: RecordDraft): PreparedDraft {
  const malformed = malformedField({ ...draft });
  if (malformed !== undefined) {
    throw new DraftFault(`${malformed}: not in the form docs/audit-format.md gives it`);
  }
  const fields: [string, string][] = [];
  let sizeBytes = 0;
  for (const [name, value] of Object.entries(draft)) {
    if (LANE_FIELDS.has(name)) {
      throw new DraftFault(`${name}: given by the lane, never by the draft`);
    }
    const text = canonicalField(name, value);
    fields.push([name, text]);
    sizeBytes += name.length + Buffer.byteLength(text);
  }
  if (sizeBytes > MAX_RECORD_BYTES) {
    throw new DraftFault(`larger than ${MAX_RECORD_BYTES} bytes; bound what a peer supplies`);
  }
  return { draft, fields, sizeBytes };
}

/** Gives the draft its place and returns the record's canonical text and its hash. */
export function sealRecord(draft: PreparedDraft, place: RecordPlace): SealedRecord {
  const fields = [
    ...draft.fields,
    ['v', '1'] as const,
    ['lane', JSON.stringify(place.lane)] as const,
    ['seq', String(place.seq)] as const,
    ['prev', JSON.stringify(place.prev)] as const,
  ].sort(([a], [b]) => (a < b ? -1 : 1));
  const text = `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`;
  return { text, hash: digest('record', text) };
}

function canonicalField(name: string, value: unknown): string {
  try {
    return canonicalize(value);
  } catch (error) {
    if (error instanceof CanonicalFault) {
      throw new DraftFault(`${[name, ...error.path].join('.')}: ${error.reason}`, { cause: error });
    }
    throw error;
  }
}
