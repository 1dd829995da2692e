// Streams of evidence as a verifier reads them. An id is the number of a record or checkpoint, so a part of a stream is
// told by those.

import { MAX_LINE_BYTES } from '#core/evidence/commit.ts';
import type { StoredBlob, StoredLine } from '#core/evidence/source.ts';
import type { RedisClient } from './client.ts';

export interface StreamRange {
  /** Ids as XRANGE takes them, both included. */
  readonly start: string;
  readonly end: string;
}

export type StreamEntry = readonly [id: string, fields: readonly Buffer[]];

export const WHOLE: StreamRange = { start: '-', end: '+' };

/** Entries fetched at a time: of lines up to 4 MiB each, of recordings up to 48. */
const LINES_AT_ONCE = 16;
const RECORDINGS_AT_ONCE = 1;

export async function* streamLines(
  client: RedisClient,
  key: string,
  range: StreamRange,
): AsyncGenerator<StoredLine> {
  let number = 0;
  for await (const [, value] of entries(client, key, { ...range, count: LINES_AT_ONCE })) {
    number += 1;
    const bytes = value.at(-1) ?? Buffer.alloc(0);
    yield { number, bytes, isWhole: true, isTooLong: bytes.length > MAX_LINE_BYTES };
  }
}

export async function* streamBlobs(
  client: RedisClient,
  key: string,
  range: StreamRange,
): AsyncGenerator<StoredBlob> {
  for await (const [, fields] of recordingEntries(client, key, range)) {
    const [, digest, , bytes] = fields;
    if (digest === undefined || bytes === undefined) {
      yield { kind: 'broken', offset: 0 };
      return;
    }
    const head = { state: 'kept', sizeBytes: bytes.length, digest: digest.toString() } as const;
    yield { kind: 'entry', head, bytes };
  }
}

export function recordingEntries(
  client: RedisClient,
  key: string,
  range: StreamRange,
): AsyncGenerator<StreamEntry> {
  return entries(client, key, { ...range, count: RECORDINGS_AT_ONCE });
}

async function* entries(
  client: RedisClient,
  key: string,
  { start: first, end, count }: StreamRange & { readonly count: number },
): AsyncGenerator<StreamEntry> {
  let start = first;
  for (;;) {
    const page = await client.xrangeBuffer(key, start, end, 'COUNT', count);
    for (const [id, fields] of page) yield [id.toString(), fields];
    const last = page.at(-1)?.[0];
    if (last === undefined) return;
    start = `(${last.toString()}`;
  }
}
