// Reads back what a gateway recorded, straight from its files, as an auditor would.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseCommit } from '#core/evidence/commit.ts';
import { parseLaneFileName } from '#core/evidence/lane.ts';
import type { StoredRecord } from '#core/evidence/parse-record.ts';

export type Records = readonly StoredRecord[];

/** All records under a data directory, in the order in which they were written. */
export async function readRecords(dataDir: string): Promise<Records> {
  const lanes = join(dataDir, 'lanes');
  const names = (await readdir(lanes)).filter((name) => parseLaneFileName(name) !== undefined);
  const texts = await Promise.all(
    names.toSorted().map((name) => readFile(join(lanes, name), 'utf8')),
  );
  // What follows the last newline is a line that is being written.
  return texts.flatMap((text) => text.split('\n').slice(0, -1).flatMap(recordsOf));
}

function recordsOf(line: string): Records {
  const parsed = parseCommit(line);
  if (!parsed.ok) throw new Error(`a line of evidence is unreadable: ${parsed.reason}`);
  return parsed.commit.records.map(({ record }) => record);
}

/** One exchange as recorded: its intent, its outcome when it has one, and what came between. */
export interface RecordedExchange {
  readonly intent: StoredRecord;
  readonly outcome: StoredRecord | undefined;
  readonly all: Records;
}

export function exchangesIn(records: Records): readonly RecordedExchange[] {
  return records
    .filter(({ type }) => type === 'intent')
    .map((intent) => {
      const all = records.filter(({ exchange }) => exchange === intent.exchange);
      return { intent, all, outcome: all.find(({ type }) => type === 'outcome') };
    });
}

/** What an intent is about: `tool:echo`, or its method where it has no target. */
export function subjectOf({ message }: StoredRecord): string {
  return message?.target ?? message?.method ?? '';
}
