// The bytes of a sealed recording: a header in clear, then frames of AES-256-GCM. Byte-level
// specification: docs/audit-format.md.

/** GHR1: the first bytes of every blob. */
export const MAGIC = Buffer.from('GHR1', 'latin1');

/** In clear, and authenticated with every frame. Epoch and index together name one blob for ever. */
export interface BlobHeader {
  /** Id of the recording key that opens it, lower-case hex. */
  readonly keyId: string;
  /** Raw X25519 public key that the writer made for this epoch. */
  readonly epoch: Uint8Array;
  /** Place in the epoch's chain of keys, from 0. */
  readonly index: number;
}

const KEY_ID_AT = 4;
const EPOCH_AT = 36;
const INDEX_AT = 68;
export const HEADER_BYTES = 72;

/** Plain bytes in a frame; only the last frame of a blob holds fewer. */
export const FRAME_BYTES = 64 * 1024;
export const TAG_BYTES = 16;

/** Blobs sealed with one ephemeral key. A reader walks at most this far along a chain of keys. */
export const MAX_EPOCH_BLOBS = 4096;

export function encodeHeader({ keyId, epoch, index }: BlobHeader): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.write(keyId, KEY_ID_AT, 'hex');
  header.set(epoch, EPOCH_AT);
  header.writeUInt32BE(index, INDEX_AT);
  return header;
}

/** Undefined for bytes that do not begin a blob of this version. */
export function decodeHeader(blob: Uint8Array): BlobHeader | undefined {
  if (blob.length < HEADER_BYTES + TAG_BYTES || !MAGIC.equals(blob.subarray(0, MAGIC.length))) {
    return undefined;
  }
  const header = Buffer.from(blob.buffer, blob.byteOffset, HEADER_BYTES);
  const index = header.readUInt32BE(INDEX_AT);
  return index >= MAX_EPOCH_BLOBS
    ? undefined
    : {
        keyId: header.toString('hex', KEY_ID_AT, EPOCH_AT),
        epoch: header.subarray(EPOCH_AT, INDEX_AT),
        index,
      };
}

/** Twelve bytes: seven zeros, the frame's number, and whether it is the last (as in STREAM). */
export function frameNonce(frame: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(frame, 7);
  nonce.writeUInt8(isLast ? 1 : 0, 11);
  return nonce;
}

/** The header and the frame's number: a frame moved elsewhere does not open. */
export function frameAad(header: Uint8Array, frame: number): Buffer {
  const aad = Buffer.alloc(HEADER_BYTES + 4);
  aad.set(header.subarray(0, HEADER_BYTES));
  aad.writeUInt32BE(frame, HEADER_BYTES);
  return aad;
}
