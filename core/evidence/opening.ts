// lane.open, the first record of a lane: who writes it, on whose word, and where the lane before it
// ended, so that no lane can vanish from the middle of a log.

import { type PreparedDraft, prepareDraft } from './draft.ts';
import type { LaneIdentity } from './lane.ts';
import type { StoredRecord } from './parse-record.ts';

/** How the lane before this one was found at boot, and where it is taken to end. */
export interface Seal {
  readonly lane: string;
  readonly seq: number;
  readonly hash: string;
  /** Whether it ended with lane.close. */
  readonly clean: boolean;
  /** Bytes after its last whole commit, left by a writer that died while writing. */
  readonly tornBytes: number;
  /** SHA-256 of those bytes, lower-case hex. */
  readonly tornDigest: string;
}

/** A checkpoint kept outside the data named a record that the data did not hold at boot. */
export interface LostRecords {
  readonly lane: string;
  readonly seq: number;
  readonly head: string;
}

/** Everything lane.open says. */
export interface LaneOpening extends LaneIdentity {
  /** 1, 2, 3 … over the lanes of one data directory. */
  readonly ordinal: number;
  /** Id of lane 1: the name of the whole log. */
  readonly log: string;
  /** Records in all lanes before this one. */
  readonly recordsBefore: number;
  /** Trust key's signature over lane and public key; there exactly when `trustKey` is. */
  readonly certificate?: string;
  readonly sealed?: Seal;
  readonly lost?: LostRecords;
}

/** The draft of lane.open. */
export function openingDraft(opening: LaneOpening): PreparedDraft {
  const { sealed, lost, ...facts } = opening;
  return prepareDraft({
    type: 'lane.open',
    ts: opening.startedAt,
    detail: {
      ...facts,
      ...(sealed === undefined
        ? {}
        : {
            sealedLane: sealed.lane,
            sealedSeq: sealed.seq,
            sealedHash: sealed.hash,
            sealedClean: sealed.clean,
            tornBytes: sealed.tornBytes,
            tornDigest: sealed.tornDigest,
          }),
      ...(lost === undefined
        ? {}
        : { lostLane: lost.lane, lostSeq: lost.seq, lostHead: lost.head }),
    },
  });
}

/** What a stored lane.open says; undefined when a fact is missing or has another form. */
export function parseOpening(record: StoredRecord): LaneOpening | undefined {
  const detail = new Map(Object.entries(record.detail ?? {}));
  const text = textsOf(detail, ['bootNonce', 'publicKey', 'version', 'startedAt']);
  const named = textsOf(detail, ['log']);
  const isCertified = detail.has('trustKey') || detail.has('certificate');
  const certified = isCertified ? textsOf(detail, ['trustKey', 'certificate']) : {};
  const ordinal = detail.get('ordinal');
  const recordsBefore = detail.get('recordsBefore');
  const sealed = detail.has('sealedLane') ? parseSeal(detail) : 'absent';
  const lost = detail.has('lostLane') ? parseLost(detail) : 'absent';
  if (
    record.type !== 'lane.open' ||
    text === undefined ||
    named === undefined ||
    certified === undefined ||
    typeof ordinal !== 'number' ||
    typeof recordsBefore !== 'number' ||
    sealed === undefined ||
    lost === undefined
  ) {
    return undefined;
  }
  return {
    ...text,
    ...named,
    ...certified,
    ordinal,
    recordsBefore,
    ...(sealed === 'absent' ? {} : { sealed }),
    ...(lost === 'absent' ? {} : { lost }),
  };
}

type Detail = ReadonlyMap<string, unknown>;

function parseSeal(detail: Detail): Seal | undefined {
  const texts = textsOf(detail, ['sealedLane', 'sealedHash', 'tornDigest']);
  const seq = detail.get('sealedSeq');
  const clean = detail.get('sealedClean');
  const tornBytes = detail.get('tornBytes');
  if (
    texts === undefined ||
    typeof seq !== 'number' ||
    typeof clean !== 'boolean' ||
    typeof tornBytes !== 'number'
  ) {
    return undefined;
  }
  const { sealedLane: lane, sealedHash: hash, tornDigest } = texts;
  return { lane, seq, hash, clean, tornBytes, tornDigest };
}

function parseLost(detail: Detail): LostRecords | undefined {
  const texts = textsOf(detail, ['lostLane', 'lostHead']);
  const seq = detail.get('lostSeq');
  return texts === undefined || typeof seq !== 'number'
    ? undefined
    : { lane: texts.lostLane, seq, head: texts.lostHead };
}

function textsOf<const Name extends string>(
  detail: Detail,
  names: readonly Name[],
): Readonly<Record<Name, string>> | undefined {
  const texts: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const value = detail.get(name);
    if (typeof value !== 'string') {
      return undefined;
    }
    texts[name] = value;
  }
  // Every name was just given a string.
  return texts as Record<Name, string>;
}
