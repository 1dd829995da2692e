// A recording beside the record that names it: one never goes without the other.

import { DraftFault } from './draft.ts';
import type { RecordDraft } from './record.ts';

/** An encrypted recording under the name its record has for it. */
export interface NamedBlob {
  /** SHA-256 of the bytes, lower-case hex. */
  readonly digest: string;
  readonly bytes: Uint8Array;
}

/** A caller that hands in one without the other has a bug: the record would name nothing. */
export function nameBlob(
  { payload }: RecordDraft,
  bytes: Uint8Array | undefined,
): NamedBlob | undefined {
  if ((payload === undefined) !== (bytes === undefined)) {
    throw new DraftFault('payload: goes with the blob that it names, and never without');
  }
  return payload === undefined || bytes === undefined ? undefined : { digest: payload.blob, bytes };
}
