// What a start finds in the data: the lane before, where it ends, and whether the data still holds
// everything that the newest known checkpoint vouches for.

import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Checkpoint,
  isCheckpointSignedBy,
  parseCheckpoint,
} from '#core/evidence/checkpoint.ts';
import { laneFileName, parseLaneFileName } from '#core/evidence/lane.ts';
import type { LaneBefore } from '#core/evidence/open-lane.ts';
import type { LostRecords } from '#core/evidence/opening.ts';
import type { SignatureKey } from '#core/evidence/signature.ts';
import { anchorFile, readAnchor } from './anchors.ts';
import { readLaneTail } from './lane-tail.ts';
import { DRAFT_SUFFIX } from './layout.ts';

export interface LogState {
  readonly before?: LaneBefore;
  readonly lost?: LostRecords;
}

export interface LogPlaces {
  readonly lanesDir: string;
  /** Public half of the trust key; anchors lie beside it. */
  readonly publicKeyFile: string;
  readonly trust: SignatureKey;
  /** Last checkpoint in the data. */
  readonly last?: Checkpoint;
}

interface LaneName {
  readonly ordinal: number;
  readonly lane: string;
}

/** Removes what a start that was cut short left behind: a lane that never began. */
export async function readLogState(places: LogPlaces): Promise<LogState> {
  const names = await readdir(places.lanesDir);
  for (const name of names.filter((each) => each.endsWith(DRAFT_SUFFIX))) {
    await rm(join(places.lanesDir, name), { force: true });
  }
  const lanes = names
    .flatMap((name) => parseLaneFileName(name) ?? [])
    .sort((a, b) => a.ordinal - b.ordinal);
  const before = await readBefore(lanes.at(-1), places);
  const known = await newestCheckpoint(before?.log, places);
  const isLost = known !== undefined && !holds(known, lanes, before);
  return {
    ...(before === undefined ? {} : { before }),
    ...(isLost ? { lost: { lane: known.lane, seq: known.seq, head: known.head } } : {}),
  };
}

async function readBefore(
  last: LaneName | undefined,
  places: LogPlaces,
): Promise<LaneBefore | undefined> {
  if (last === undefined) {
    return undefined;
  }
  const { ordinal, lane } = last;
  const path = join(places.lanesDir, laneFileName(ordinal, lane));
  const { seal, opening } = await readLaneTail(path, lane);
  return {
    ordinal,
    seal,
    log: opening?.log ?? places.last?.log ?? lane,
    recordsBefore: opening?.recordsBefore ?? 0,
  };
}

/** From beside the trust key when there is one, since whoever rolls back the data leaves that. */
async function newestCheckpoint(
  log: string | undefined,
  { publicKeyFile, trust, last }: LogPlaces,
): Promise<Checkpoint | undefined> {
  const name = log ?? last?.log;
  const stored = name === undefined ? undefined : await readAnchor(anchorFile(publicKeyFile, name));
  const anchor = stored === undefined ? undefined : parseCheckpoint(stored.text);
  const isSigned = anchor !== undefined && isCheckpointSignedBy(anchor, trust);
  return isSigned && anchor.n >= (last?.n ?? 0) ? anchor : last;
}

/** A lane in the middle is checked by the verifier; here it is enough that it is there. */
function holds(
  known: Checkpoint,
  lanes: readonly LaneName[],
  before: LaneBefore | undefined,
): boolean {
  return known.lane === before?.seal.lane
    ? before.seal.seq >= known.seq
    : lanes.some(({ lane }) => lane === known.lane);
}
