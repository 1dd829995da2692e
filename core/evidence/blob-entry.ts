// How encrypted recordings lie in the file of their lane: a first line, then entries of a fixed head
// and the blob. Byte-level specification: docs/audit-format.md.

/** First line of the file, without its newline. */
export const BLOB_FILE_HEAD = 'gatehouse recordings v1';

/** `kept`: the blob lies behind the head. `shredded`: its bytes were overwritten with zeros. */
export type BlobState = 'kept' | 'shredded';

export interface BlobEntryHead {
  readonly state: BlobState;
  /** Length of the blob. */
  readonly sizeBytes: number;
  /** SHA-256 of the blob as it was written, lower-case hex: what its record calls it. */
  readonly digest: string;
}

/** One byte of state, four of length, 32 of digest. */
export const ENTRY_HEAD_BYTES = 37;

/** 16 MiB of message, at worst as many of redactions, and what sealing adds. */
export const MAX_BLOB_BYTES = 48 * 1024 * 1024;

const STATES = { kept: 0x6b, shredded: 0x73 } as const satisfies Record<BlobState, number>;

export function blobEntryHead(
  digest: string,
  sizeBytes: number,
  state: BlobState = 'kept',
): Buffer {
  const head = Buffer.alloc(ENTRY_HEAD_BYTES);
  head.writeUInt8(STATES[state]);
  head.writeUInt32BE(sizeBytes, 1);
  head.write(digest, 5, 'hex');
  return head;
}

/** Undefined for bytes that are no head. */
export function parseBlobEntryHead(bytes: Uint8Array): BlobEntryHead | undefined {
  if (bytes.length !== ENTRY_HEAD_BYTES) {
    return undefined;
  }
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const state = stateOf(head.readUInt8(0));
  const sizeBytes = head.readUInt32BE(1);
  return state === undefined || sizeBytes > MAX_BLOB_BYTES
    ? undefined
    : { state, sizeBytes, digest: head.toString('hex', 5) };
}

function stateOf(byte: number): BlobState | undefined {
  if (byte === STATES.kept) {
    return 'kept';
  }
  return byte === STATES.shredded ? 'shredded' : undefined;
}
