// Finds where a lane file ends when its writer is gone: at the last commit that holds in itself.
// Reads the first line and the last ones only, so a start does not take longer as evidence grows.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { isIntact, type LaneHead, MAX_LINE_BYTES, readCommit } from '#core/evidence/commit.ts';
import { type LaneOpening, parseOpening, type Seal } from '#core/evidence/opening.ts';
import { NO_HASH, type SignatureKey, signatureKey } from '#core/evidence/signature.ts';
import { readFileEnd } from './file-end.ts';
import { readLines } from './lines.ts';

export interface LaneTail {
  readonly seal: Seal;
  /** Undefined when the first line is not the lane.open of this lane. */
  readonly opening?: LaneOpening;
}

interface Found {
  readonly head: LaneHead;
  readonly clean: boolean;
  /** Where the last commit ends in the file. */
  readonly endBytes: number;
}

const NOTHING: Found = { head: { seq: 0, hash: NO_HASH }, clean: false, endBytes: 0 };

export async function readLaneTail(path: string, lane: string): Promise<LaneTail> {
  const opening = await readOpening(path);
  const key = opening === undefined ? undefined : keyOf(opening.publicKey);
  const { head, clean, endBytes } =
    key === undefined ? NOTHING : await findLastCommit(path, lane, key);
  const torn = await digestFrom(path, endBytes);
  return {
    seal: {
      lane,
      seq: head.seq,
      hash: head.hash,
      clean,
      tornBytes: torn.sizeBytes,
      tornDigest: torn.digest,
    },
    ...(opening === undefined ? {} : { opening }),
  };
}

async function readOpening(path: string): Promise<LaneOpening | undefined> {
  for await (const line of readLines(path, { maxLineBytes: MAX_LINE_BYTES })) {
    const record = readCommit(line)?.records[0]?.record;
    return record === undefined ? undefined : parseOpening(record);
  }
  return undefined;
}

async function findLastCommit(path: string, lane: string, key: SignatureKey): Promise<Found> {
  // Enough to hold the last commit and the remains of one after it.
  const { lines } = await readFileEnd(path, 2 * MAX_LINE_BYTES);
  for (const { bytes, endBytes } of lines) {
    const commit = readCommit({ number: 0, bytes, isWhole: true, isTooLong: false });
    if (commit !== undefined && isIntact(commit, lane, key)) {
      return {
        head: { seq: commit.from + commit.records.length - 1, hash: commit.head },
        clean: commit.records.at(-1)?.record.type === 'lane.close',
        endBytes,
      };
    }
  }
  return NOTHING;
}

async function digestFrom(
  path: string,
  start: number,
): Promise<{ readonly sizeBytes: number; readonly digest: string }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of createReadStream(path, { start })) {
    hash.update(chunk);
    sizeBytes += chunk.length;
  }
  return { sizeBytes, digest: hash.digest('hex') };
}

function keyOf(publicKey: string): SignatureKey | undefined {
  try {
    return signatureKey(publicKey);
  } catch {
    return undefined;
  }
}
