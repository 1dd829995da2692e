// One recording: the sealed blob, and what the record beside it says so that the two belong together.

import { createHash, hash } from 'node:crypto';
import type { RecordedPayload } from '#core/evidence/record.ts';
import { bytesDigest, PURPOSES } from '#core/evidence/signature.ts';
import {
  decodeContent,
  encodeContent,
  MAX_PAYLOAD_BYTES,
  type RecordedRedaction,
  type RecordingContent,
} from './content.ts';
import type { BlobOpener } from './open-blob.ts';
import type { BlobSealer } from './seal-blob.ts';

/** A message as mask() returned it. */
export interface MaskedMessage {
  readonly bytes: Uint8Array;
  readonly redactions: readonly RecordedRedaction[];
}

export interface Recording {
  readonly payload: RecordedPayload;
  readonly blob: Uint8Array;
}

export type ReadRecording =
  | { readonly ok: true; readonly content: RecordingContent }
  | { readonly ok: false; readonly code: 'key_other'; readonly keyId: string }
  /** `commitment_mismatch`: it opens, but holds something else than what was recorded. */
  | { readonly ok: false; readonly code: 'blob_damaged' | 'commitment_mismatch' };

/** `salt`: 32 fresh random bytes. */
export function makeRecording(
  { bytes, redactions }: MaskedMessage,
  salt: Uint8Array,
  sealer: BlobSealer,
): Recording {
  const isTruncated = bytes.length > MAX_PAYLOAD_BYTES;
  const kept = isTruncated ? bytes.subarray(0, MAX_PAYLOAD_BYTES) : bytes;
  const blob = sealer.seal(encodeContent({ salt, bytes: kept, redactions, unlisted: 0 }));
  return {
    payload: {
      commitment: commitmentOf(salt, kept),
      blob: hash('sha256', blob),
      sizeBytes: kept.length,
      ...(isTruncated ? { truncated: true as const } : {}),
    },
    blob,
  };
}

export function readRecording(
  blob: Uint8Array,
  payload: RecordedPayload,
  opener: BlobOpener,
): ReadRecording {
  if (bytesDigest(blob) !== payload.blob) {
    return { ok: false, code: 'blob_damaged' };
  }
  const opened = opener.open(blob);
  if (!opened.ok) {
    return opened;
  }
  const content = decodeContent(opened.content);
  if (content === undefined) {
    return { ok: false, code: 'blob_damaged' };
  }
  return commitmentOf(content.salt, content.bytes) === payload.commitment
    ? { ok: true, content }
    : { ok: false, code: 'commitment_mismatch' };
}

/** SHA-256 over purpose, salt and bytes, lower-case hex: with the salt, proof of what was recorded. */
export function commitmentOf(salt: Uint8Array, bytes: Uint8Array): string {
  return createHash('sha256').update(PURPOSES.commitment).update(salt).update(bytes).digest('hex');
}
