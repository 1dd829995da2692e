// A lane is one boot: a key that lives in memory only, and a name made from what is fixed at boot, so
// that nobody can give a lane another key and keep its name.

import { createHash } from 'node:crypto';
import { canonicalize } from './canonical.ts';
import { PURPOSES, type SignatureKey, type Signer } from './signature.ts';

/** What a lane's name is made from: fixed at boot, before anything is recorded. */
export interface LaneIdentity {
  /** 16 random bytes, lower-case hex. */
  readonly bootNonce: string;
  /** Raw Ed25519 public key of the lane, base64url. */
  readonly publicKey: string;
  /** Version of the gateway that writes. */
  readonly version: string;
  readonly startedAt: string;
  /** Id of the trust key that certified the lane at its start; absent where that comes later. */
  readonly trustKey?: string;
}

export interface CertifiedLane {
  readonly lane: string;
  readonly publicKey: string;
  readonly certificate: string;
}

/** 26 characters of base32 hold 130 bits of the hash. */
const LANE_ID_LENGTH = 26;
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';
const LANE_FILE = /^(\d{6,15})-([a-z2-7]{26})\.jsonl$/;
const LANE_SUFFIX = '.jsonl';
const BLOB_SUFFIX = '.blobs';
const ORDINAL_DIGITS = 6;

/** The lane's name: 26 characters of base32 over a hash of its identity. */
export function laneId(identity: LaneIdentity): string {
  const { bootNonce, publicKey, version, startedAt, trustKey } = identity;
  const certified = trustKey === undefined ? {} : { trustKey };
  const text = canonicalize({ bootNonce, publicKey, startedAt, version, ...certified });
  const hash = createHash('sha256').update(PURPOSES.lane).update(text, 'utf8').digest();
  return base32(hash).slice(0, LANE_ID_LENGTH);
}

/** The trust key's word that this key writes this lane. */
export function certify(lane: string, publicKey: string, trust: Signer): string {
  return trust.sign('certificate', certificateText(lane, publicKey));
}

export function isCertified(lane: CertifiedLane, trust: SignatureKey): boolean {
  const text = certificateText(lane.lane, lane.publicKey);
  return trust.verifies('certificate', text, lane.certificate);
}

/** Name of a lane's file; names sort as the lanes were opened. */
export function laneFileName(ordinal: number, lane: string): string {
  return `${String(ordinal).padStart(ORDINAL_DIGITS, '0')}-${lane}${LANE_SUFFIX}`;
}

/** Name of the file that holds a lane's recordings. */
export function blobFileName(ordinal: number, lane: string): string {
  return laneFileName(ordinal, lane).slice(0, -LANE_SUFFIX.length) + BLOB_SUFFIX;
}

/** The lane whose recordings a file of this name holds; undefined for other names. */
export function laneOfBlobFile(name: string): string | undefined {
  return name.endsWith(BLOB_SUFFIX)
    ? parseLaneFileName(name.slice(0, -BLOB_SUFFIX.length) + LANE_SUFFIX)?.lane
    : undefined;
}

/** Ordinal and lane in a file's name; undefined when it is not the name of a lane's file. */
export function parseLaneFileName(
  name: string,
): { readonly ordinal: number; readonly lane: string } | undefined {
  const [, digits, lane] = LANE_FILE.exec(name) ?? [];
  if (digits === undefined || lane === undefined) {
    return undefined;
  }
  const ordinal = Number(digits);
  return ordinal > 0 && laneFileName(ordinal, lane) === name ? { ordinal, lane } : undefined;
}

function certificateText(lane: string, publicKey: string): string {
  return canonicalize({ lane, publicKey });
}

/** RFC 4648 section 6, lower case, without padding. */
function base32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += BASE32.charAt((held >> bits) & 31);
    }
    held &= (1 << bits) - 1;
  }
  return text;
}
