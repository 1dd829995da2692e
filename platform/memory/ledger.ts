// A ledger that keeps its lines in memory: the same lanes, hashes and signatures as the files have,
// without a disk. For tests, and for the bench that prices every control but the disk.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { laneFileName } from '#core/evidence/lane.ts';
import { type BacklogLimits, LaneWriter } from '#core/evidence/lane-writer.ts';
import type { Ledger, LedgerObserver, Receipt } from '#core/evidence/ledger.ts';
import type { NamedBlob } from '#core/evidence/named-blob.ts';
import { openLane } from '#core/evidence/open-lane.ts';
import type { RecordDraft } from '#core/evidence/record.ts';
import { type SignatureKey, signatureKey, signerFor } from '#core/evidence/signature.ts';
import type { EvidenceSource, StoredBlob, StoredLine } from '#core/evidence/source.ts';

export interface MemoryLedgerOptions {
  readonly version: string;
  /** RFC 3339 in UTC with microseconds. */
  readonly now: () => string;
  readonly backlog?: BacklogLimits;
  /** `nothing` forgets each line once it is made, so that a bench can run for long. */
  readonly keep?: 'everything' | 'nothing';
}

export class MemoryLedger implements Ledger {
  readonly lane: string;
  /** The key made for this ledger, to verify `source()` against. */
  readonly trust: SignatureKey;
  readonly #writer: LaneWriter;
  readonly #now: () => string;
  readonly #lines: string[] = [];
  readonly #blobs: NamedBlob[] = [];
  #failure: Error | undefined;
  #closed: Promise<void> | undefined;

  constructor({ version, now, backlog, keep = 'everything' }: MemoryLedgerOptions) {
    const signer = signerFor(generateKeyPairSync('ed25519').privateKey);
    const trustSigner = signerFor(generateKeyPairSync('ed25519').privateKey);
    this.trust = signatureKey(trustSigner.publicKey);
    this.#now = now;
    const trust = { id: this.trust.id, signer: trustSigner };
    const bootNonce = randomBytes(16).toString('hex');
    const start = openLane({ signer, trust, bootNonce, version, startedAt: now() });
    this.lane = start.lane;
    this.#lines.push(start.commit.line);
    this.#writer = new LaneWriter({
      lane: start.lane,
      opening: start.opening,
      signer,
      now,
      sink: {
        write: async ({ line }, blobs) => {
          if (this.#failure !== undefined) {
            throw this.#failure;
          }
          if (keep === 'everything') {
            this.#blobs.push(...blobs);
            this.#lines.push(line);
          }
        },
      },
      ...(backlog === undefined ? {} : { backlog }),
    });
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

  async close(reason: string): Promise<void> {
    this.#closed ??= this.#writer
      .close({ type: 'lane.close', ts: this.#now(), detail: { reason } })
      .then(() => {});
    return this.#closed;
  }

  /** From now on every commit fails with this error, as on a full disk; undefined ends that. */
  failWith(failure: Error | undefined): void {
    this.#failure = failure;
  }

  /** The lane's lines, for the verifier and for tests that read records back. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** The lane as evidence; memory has no checkpoints, so a verifier says that they are missing. */
  source(): EvidenceSource {
    const name = `lanes/${laneFileName(1, this.lane)}`;
    return {
      anchors: undefined,
      checkpoints: undefined,
      lanes: [{ name, lines: storedLines(this.#lines) }],
      recordings: new Map([[this.lane, { name: 'recordings', blobs: storedBlobs(this.#blobs) }]]),
      strays: [],
    };
  }
}

async function* storedBlobs(blobs: readonly NamedBlob[]): AsyncGenerator<StoredBlob> {
  for (const { digest, bytes } of blobs) {
    yield { kind: 'entry', head: { state: 'kept', sizeBytes: bytes.length, digest }, bytes };
  }
}

async function* storedLines(lines: readonly string[]): AsyncGenerator<StoredLine> {
  for (const [index, line] of lines.entries()) {
    const bytes = Buffer.from(line, 'utf8');
    yield { number: index + 1, bytes, isWhole: true, isTooLong: false };
  }
}
