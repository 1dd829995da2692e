// What the leader does for the evidence of all namespaces: it checkpoints what sidecars write, who hold no trust
// key, and, where there is a folder for it, archives what is verified and makes room in Redis.

import { createPublicKey } from 'node:crypto';
import { join } from 'node:path';
import { eachInTurn } from '#core/each-in-turn.ts';
import { Archiver, type RoundOfLog } from '#core/evidence/archiver.ts';
import { type SignatureKey, signatureKey } from '#core/evidence/signature.ts';
import { FileArchive } from '#platform/file/archive.ts';
import { redisArchiveLogs } from '#platform/redis/archive-logs.ts';
import type { RedisClient } from '#platform/redis/client.ts';
import { checkpointEntrustedLogs } from '#platform/redis/entrusted-logs.ts';
import { logNames } from '#platform/redis/evidence-source.ts';
import type { Namespace } from '#platform/redis/keys.ts';
import type { Anchors } from '#platform/redis/ledger.ts';
import type { OperatorKeys } from '../keys/operator-keys.ts';

export interface EvidenceKeeperOptions {
  /** Undefined while Redis is away. */
  readonly admin: () => RedisClient | undefined;
  readonly namespaces: () => readonly Namespace[];
  /** Those where sidecars are, or were a moment ago. */
  readonly governed: () => readonly Namespace[];
  readonly keys: Pick<OperatorKeys, 'trust' | 'trustPems'>;
  readonly anchors: Anchors;
  /** Folder; undefined: evidence stays in Redis. */
  readonly folder: string | undefined;
  readonly version: string;
  readonly now: () => string;
  /** One log could not be archived: it stays where it is. */
  readonly onUnarchived: (namespace: Namespace, log: RoundOfLog) => void;
  readonly onFault: (error: unknown) => void;
  /** For tests. */
  readonly times?: { readonly checkpointMillis: number; readonly archiveMillis: number };
}

/** Well within what the verifier bears. */
const TIMES = { checkpointMillis: 5_000, archiveMillis: 60_000 };
/** Where no sidecar is, what was left is looked at each minute: most namespaces of a cluster have nothing at all. */
const ROUNDS_WITHOUT_SIDECARS = 12;
/** Who looks at a session the day after finds it in Redis. */
const KEEP_MILLIS = 24 * 60 * 60 * 1000;

interface Job {
  readonly everyMillis: number;
  readonly work: () => Promise<void>;
  running: Promise<void> | undefined;
}

function newJob(everyMillis: number, work: () => Promise<void>): Job {
  return { everyMillis, work, running: undefined };
}

export class EvidenceKeeper {
  readonly #options: EvidenceKeeperOptions;
  readonly #timers: readonly NodeJS.Timeout[];
  readonly #trusted: readonly SignatureKey[];
  readonly #jobs: readonly Job[];
  #round = 0;

  constructor(options: EvidenceKeeperOptions) {
    const { times = TIMES, folder, keys } = options;
    this.#options = options;
    this.#trusted = keys.trustPems.map((pem) =>
      signatureKey(String(createPublicKey(pem).export({ format: 'jwk' }).x)),
    );
    // Each in its own time: an archive that takes long must not keep checkpoints waiting.
    this.#jobs = [
      newJob(times.checkpointMillis, () => this.#checkpoint()),
      ...(folder === undefined ? [] : [newJob(times.archiveMillis, () => this.#archive(folder))]),
    ];
    this.#timers = this.#jobs.map((job) =>
      setInterval(() => this.#start(job), job.everyMillis).unref(),
    );
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all(this.#jobs.map(({ running }) => running));
  }

  /** What cannot keep up is left out. */
  #start(job: Job): void {
    job.running ??= job
      .work()
      .catch(this.#options.onFault)
      .finally(() => {
        job.running = undefined;
      });
  }

  async #checkpoint(): Promise<void> {
    const { admin, namespaces, governed, keys, now } = this.#options;
    const client = admin();
    if (client === undefined) return;
    const isEverywhere = this.#round % ROUNDS_WITHOUT_SIDECARS === 0;
    this.#round += 1;
    await eachInTurn(isEverywhere ? namespaces() : governed(), async (namespace) => {
      await checkpointEntrustedLogs({ client, namespace, trust: keys.trust, now });
    });
  }

  async #archive(folder: string): Promise<void> {
    const { namespaces, onUnarchived } = this.#options;
    await eachInTurn(namespaces(), async (namespace) => {
      const client = this.#options.admin();
      if (client === undefined || (await logNames(client, namespace)).length === 0) return;
      const cold = await FileArchive.open(join(folder, namespace));
      try {
        const { logs } = await this.#archiver(client, namespace, cold).round();
        for (const log of logs) if (log.kind !== 'archived') onUnarchived(namespace, log);
      } finally {
        await cold.close();
      }
    });
  }

  #archiver(client: RedisClient, namespace: Namespace, cold: FileArchive): Archiver {
    const { keys, anchors, now, version } = this.#options;
    const checkpoints = { trust: keys.trust, anchors };
    return new Archiver({
      hot: redisArchiveLogs({ client, namespace, checkpoints, version, now }),
      ...{ cold, trust: keys.trust, trusted: this.#trusted, now },
      // How far the archive reaches stands in the archive, whose volume is not Redis.
      anchor: async () => {},
      keepMillis: KEEP_MILLIS,
    });
  }
}
