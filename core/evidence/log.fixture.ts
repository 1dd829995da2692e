// Logs made in memory from fixed keys, a fixed clock and given drafts: the same bytes every time.

import { createPrivateKey, type KeyObject } from 'node:crypto';
import { MAX_CHECKPOINT_BYTES, sealCheckpoint } from './checkpoint.ts';
import { type LaneHead, MAX_LINE_BYTES, sealCommit } from './commit.ts';
import { prepareDraft } from './draft.ts';
import { laneFileName } from './lane.ts';
import { openLane } from './open-lane.ts';
import type { RecordDraft } from './record.ts';
import { NO_HASH, type Signer, signatureKey, signerFor } from './signature.ts';
import type { EvidenceSource, StoredLine } from './source.ts';

export interface FixedLog {
  readonly trust: Signer;
  readonly lane: string;
  readonly lines: readonly string[];
  readonly checkpoints: readonly string[];
}

/** Drafts that become one commit each. */
export type Commits = readonly (readonly RecordDraft[])[];

export const TRUST_SEED = '01'.repeat(32);
export const LANE_SEED = '02'.repeat(32);

/** The private key whose RFC 8032 seed this is. */
export function fixedKey(seedHex: string): KeyObject {
  const prefix = '302e020100300506032b657004220420';
  const key = Buffer.from(prefix + seedHex, 'hex');
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}

/**
 * One lane of the given commits; a checkpoint behind lane.open and one behind each commit named. `Elsewhere`:
 * opened without the trust key, and without a checkpoint of its own.
 */
export function fixedLog(
  commits: Commits,
  checkpointed: readonly number[],
  trusted: 'AtStart' | 'Elsewhere' = 'AtStart',
): FixedLog {
  const trust = signerFor(fixedKey(TRUST_SEED));
  const signer = signerFor(fixedKey(LANE_SEED));
  const start = openLane({
    signer,
    trust:
      trusted === 'AtStart' ? { id: signatureKey(trust.publicKey).id, signer: trust } : undefined,
    bootNonce: '03'.repeat(16),
    version: '0.1.0',
    startedAt: '2026-03-01T12:00:00.000000Z',
  });
  const lines = [start.commit.line];
  const heads: LaneHead[] = [start.commit.head];
  for (const drafts of commits) {
    const after = heads.at(-1) ?? { seq: 0, hash: NO_HASH };
    const commit = sealCommit(start.lane, after, drafts.map(prepareDraft), signer);
    lines.push(commit.line);
    heads.push(commit.head);
  }
  const covered = heads.filter(
    (_, index) => (index === 0 && trusted === 'AtStart') || checkpointed.includes(index - 1),
  );
  return {
    trust,
    lane: start.lane,
    lines,
    checkpoints: checkpointLines(covered, start.lane, trust),
  };
}

function checkpointLines(
  heads: readonly LaneHead[],
  lane: string,
  trust: Signer,
): readonly string[] {
  const lines: string[] = [];
  let prev = NO_HASH;
  for (const [index, { seq, hash }] of heads.entries()) {
    const { line, link } = sealCheckpoint(
      {
        v: 1,
        n: index + 1,
        prev,
        ts: `2026-03-01T12:00:0${index}.500000Z`,
        log: lane,
        lane,
        ordinal: 1,
        seq,
        head: hash,
        records: seq,
        key: signatureKey(trust.publicKey).id,
      },
      trust,
    );
    lines.push(line);
    prev = link.hash;
  }
  return lines;
}

export function sourceOfLog(log: FixedLog, anchors?: readonly string[]): EvidenceSource {
  return {
    anchors: anchors?.map((text) => ({ file: 'trust.checkpoint', text })),
    checkpoints: {
      name: 'checkpoints.jsonl',
      lines: storedLines(log.checkpoints, MAX_CHECKPOINT_BYTES),
    },
    lanes: [
      {
        name: `lanes/${laneFileName(1, log.lane)}`,
        lines: storedLines(log.lines, MAX_LINE_BYTES),
      },
    ],
    strays: [],
  };
}

async function* storedLines(
  lines: readonly string[],
  maxLineBytes: number,
): AsyncGenerator<StoredLine> {
  for (const [index, line] of lines.entries()) {
    const bytes = Buffer.from(line, 'utf8');
    yield { number: index + 1, bytes, isWhole: true, isTooLong: bytes.length > maxLineBytes };
  }
}
