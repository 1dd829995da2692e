// A DNS query read and answered, as bytes: as much of RFC 1035 as a cluster's pods ask for.

export interface Question {
  /** Lower case, without the dot at its end. */
  readonly name: string;
  readonly isAddress: boolean;
  /** The header and the question, as they came. */
  readonly bytes: Buffer;
}

/** Whether the name exists, and its IPv4 addresses. */
export interface Found {
  readonly exists: boolean;
  readonly addresses: readonly string[];
}

const HEADER_BYTES = 12;
const TYPE_A = 1;
const CLASS_IN = 1;
const NAME_UNKNOWN = 3;
/** Short, since Services come and go while a test runs. */
const TTL_SECONDS = 1;
/** Answer, from the source of truth. */
const FLAGS = 0x8400;
const RECURSION_DESIRED = 0x0100;
/** Where the question's name stands. */
const POINTER_TO_NAME = 0xc000 | HEADER_BYTES;

/** Undefined for what is no query with one question. */
export function readQuestion(message: Buffer): Question | undefined {
  if (message.length <= HEADER_BYTES || message.readUInt16BE(4) !== 1) return undefined;
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (;;) {
    const length = message[at];
    if (length === undefined || length > 63 || at + length + 5 > message.length) return undefined;
    if (length === 0) break;
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const type = message.readUInt16BE(at + 1);
  return {
    name: labels.join('.').toLowerCase(),
    isAddress: type === TYPE_A,
    bytes: message.subarray(0, at + 5),
  };
}

export function writeAnswer({ bytes, isAddress }: Question, found: Found): Buffer {
  const addresses = isAddress ? found.addresses : [];
  const head = Buffer.from(bytes);
  const asked = head.readUInt16BE(2) & RECURSION_DESIRED;
  head.writeUInt16BE(FLAGS | asked | (found.exists ? 0 : NAME_UNKNOWN), 2);
  head.writeUInt16BE(addresses.length, 6);
  head.fill(0, 8, HEADER_BYTES);
  return Buffer.concat([head, ...addresses.map(record)]);
}

function record(address: string): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16BE(POINTER_TO_NAME, 0);
  bytes.writeUInt16BE(TYPE_A, 2);
  bytes.writeUInt16BE(CLASS_IN, 4);
  bytes.writeUInt32BE(TTL_SECONDS, 6);
  bytes.writeUInt16BE(4, 10);
  bytes.set(address.split('.').map(Number), 12);
  return bytes;
}
