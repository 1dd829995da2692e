// The newest checkpoint of each log, kept beside the trust key and so outside the data: whoever rolls
// the data back together with its own checkpoints does not reach this one.

import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { MAX_CHECKPOINT_BYTES } from '#core/evidence/checkpoint.ts';
import type { StoredAnchor } from '#core/evidence/source.ts';
import { replaceDurably, syncFolder } from './durable.ts';
import { readLines } from './lines.ts';
import { keyStem } from './signing-pair.ts';
import { TrustKeyFault } from './trust-key.ts';

const SUFFIX = '.checkpoint';
const ARCHIVE_SUFFIX = '.archived';
/** More logs than one trust key ever vouches for. */
const MAX_ANCHORS = 4096;

/** `gatehouse-trust.<log>.checkpoint`: a log has its own file, so logs may share a trust key. */
export function anchorFile(publicKeyFile: string, log: string): string {
  return `${keyStem(publicKeyFile)}.${log}${SUFFIX}`;
}

/** `gatehouse-trust.<log>.archived`: the checkpoint that the archive of a log reaches to. */
export function archiveAnchorFile(publicKeyFile: string, log: string): string {
  return `${keyStem(publicKeyFile)}.${log}${ARCHIVE_SUFFIX}`;
}

/** Resolves when the anchor is durable; a reader sees the old one or the new. */
export async function writeAnchor(file: string, line: string): Promise<void> {
  try {
    await replaceDurably(file, Buffer.from(`${line}\n`, 'utf8'), 0o644);
    await syncFolder(dirname(file));
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown fault';
    throw new TrustKeyFault(
      `${file}: cannot be written (${code}); the newest checkpoint is kept beside the trust key, so name a folder this process may write with --trust-key`,
      { cause },
    );
  }
}

/** Undefined when there is none. */
export async function readAnchor(file: string): Promise<StoredAnchor | undefined> {
  try {
    for await (const line of readLines(file, { maxLineBytes: MAX_CHECKPOINT_BYTES })) {
      return { file, text: Buffer.from(line.bytes).toString('utf8') };
    }
    return { file, text: '' };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}

/** All anchors beside a trust key. */
export function readAnchors(publicKeyFile: string): Promise<readonly StoredAnchor[]> {
  return readAll(publicKeyFile, SUFFIX);
}

/** Those of archives, which end before their logs do. */
export function readArchiveAnchors(publicKeyFile: string): Promise<readonly StoredAnchor[]> {
  return readAll(publicKeyFile, ARCHIVE_SUFFIX);
}

async function readAll(publicKeyFile: string, suffix: string): Promise<readonly StoredAnchor[]> {
  const folder = dirname(publicKeyFile);
  const prefix = `${basename(keyStem(publicKeyFile))}.`;
  const names = (await readdir(folder))
    .filter((name) => name.startsWith(prefix) && name.endsWith(suffix))
    .sort()
    .slice(0, MAX_ANCHORS);
  const anchors = await Promise.all(names.map((name) => readAnchor(join(folder, name))));
  return anchors.filter((anchor) => anchor !== undefined);
}
