// A log in two places read as one: its beginning from an archive, the rest from where it is written.

import type { EvidenceSource, StoredFile, StoredRecordings } from './source.ts';

/** `rest` begins right behind the end of `archived`, and brings the anchors. */
export function joinLog(archived: EvidenceSource, rest: EvidenceSource): EvidenceSource {
  return {
    anchors: rest.anchors,
    checkpoints: joinFiles(archived.checkpoints, rest.checkpoints),
    lanes: joinLanes(archived.lanes, rest.lanes),
    recordings: joinRecordings(archived.recordings, rest.recordings),
    strays: [...archived.strays, ...rest.strays],
  };
}

function joinLanes(
  archived: readonly StoredFile[],
  rest: readonly StoredFile[],
): readonly StoredFile[] {
  const left = new Map(rest.map((file) => [baseName(file.name), file]));
  const joined = archived.map((file) => {
    const name = baseName(file.name);
    const more = left.get(name);
    left.delete(name);
    return joinFiles(file, more) ?? file;
  });
  return [...joined, ...left.values()];
}

function joinFiles(
  first: StoredFile | undefined,
  second: StoredFile | undefined,
): StoredFile | undefined {
  return first === undefined || second === undefined
    ? (first ?? second)
    : { name: first.name, lines: both(first.lines, second.lines) };
}

function joinRecordings(
  archived: EvidenceSource['recordings'],
  rest: EvidenceSource['recordings'],
): ReadonlyMap<string, StoredRecordings> {
  const joined = new Map(archived);
  for (const [lane, stored] of rest ?? []) {
    const first = joined.get(lane);
    const blobs = first === undefined ? stored.blobs : both(first.blobs, stored.blobs);
    joined.set(lane, { name: first?.name ?? stored.name, blobs });
  }
  return joined;
}

async function* both<Item>(
  first: AsyncIterable<Item>,
  second: AsyncIterable<Item>,
): AsyncGenerator<Item> {
  yield* first;
  yield* second;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
