// What a recording holds in clear: the masked message byte for byte, what was redacted in it, and the
// salt that makes its commitment in the chain impossible to guess.

import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** One thing that masking removed: what found it, where (JSON pointer) and how; never the value. */
export interface RecordedRedaction {
  readonly detector: string;
  readonly pointer: string;
  readonly action: string;
  /** How many there; absent in recordings of before they were counted. */
  readonly count?: number;
}

export interface RecordingContent {
  /** 32 random bytes, known to nobody who cannot open the recording. */
  readonly salt: Uint8Array;
  /** As they left mask(), cut at MAX_PAYLOAD_BYTES. */
  readonly bytes: Uint8Array;
  readonly redactions: readonly RecordedRedaction[];
  /** Redactions beyond those that are listed. */
  readonly unlisted: number;
}

/** A longer message is recorded up to here, and its record says so. */
export const MAX_PAYLOAD_BYTES = 16 * 1024 * 1024;
export const SALT_BYTES = 32;

/** A message of nothing but secrets, in a tree of long names, must not make a recording without end. */
const MAX_REDACTIONS = 10_000;
const MAX_POINTER_CHARS = 256;
/** More than that many redactions ever take. */
const MAX_FACTS_BYTES = 32 * 1024 * 1024;
/** Below a block of the disk, packing costs more time than it saves. */
const MIN_PACKED_BYTES = 4096;

const AS_IS = 0;
const ZSTD = 1;
const FAST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
const BODY_AT = 1 + SALT_BYTES;

/** `form ‖ salt ‖ body`; the body is `length of facts ‖ facts ‖ message`, packed where that helps. */
export function encodeContent({ salt, bytes, redactions, unlisted }: RecordingContent): Buffer {
  const listed = redactions.slice(0, MAX_REDACTIONS);
  const omitted = unlisted + redactions.length - listed.length;
  const facts = Buffer.from(
    JSON.stringify({ redactions: listed.map(bounded), ...(omitted === 0 ? {} : { omitted }) }),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32BE(facts.length);
  const body = Buffer.concat([length, facts, bytes]);
  const packed = body.length < MIN_PACKED_BYTES ? body : zstdCompressSync(body, FAST);
  return packed.length < body.length
    ? Buffer.concat([Buffer.of(ZSTD), salt, packed])
    : Buffer.concat([Buffer.of(AS_IS), salt, body]);
}

/** Undefined for bytes that encodeContent did not make. */
export function decodeContent(content: Uint8Array): RecordingContent | undefined {
  const body = unpack(content);
  if (body === undefined || body.length < 4) {
    return undefined;
  }
  const messageAt = 4 + body.readUInt32BE(0);
  const facts = messageAt > body.length ? undefined : parseFacts(body.subarray(4, messageAt));
  return facts === undefined
    ? undefined
    : { salt: content.subarray(1, BODY_AT), bytes: body.subarray(messageAt), ...facts };
}

function unpack(content: Uint8Array): Buffer | undefined {
  const [form] = content;
  const body = Buffer.from(content.buffer, content.byteOffset, content.length).subarray(BODY_AT);
  if (form !== ZSTD) {
    return form === AS_IS ? body : undefined;
  }
  try {
    const maxOutputLength = MAX_PAYLOAD_BYTES + MAX_FACTS_BYTES;
    return zstdDecompressSync(body, { maxOutputLength });
  } catch {
    return undefined;
  }
}

function parseFacts(bytes: Buffer): Pick<RecordingContent, 'redactions' | 'unlisted'> | undefined {
  try {
    const facts: unknown = JSON.parse(bytes.toString('utf8'));
    if (typeof facts !== 'object' || facts === null || !('redactions' in facts)) {
      return undefined;
    }
    const { redactions } = facts;
    const unlisted = 'omitted' in facts ? facts.omitted : 0;
    return Array.isArray(redactions) && redactions.every(isRedaction) && isCount(unlisted)
      ? { redactions: redactions.map(plain), unlisted }
      : undefined;
  } catch {
    return undefined;
  }
}

function bounded({ detector, pointer, action, count }: RecordedRedaction): RecordedRedaction {
  const isLong = pointer.length > MAX_POINTER_CHARS;
  return {
    detector,
    pointer: isLong ? `${pointer.slice(0, MAX_POINTER_CHARS)}…` : pointer,
    action,
    ...(count === undefined ? {} : { count }),
  };
}

function plain({ detector, pointer, action, count }: RecordedRedaction): RecordedRedaction {
  return { detector, pointer, action, ...(count === undefined ? {} : { count }) };
}

function isRedaction(value: unknown): value is RecordedRedaction {
  return (
    typeof value === 'object' &&
    value !== null &&
    'detector' in value &&
    typeof value.detector === 'string' &&
    'pointer' in value &&
    typeof value.pointer === 'string' &&
    'action' in value &&
    typeof value.action === 'string' &&
    (!('count' in value) || isCount(value.count))
  );
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
