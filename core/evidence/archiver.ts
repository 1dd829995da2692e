// Archives all logs of a namespace, round after round: reads, verifies, keeps, and only then cuts off. A round that is cut
// short anywhere is taken up by the next one.

import { type ArchivedLog, archiveLog } from './archive-log.ts';
import type { ColdLog, HotLog } from './archive-ports.ts';
import type { SignatureKey, Signer } from './signature.ts';

/** Where gateways write. */
export interface HotLogs {
  names(): Promise<readonly string[]>;
  log(name: string): HotLog;
  /** Whether there is little room left. */
  isTight(): Promise<boolean>;
  /** Ends lanes whose gateway died without ending them, by sealing them; tells how many. */
  sealDead(): Promise<number>;
}

export interface ArchiverOptions {
  readonly hot: HotLogs;
  readonly cold: { log(name: string): ColdLog };
  readonly trust: { readonly id: string; readonly signer: Signer };
  readonly trusted: readonly SignatureKey[];
  readonly now: () => string;
  /** Beside the trust key. */
  readonly anchor: (checkpointLine: string, log: string) => Promise<void>;
  /** How long archived evidence stays where it is written, while there is room; default 0. */
  readonly keepMillis?: number;
}

export type RoundOfLog = (
  | ArchivedLog
  /** It could not be read or kept; the next round tries again. */
  | { readonly kind: 'failed'; readonly error: unknown }
) & { readonly log: string };

export interface Round {
  readonly sealed: number;
  readonly logs: readonly RoundOfLog[];
}

export class Archiver {
  readonly #options: ArchiverOptions;

  constructor(options: ArchiverOptions) {
    this.#options = options;
  }

  /** Rejects with the error of where gateways write when that cannot be reached at all. */
  async round(): Promise<Round> {
    const { hot, now, keepMillis = 0 } = this.#options;
    const cutBefore = (await hot.isTight()) ? now() : earlier(now(), keepMillis);
    const logs: RoundOfLog[] = [];
    for (const log of await hot.names()) {
      logs.push({ log, ...(await this.#archive(log, cutBefore)) });
    }
    // Last, since it needs room; what it writes is archived in the next round.
    return { sealed: await hot.sealDead(), logs };
  }

  async #archive(log: string, cutBefore: string) {
    const { hot, cold, trust, trusted, now, anchor } = this.#options;
    try {
      const terms = { trust, trusted, now, anchor, cutBefore };
      return await archiveLog(hot.log(log), cold.log(log), terms);
    } catch (error) {
      return { kind: 'failed', error } as const;
    }
  }
}

function earlier(timestamp: string, millis: number): string {
  return `${new Date(Date.parse(timestamp) - millis).toISOString().slice(0, -1)}000Z`;
}
