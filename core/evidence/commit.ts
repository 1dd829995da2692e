// One group commit: the records that became durable together, as one line of a lane file, under one
// signature over the hash of its last record. Byte-level specification: docs/audit-format.md.

import { canonicalize } from './canonical.ts';
import { type PreparedDraft, sealRecord } from './draft.ts';
import { parseRecord, type StoredRecord } from './parse-record.ts';
import { digest, type SignatureKey, type Signer } from './signature.ts';
import { lineText, type StoredLine } from './source.ts';

/** Where a lane stands: its last record. */
export interface LaneHead {
  readonly seq: number;
  readonly hash: string;
}

export interface SealedCommit {
  /** The line without its newline. */
  readonly line: string;
  readonly head: LaneHead;
  /** Hash of each record, in the order of the drafts. */
  readonly hashes: readonly string[];
}

export interface Commit {
  readonly lane: string;
  readonly from: number;
  readonly head: string;
  readonly signature: string;
  readonly records: readonly HashedRecord[];
}

export interface HashedRecord {
  readonly record: StoredRecord;
  readonly hash: string;
}

export type ParsedCommit =
  | { readonly ok: true; readonly commit: Commit }
  | { readonly ok: false; readonly code: CommitFlaw; readonly reason: string };

export type CommitFlaw = 'line_invalid' | 'record_invalid';

/** Lines are read whole, so they are bounded: a writer stays far below, a reader refuses more. */
export const MAX_LINE_BYTES = 4 * 1024 * 1024;

/** Chains the drafts to `after` and signs the last one. `drafts` must not be empty. */
export function sealCommit(
  lane: string,
  after: LaneHead,
  drafts: readonly PreparedDraft[],
  signer: Signer,
): SealedCommit {
  const from = after.seq + 1;
  const texts: string[] = [];
  const hashes: string[] = [];
  let head = after;
  for (const draft of drafts) {
    const seq = head.seq + 1;
    const { text, hash } = sealRecord(draft, { lane, seq, prev: head.hash });
    texts.push(text);
    hashes.push(hash);
    head = { seq, hash };
  }
  const sig = signer.sign('commit', signedText(lane, from, head));
  return { line: commitText({ lane, from, head: head.hash, sig }, texts), head, hashes };
}

/** Reads one line strictly: only the exact bytes a writer would have written are a commit. */
export function parseCommit(text: string): ParsedCommit {
  const envelope = readEnvelope(text);
  if (envelope === undefined) {
    return { ok: false, code: 'line_invalid', reason: 'not a canonical line of records' };
  }
  const records: HashedRecord[] = [];
  for (const [index, recordText] of envelope.recordTexts.entries()) {
    const record = parseRecord(envelope.records[index]);
    if (record === undefined) {
      return { ok: false, code: 'record_invalid', reason: `records[${index}] is not a v1 record` };
    }
    records.push({ record, hash: digest('record', recordText) });
  }
  const { lane, from, head, sig } = envelope;
  return { ok: true, commit: { lane, from, head, signature: sig, records } };
}

/** The commit on a line of a file; undefined for whatever is none. */
export function readCommit(line: StoredLine): Commit | undefined {
  const text = line.isWhole && !line.isTooLong ? lineText(line) : undefined;
  const parsed = text === undefined ? undefined : parseCommit(text);
  return parsed?.ok === true ? parsed.commit : undefined;
}

/** Whether the lane's key signed this commit; says nothing of the chain before it. */
export function isSignedBy(commit: Commit, key: SignatureKey): boolean {
  const head = { seq: commit.from + commit.records.length - 1, hash: commit.head };
  return key.verifies('commit', signedText(commit.lane, commit.from, head), commit.signature);
}

/** Whether the commit holds in itself: its lane, its numbers, its hashes and its signature. */
export function isIntact(commit: Commit, lane: string, key: SignatureKey): boolean {
  let prev: string | undefined;
  for (const [index, { record, hash }] of commit.records.entries()) {
    const isNext = record.lane === lane && record.seq === commit.from + index;
    if (!isNext || (prev !== undefined && record.prev !== prev)) {
      return false;
    }
    prev = hash;
  }
  return commit.lane === lane && commit.head === prev && isSignedBy(commit, key);
}

/** One line each, so no choice of values reads like another. */
function signedText(lane: string, from: number, head: LaneHead): string {
  return `${lane}\n${from}\n${head.seq}\n${head.hash}\n`;
}

interface EnvelopeFields {
  readonly lane: string;
  readonly from: number;
  readonly head: string;
  readonly sig: string;
}

/** JCS of the line: its six keys in order around the records' own canonical texts. */
function commitText(envelope: EnvelopeFields, recordTexts: readonly string[]): string {
  const { lane, from, head, sig } = envelope;
  return (
    `{"from":${from},"head":${JSON.stringify(head)},"lane":${JSON.stringify(lane)},` +
    `"records":[${recordTexts.join(',')}],"sig":${JSON.stringify(sig)},"v":1}`
  );
}

interface Envelope extends EnvelopeFields {
  readonly records: readonly unknown[];
  readonly recordTexts: readonly string[];
}

function readEnvelope(text: string): Envelope | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!isEnvelope(value) || value.records.length === 0) {
      return undefined;
    }
    const { lane, from, head, sig, records } = value;
    const recordTexts = records.map((record) => canonicalize(record));
    // Rebuilding the line catches every other spelling: order, spaces, escapes, extra or double keys.
    const isExact = commitText({ lane, from, head, sig }, recordTexts) === text;
    return isExact ? { lane, from, head, sig, records, recordTexts } : undefined;
  } catch {
    // SyntaxError or CanonicalFault: not something a writer wrote.
    return undefined;
  }
}

function isEnvelope(value: unknown): value is EnvelopeFields & { records: readonly unknown[] } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'lane' in value &&
    typeof value.lane === 'string' &&
    'from' in value &&
    Number.isSafeInteger(value.from) &&
    'head' in value &&
    typeof value.head === 'string' &&
    'sig' in value &&
    typeof value.sig === 'string' &&
    'records' in value &&
    Array.isArray(value.records)
  );
}
