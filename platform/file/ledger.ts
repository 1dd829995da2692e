// The embedded ledger: one file per lane under `DATA/lanes`, one line and one fdatasync per group
// commit, checkpoints beside them and beside the trust key. docs/audit-format.md describes the files.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Checkpointer } from '#core/evidence/checkpointer.ts';
import { laneFileName } from '#core/evidence/lane.ts';
import { openLane } from '#core/evidence/open-lane.ts';
import {
  CHECKPOINT_MILLIS,
  type LedgerTimes,
  RunningLedger,
} from '#core/evidence/running-ledger.ts';
import { signatureKey, signerFor } from '#core/evidence/signature.ts';
import { anchorFile, writeAnchor } from './anchors.ts';
import { AppendFile } from './append-file.ts';
import { BlobFile } from './blob-file.ts';
import { openCheckpointLog } from './checkpoint-log.ts';
import { DataDirFault } from './data-dir-fault.ts';
import { lockDataDir } from './data-lock.ts';
import { ignoreFileSizeSignal } from './file-size-signal.ts';
import { CHECKPOINTS_FILE, LANES_DIR } from './layout.ts';
import { type LogState, readLogState } from './log-state.ts';
import { makeFolder } from './make-folder.ts';
import type { TrustKey } from './trust-key.ts';

export interface FileLedgerOptions extends LedgerTimes {
  readonly dataDir: string;
  readonly trustKey: TrustKey;
  /** Version of the gateway, recorded in lane.open. */
  readonly version: string;
  /** Never goes back; default: the machine's own. */
  readonly monotonicMillis?: () => number;
  /** Default: at most every 250 ms. */
  readonly checkpointMillis?: number;
}

/**
 * Opens a new lane in the data directory, which is made when it does not exist. Rejects with
 * DataDirFault when that cannot be written or another process writes there, and with TrustKeyFault
 * when nothing can be kept beside the trust key; nothing is left open then.
 */
export async function openFileLedger(options: FileLedgerOptions): Promise<FileLedger> {
  const closers: Closer[] = [];
  try {
    await makeFolder(join(options.dataDir, LANES_DIR));
    const lock = await lockDataDir(options.dataDir);
    closers.push(() => lock.release(), ignoreFileSizeSignal());
    return await openLocked(options, closers);
  } catch (error) {
    await closeAll(closers);
    throw startFault(options.dataDir, error);
  }
}

/** Adds what to do about the system's errors; ours say it already. */
function startFault(dataDir: string, error: unknown): unknown {
  if (!(error instanceof Error && 'syscall' in error && 'code' in error)) {
    return error;
  }
  return new DataDirFault(
    'data_unwritable',
    `${dataDir}: evidence cannot be written there (${error.code}); name a folder this process may write with --data`,
    { cause: error },
  );
}

type Closer = () => Promise<void> | void;

async function openLocked(options: FileLedgerOptions, closers: Closer[]): Promise<FileLedger> {
  const { dataDir, trustKey, version, now } = options;
  const lanesDir = join(dataDir, LANES_DIR);
  const trust = signatureKey(trustKey.signer.publicKey);
  const log = await openCheckpointLog(join(dataDir, CHECKPOINTS_FILE));
  closers.push(() => log.file.close());
  const { publicKeyFile } = trustKey;
  const found = await readLogState({ lanesDir, publicKeyFile, trust, ...log });
  const signer = signerFor(generateKeyPairSync('ed25519').privateKey);
  const bootNonce = randomBytes(16).toString('hex');
  const facts = { signer, trust: trustKey, bootNonce, version, startedAt: now() };
  const start = openLane({ ...facts, ...found });
  const path = join(lanesDir, laneFileName(start.ordinal, start.lane));
  const file = await AppendFile.create(path, start.commit.line);
  const recordings = new BlobFile(dataDir, start);
  closers.push(
    () => file.close(),
    () => recordings.close(),
  );
  const checkpointer = new Checkpointer(
    {
      append: (line) => log.file.append(line),
      anchor: (line) => writeAnchor(anchorFile(publicKeyFile, start.log), line),
      link: log.link,
      trust: trustKey,
      lane: start,
      now,
      intervalMillis: options.checkpointMillis ?? CHECKPOINT_MILLIS,
      monotonicMillis: options.monotonicMillis ?? (() => performance.now()),
    },
    start.commit.head,
  );
  await checkpointer.flush();
  const running = new RunningLedger({
    start,
    signer,
    times: options,
    checkpointer,
    write: ({ line }, blobs) => recordings.before(blobs, () => file.append(line)),
    release: () => closeAll(closers),
  });
  return Object.assign(running, { found });
}

/** `found`: what this start found of earlier ones; `lost` is worth a warning. */
export type FileLedger = RunningLedger & { readonly found: LogState };

/** In the reverse order of opening, so that the lock goes last. */
async function closeAll(closers: readonly Closer[]): Promise<void> {
  for (const close of closers.toReversed()) {
    try {
      await close();
    } catch {
      // What will not close must not keep the others open.
    }
  }
}
