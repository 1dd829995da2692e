// The tools of somebody who can rewrite the data and knows the format, but has neither the trust key
// nor the keys of the lanes.

import { generateKeyPairSync } from 'node:crypto';
import { canonicalize } from '#core/evidence/canonical.ts';
import { parseCommit, sealCommit } from '#core/evidence/commit.ts';
import { prepareDraft } from '#core/evidence/draft.ts';
import { intentDraft } from '#core/evidence/drafts.fixture.ts';
import { laneFileName } from '#core/evidence/lane.ts';
import { openLane } from '#core/evidence/open-lane.ts';
import { digest, NO_HASH, signatureKey, signerFor } from '#core/evidence/signature.ts';
import { type EvidenceCopy, withFile } from './evidence-copy.fixture.ts';

export function flipBit(bytes: Buffer, at: number): Buffer {
  const flipped = Buffer.from(bytes);
  flipped.writeUInt8(bytes.readUInt8(at) ^ (1 << (at % 8)), at);
  return flipped;
}

export function swap(lines: readonly string[], a: number, b: number): readonly string[] {
  return lines.with(a, lines[b] ?? '').with(b, lines[a] ?? '');
}

export function linesOf(copy: EvidenceCopy, name: string): readonly string[] {
  return (copy.files.get(name)?.toString('utf8') ?? '').split('\n');
}

export function untorn(copy: EvidenceCopy, name: string): ReadonlyMap<string, Buffer> {
  const bytes = copy.files.get(name) ?? Buffer.alloc(0);
  return new Map(copy.files).set(name, bytes.subarray(0, bytes.lastIndexOf(10) + 1));
}

/** Says that somebody else called, with a record hash and head that fit. */
export function forgeRecord(line: string): string {
  const envelope = JSON.parse(line);
  envelope.records[0].principal.subject = 'mallory';
  envelope.head = digest('record', canonicalize(envelope.records[0]));
  return canonicalize(envelope);
}

export function mergeLines(first: string, second: string): string {
  const [a, b] = [JSON.parse(first), JSON.parse(second)];
  return canonicalize({ ...b, from: a.from, records: [...a.records, ...b.records] });
}

/** The whole lane again, chained anew and signed by a key of the forger's. */
export function resign(lines: readonly string[]): readonly string[] {
  const signer = signerFor(generateKeyPairSync('ed25519').privateKey);
  let head = { seq: 0, hash: NO_HASH };
  return lines.map((line) => {
    const parsed = parseCommit(line);
    const records = parsed.ok ? parsed.commit.records : [];
    const lane = parsed.ok ? parsed.commit.lane : '';
    const drafts = records.map(({ record: { v, lane: _, seq, prev, ...draft } }) => {
      const detail = { ...draft.detail, publicKey: signer.publicKey };
      const isOpening = draft.type === 'lane.open';
      return prepareDraft({ ...draft, ...(isOpening ? { detail } : {}) } as never);
    });
    const commit = sealCommit(lane, head, drafts, signer);
    head = commit.head;
    return commit.line;
  });
}

/** A lane 4 that fits in every way but for the key that certifies it. */
export function invented(copy: EvidenceCopy, last: string): EvidenceCopy {
  const parsed = linesOf(copy, last).flatMap((line) => {
    const commit = parseCommit(line);
    return commit.ok ? [commit.commit] : [];
  });
  const opening = parsed[0]?.records[0]?.record.detail;
  const end = parsed.at(-1);
  const seq = (end?.from ?? 0) + (end?.records.length ?? 0) - 1;
  const signer = signerFor(generateKeyPairSync('ed25519').privateKey);
  const trust = { id: signatureKey(signer.publicKey).id, signer };
  const start = openLane({
    signer,
    trust,
    bootNonce: '00'.repeat(16),
    version: '0.0.0-test',
    startedAt: '2026-03-01T12:00:00.000000Z',
    before: {
      ordinal: 3,
      log: String(opening?.log),
      recordsBefore: Number(opening?.recordsBefore),
      seal: {
        lane: end?.lane ?? '',
        seq,
        hash: end?.head ?? '',
        clean: true,
        tornBytes: 0,
        tornDigest: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      },
    },
  });
  const draft = prepareDraft(intentDraft('forged', '2026-03-01T12:00:01.000000Z'));
  const commit = sealCommit(start.lane, start.commit.head, [draft], signer);
  const bytes = Buffer.from(`${start.commit.line}\n${commit.line}\n`);
  return withFile(copy, `lanes/${laneFileName(4, start.lane)}`, () => bytes);
}
