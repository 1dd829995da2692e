// Sessions out of the logs of several gateways: a caller may have met any of them, so records are taken
// in the order of their time, and in each log in the order they were written.

import { readCommit } from './commit.ts';
import type { StoredRecord } from './parse-record.ts';
import { SessionIndex } from './sessions.ts';
import type { EvidenceSource } from './source.ts';

/** Holds the records of the wanted sessions, and a summary of every other. */
export async function indexSessions(
  sources: readonly EvidenceSource[],
  isWanted: (session: string) => boolean,
): Promise<SessionIndex> {
  const index = new SessionIndex(isWanted);
  const heads = await Promise.all(sources.map((source) => advance(recordsOf(source))));
  for (;;) {
    const next = earliest(heads);
    const head = next === undefined ? undefined : heads[next];
    if (next === undefined || head === undefined) return index;
    index.add(head.record);
    heads[next] = await advance(head.rest);
  }
}

interface Head {
  readonly record: StoredRecord;
  readonly rest: AsyncGenerator<StoredRecord>;
}

async function advance(rest: AsyncGenerator<StoredRecord>): Promise<Head | undefined> {
  const { value, done } = await rest.next();
  return done === true ? undefined : { record: value, rest };
}

function earliest(heads: readonly (Head | undefined)[]): number | undefined {
  let found: number | undefined;
  for (const [index, head] of heads.entries()) {
    const best = found === undefined ? undefined : heads[found];
    if (head !== undefined && (best === undefined || head.record.ts < best.record.ts)) {
      found = index;
    }
  }
  return found;
}

async function* recordsOf({ lanes }: EvidenceSource): AsyncGenerator<StoredRecord> {
  for (const lane of lanes) {
    for await (const line of lane.lines) {
      // What is no commit is passed over: saying what it is, is the verifier's work.
      for (const { record } of readCommit(line)?.records ?? []) yield record;
    }
  }
}
