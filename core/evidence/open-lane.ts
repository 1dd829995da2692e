// Begins a lane: puts together its identity, its certificate and its first commit. The key and the
// nonce come from outside, where randomness is.

import { type SealedCommit, sealCommit } from './commit.ts';
import { certify, type LaneIdentity, laneId } from './lane.ts';
import type { DurableRecord } from './ledger.ts';
import { type LostRecords, openingDraft, type Seal } from './opening.ts';
import { NO_HASH, type Signer } from './signature.ts';

export interface LaneTrust {
  readonly id: string;
  readonly signer: Signer;
}

export interface LaneStartFacts {
  /** The lane's own key, made for this boot. */
  readonly signer: Signer;
  /** Undefined where the trust key is elsewhere: `lane.certified` then brings the certificate. */
  readonly trust?: LaneTrust | undefined;
  /** 16 random bytes, lower-case hex. */
  readonly bootNonce: string;
  readonly version: string;
  readonly startedAt: string;
  /** Undefined for the first lane of a log. */
  readonly before?: LaneBefore;
  readonly lost?: LostRecords;
}

/** The lane before, as found at boot. */
export interface LaneBefore {
  readonly ordinal: number;
  readonly log: string;
  /** Records in all lanes before that one. */
  readonly recordsBefore: number;
  readonly seal: Seal;
}

export interface LaneStart {
  readonly lane: string;
  readonly identity: LaneIdentity;
  readonly log: string;
  readonly ordinal: number;
  readonly recordsBefore: number;
  /** lane.open, to be made durable before anything else. */
  readonly commit: SealedCommit;
  /** The record in it. */
  readonly opening: DurableRecord;
}

export function openLane(facts: LaneStartFacts): LaneStart {
  const { signer, trust, bootNonce, version, startedAt, before, lost } = facts;
  const { publicKey } = signer;
  const fixed = { bootNonce, publicKey, version, startedAt };
  const identity = trust === undefined ? fixed : { ...fixed, trustKey: trust.id };
  const lane = laneId(identity);
  const place = {
    log: before?.log ?? lane,
    ordinal: (before?.ordinal ?? 0) + 1,
    recordsBefore: before === undefined ? 0 : before.recordsBefore + before.seal.seq,
  };
  const draft = openingDraft({
    ...identity,
    ...place,
    ...(trust === undefined ? {} : { certificate: certify(lane, publicKey, trust.signer) }),
    ...(before === undefined ? {} : { sealed: before.seal }),
    ...(lost === undefined ? {} : { lost }),
  });
  const commit = sealCommit(lane, { seq: 0, hash: NO_HASH }, [draft], signer);
  const receipt = { lane, ...commit.head };
  const opening = { draft: draft.draft, receipt, sizeBytes: draft.sizeBytes };
  return { lane, identity, ...place, commit, opening };
}
