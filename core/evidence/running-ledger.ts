// A ledger that runs: a lane writer, the checkpoints that keep up with it, a heartbeat, and a probe that
// finds out when writing works again. Where the bytes go is the adapter's business.

import type { Checkpointer } from './checkpointer.ts';
import type { SealedCommit } from './commit.ts';
import type { LaneIdentity } from './lane.ts';
import { type BacklogLimits, LaneWriter } from './lane-writer.ts';
import { type Ledger, LedgerFault, type LedgerObserver, type Receipt } from './ledger.ts';
import type { NamedBlob } from './named-blob.ts';
import type { LaneStart } from './open-lane.ts';
import type { RecordDraft } from './record.ts';
import type { Signer } from './signature.ts';

export interface LedgerTimes {
  /** RFC 3339 in UTC with microseconds. */
  readonly now: () => string;
  /** Default: every 60 s. */
  readonly heartbeatMillis?: number;
  readonly backlog?: BacklogLimits;
}

export interface RunningLedgerParts {
  readonly start: LaneStart;
  readonly signer: Signer;
  readonly times: LedgerTimes;
  /** Undefined where another program checkpoints what is written here. */
  readonly checkpointer?: Checkpointer | undefined;
  /** As CommitSink.write. */
  readonly write: (commit: SealedCommit, blobs: readonly NamedBlob[]) => Promise<void>;
  /** Lets go of everything; never rejects. */
  readonly release: () => Promise<void>;
}

/** Quiet days must be provably quiet. */
const HEARTBEAT_MILLIS = 60_000;
/** How soon after a failure, without any traffic, it is found that writing works again. */
const PROBE_MILLIS = 1000;
/** What an attacker may cut off unseen is at most what came since the last checkpoint. */
export const CHECKPOINT_MILLIS = 250;

export class RunningLedger implements Ledger {
  readonly lane: string;
  readonly identity: LaneIdentity;
  readonly #writer: LaneWriter;
  readonly #checkpointer: Checkpointer | undefined;
  readonly #now: () => string;
  readonly #timers: readonly NodeJS.Timeout[];
  readonly #release: () => Promise<void>;
  #closed: Promise<void> | undefined;

  constructor({ start, signer, times, checkpointer, write, release }: RunningLedgerParts) {
    this.lane = start.lane;
    this.identity = start.identity;
    this.#checkpointer = checkpointer;
    this.#release = release;
    this.#now = times.now;
    this.#writer = new LaneWriter({
      lane: start.lane,
      opening: start.opening,
      signer,
      now: times.now,
      sink: {
        write: async (commit, blobs) => {
          if (checkpointer?.isOverdue === true) {
            await checkpointer.flush();
          }
          await write(commit, blobs);
          checkpointer?.note(commit.head);
        },
      },
      ...(times.backlog === undefined ? {} : { backlog: times.backlog }),
    });
    this.#timers = [
      setInterval(() => this.#beat(), times.heartbeatMillis ?? HEARTBEAT_MILLIS).unref(),
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
      await this.#checkpointer?.flush();
    } catch (cause) {
      if (cause instanceof LedgerFault) {
        throw cause;
      }
      throw new LedgerFault('write_failed', 'the last checkpoint could not be written', { cause });
    } finally {
      await this.#checkpointer?.close();
      await this.#release();
    }
  }

  #beat(): void {
    this.#writer.append({ type: 'lane.heartbeat', ts: this.#now() }).catch(() => {
      // `healthy` says it, and the window is recorded when it is over.
    });
  }
}
