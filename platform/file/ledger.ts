// The embedded ledger: one file per lane under `DATA/lanes`, one line and one fdatasync per group
// commit, checkpoints beside them and beside the trust key. docs/audit-format.md describes the files.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { laneFileName } from '#core/evidence/lane.ts';
import { type BacklogLimits, LaneWriter } from '#core/evidence/lane-writer.ts';
import {
  type Ledger,
  LedgerFault,
  type LedgerObserver,
  type Receipt,
} from '#core/evidence/ledger.ts';
import { type LaneStart, openLane } from '#core/evidence/open-lane.ts';
import type { RecordDraft } from '#core/evidence/record.ts';
import { type Signer, signatureKey, signerFor } from '#core/evidence/signature.ts';
import { anchorFile } from './anchors.ts';
import { AppendFile } from './append-file.ts';
import { BlobFile } from './blob-file.ts';
import { openCheckpointLog } from './checkpoint-log.ts';
import { Checkpointer } from './checkpointer.ts';
import { DataDirFault } from './data-dir-fault.ts';
import { lockDataDir } from './data-lock.ts';
import { ignoreFileSizeSignal } from './file-size-signal.ts';
import { CHECKPOINTS_FILE, LANES_DIR } from './layout.ts';
import { type LogState, readLogState } from './log-state.ts';
import type { TrustKey } from './trust-key.ts';

export interface FileLedgerOptions {
  readonly dataDir: string;
  readonly trustKey: TrustKey;
  /** Version of the gateway, recorded in lane.open. */
  readonly version: string;
  /** RFC 3339 in UTC with microseconds. */
  readonly now: () => string;
  /** Never goes back; default: the machine's own. */
  readonly monotonicMillis?: () => number;
  readonly backlog?: BacklogLimits;
  /** Default: every 60 s. */
  readonly heartbeatMillis?: number;
  /** Default: at most every 250 ms. */
  readonly checkpointMillis?: number;
}

/** Quiet days must be provably quiet. */
const HEARTBEAT_MILLIS = 60_000;
/** What an attacker may cut off unseen is at most what came since the last checkpoint. */
const CHECKPOINT_MILLIS = 250;
/** How soon after a failure, without any traffic, it is found that writing works again. */
const PROBE_MILLIS = 1000;

/**
 * Opens a new lane in the data directory, which is made when it does not exist. Rejects with
 * DataDirFault when that cannot be written or another process writes there, and with TrustKeyFault
 * when nothing can be kept beside the trust key; nothing is left open then.
 */
export async function openFileLedger(options: FileLedgerOptions): Promise<FileLedger> {
  const closers: Closer[] = [];
  try {
    await mkdir(join(options.dataDir, LANES_DIR), { recursive: true, mode: 0o700 });
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
  const start = openLane({
    signer,
    trust: trustKey,
    bootNonce,
    version,
    startedAt: now(),
    ...found,
  });
  const path = join(lanesDir, laneFileName(start.ordinal, start.lane));
  const file = await AppendFile.create(path, start.commit.line);
  const recordings = new BlobFile(dataDir, start);
  closers.push(
    () => file.close(),
    () => recordings.close(),
  );
  const checkpointer = new Checkpointer(
    {
      ...log,
      anchorFile: anchorFile(publicKeyFile, start.log),
      trust: trustKey,
      lane: start,
      now,
      intervalMillis: options.checkpointMillis ?? CHECKPOINT_MILLIS,
      monotonicMillis: options.monotonicMillis ?? (() => performance.now()),
    },
    start.commit.head,
  );
  await checkpointer.flush();
  return new FileLedger({ options, start, found, signer, file, recordings, checkpointer, closers });
}

interface Parts {
  readonly options: FileLedgerOptions;
  readonly start: LaneStart;
  readonly found: LogState;
  readonly signer: Signer;
  readonly file: AppendFile;
  readonly recordings: BlobFile;
  readonly checkpointer: Checkpointer;
  readonly closers: readonly Closer[];
}

export class FileLedger implements Ledger {
  readonly lane: string;
  /** What this start found of earlier ones; `lost` is worth a warning. */
  readonly found: LogState;
  readonly #writer: LaneWriter;
  readonly #checkpointer: Checkpointer;
  readonly #now: () => string;
  readonly #timers: readonly NodeJS.Timeout[];
  readonly #closers: readonly Closer[];
  #closed: Promise<void> | undefined;

  constructor(parts: Parts) {
    const { options, start, found, signer, file, recordings, checkpointer, closers } = parts;
    this.lane = start.lane;
    this.found = found;
    this.#checkpointer = checkpointer;
    this.#closers = closers;
    this.#now = options.now;
    this.#writer = new LaneWriter({
      lane: start.lane,
      opening: start.opening,
      signer,
      now: options.now,
      sink: {
        write: async ({ line, head }, blobs) => {
          if (checkpointer.isOverdue) {
            await checkpointer.flush();
          }
          await recordings.before(blobs, () => file.append(line));
          checkpointer.note(head);
        },
      },
      ...(options.backlog === undefined ? {} : { backlog: options.backlog }),
    });
    this.#timers = [
      setInterval(() => this.#beat(), options.heartbeatMillis ?? HEARTBEAT_MILLIS).unref(),
      setInterval(() => this.#writer.probe(), PROBE_MILLIS).unref(),
    ];
  }

  get healthy(): boolean {
    return this.#writer.healthy;
  }

  append(draft: RecordDraft, blob?: Uint8Array): Promise<Receipt> {
    return this.#writer.append(draft, blob);
  }

  observe(observer: LedgerObserver): void {
    this.#writer.observe(observer);
  }

  /** Rejects with LedgerFault when lane.close could not be written; everything is released then too. */
  close(reason: string): Promise<void> {
    this.#closed ??= this.#close(reason);
    return this.#closed;
  }

  async #close(reason: string): Promise<void> {
    for (const timer of this.#timers) {
      clearInterval(timer);
    }
    try {
      await this.#writer.close({ type: 'lane.close', ts: this.#now(), detail: { reason } });
      await this.#checkpointer.flush();
    } catch (cause) {
      if (cause instanceof LedgerFault) {
        throw cause;
      }
      throw new LedgerFault('write_failed', 'the last checkpoint could not be written', { cause });
    } finally {
      await this.#checkpointer.close();
      await closeAll(this.#closers);
    }
  }

  #beat(): void {
    this.#writer.append({ type: 'lane.heartbeat', ts: this.#now() }).catch(() => {
      // `healthy` says it, and the window is recorded when it is over.
    });
  }
}

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
