// Opens an archive for the verifier, also while it grows: each log ends where its archiver said last.

import { join } from 'node:path';
import type { ArchiveMarker } from '#core/evidence/archive-marker.ts';
import { parseCheckpoint } from '#core/evidence/checkpoint.ts';
import type { EvidenceSource, StoredAnchor } from '#core/evidence/source.ts';
import { readArchiveAnchors } from './anchors.ts';
import { archivedLogFolder, archivedLogs } from './archive.ts';
import { readArchiveEnd } from './archive-end.ts';
import { openLog } from './evidence-source.ts';

export interface OpenArchivedLog {
  readonly log: string;
  /** Undefined where nothing says how far it reaches; then it is what its files hold. */
  readonly end: ArchiveMarker | undefined;
  readonly source: EvidenceSource;
}

/**
 * Undefined when the directory is no archive. `publicKeyFile` names the trust key whose anchors are to be held
 * against it. Rejects with ArchiveFault or the system's error when it cannot be read.
 */
export async function openArchive(
  directory: string,
  publicKeyFile: string | undefined,
): Promise<readonly OpenArchivedLog[] | undefined> {
  const names = await archivedLogs(directory);
  if (names === undefined) return undefined;
  const anchors = publicKeyFile === undefined ? undefined : await readArchiveAnchors(publicKeyFile);
  const logs = await Promise.all(names.map((log) => openOne(directory, log, anchors)));
  return logs.filter((log) => log !== undefined);
}

/** Undefined when a first step has not come to its end. */
async function openOne(
  directory: string,
  log: string,
  anchors: readonly StoredAnchor[] | undefined,
): Promise<OpenArchivedLog | undefined> {
  const folder = archivedLogFolder(directory, log);
  const end = await readArchiveEnd(folder);
  const isKnown = anchors?.some(({ text }) => parseCheckpoint(text.trimEnd())?.log === log);
  if (end === undefined && isKnown !== true) return undefined;
  const source = await openLog(folder, { prefix: join('logs', log), end });
  return { log, end: end?.newest, source: { anchors, ...source } };
}
