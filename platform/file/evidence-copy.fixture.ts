// A copy of a data directory in memory, to be tampered with byte by byte and verified each time.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_CHECKPOINT_BYTES } from '#core/evidence/checkpoint.ts';
import { MAX_LINE_BYTES } from '#core/evidence/commit.ts';
import { parseLaneFileName } from '#core/evidence/lane.ts';
import type { EvidenceSource } from '#core/evidence/source.ts';
import { readAnchors } from './anchors.ts';
import { splitLines } from './lines.ts';

/** Contents by path inside the directory. */
export interface EvidenceCopy {
  readonly files: ReadonlyMap<string, Buffer>;
  /** Contents of the checkpoints beside the trust key; undefined when nobody looks there. */
  readonly anchors: readonly Buffer[] | undefined;
}

export const CHECKPOINTS = 'checkpoints.jsonl';

export async function copyEvidence(dataDir: string, publicKeyFile: string): Promise<EvidenceCopy> {
  const files = new Map([[CHECKPOINTS, readFileSync(join(dataDir, CHECKPOINTS))]]);
  for (const name of readdirSync(join(dataDir, 'lanes')).sort()) {
    files.set(`lanes/${name}`, readFileSync(join(dataDir, 'lanes', name)));
  }
  const anchors = await readAnchors(publicKeyFile);
  return { files, anchors: anchors.map(({ text }) => Buffer.from(`${text}\n`)) };
}

export function sourceOf({ files, anchors }: EvidenceCopy): EvidenceSource {
  const checkpoints = files.get(CHECKPOINTS);
  const lanes = [...files].filter(([name]) => parseLaneFileName(name.slice('lanes/'.length)));
  return {
    anchors: anchors?.map((bytes) => ({ file: 'trust.checkpoint', text: bytes.toString('utf8') })),
    checkpoints: checkpoints && {
      name: CHECKPOINTS,
      lines: splitLines([checkpoints], MAX_CHECKPOINT_BYTES),
    },
    lanes: lanes.map(([name, bytes]) => ({ name, lines: splitLines([bytes], MAX_LINE_BYTES) })),
    strays: [],
  };
}

/** The copy with one file changed, or taken away when `change` returns undefined. */
export function withFile(
  copy: EvidenceCopy,
  name: string,
  change: (bytes: Buffer) => Buffer | undefined,
): EvidenceCopy {
  const files = new Map(copy.files);
  const changed = change(files.get(name) ?? Buffer.alloc(0));
  if (changed === undefined) {
    files.delete(name);
  } else {
    files.set(name, changed);
  }
  return { ...copy, files };
}

/** The copy with the lines of one file changed; the newlines are put back. */
export function withLines(
  copy: EvidenceCopy,
  name: string,
  change: (lines: readonly string[]) => readonly string[],
): EvidenceCopy {
  return withFile(copy, name, (bytes) => {
    const text = bytes.toString('utf8');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    const rest = text.slice(whole.length);
    const lines = change(whole.split('\n').slice(0, -1));
    return Buffer.from(lines.map((line) => `${line}\n`).join('') + rest);
  });
}
