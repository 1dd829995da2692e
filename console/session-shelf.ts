// Sessions as the evidence of this gateway tells them. Everyone may read their own; who may read all is
// for whoever starts the console to say.

import type { StoredRecord } from '#core/evidence/parse-record.ts';
import type { RecordedPayload } from '#core/evidence/record.ts';
import type { SessionIndex, SessionSummary, TimelineEntry } from '#core/evidence/sessions.ts';
import type { Principal } from '#core/identity/principal.ts';
import type { BlobOpener } from '#core/recordings/open-blob.ts';
import { openRecordings, type RecordingReader } from '#platform/file/recorded-messages.ts';
import { readSessionIndex } from '#platform/file/session-index.ts';

export interface ShelfOptions {
  readonly dataDir: string;
  readonly auditors: readonly string[];
  /** Absent: messages stay sealed. */
  readonly opener?: BlobOpener | undefined;
  readonly nowMillis: () => number;
}

export interface OneSession {
  readonly summary: SessionSummary;
  readonly timeline: readonly TimelineEntry[];
  readonly records: readonly StoredRecord[];
}

/** Everything is read for a list: many who look at once, or look again, share one reading. */
const SHARED_MILLIS = 2000;

export class SessionShelf {
  readonly #options: ShelfOptions;
  #shared: { readonly until: number; readonly index: Promise<SessionIndex> } | undefined;

  constructor(options: ShelfOptions) {
    this.#options = options;
  }

  /** Whether messages can be opened here. */
  get hasKey(): boolean {
    return this.#options.opener !== undefined;
  }

  isAuditor({ groups }: Principal): boolean {
    return this.#options.auditors.some((group) => groups.includes(group));
  }

  /** Those the principal may read, newest first. */
  async list(by: Principal): Promise<readonly SessionSummary[]> {
    const { summaries } = await this.#sharedIndex();
    // Without a call it is only the records of an approval that a call in a real session asked for.
    return summaries.filter((each) => each.calls > 0 && this.#mayRead(by, each)).reverse();
  }

  /** Undefined when there is none, or none the principal may read: the two look alike. */
  async find(by: Principal, id: string): Promise<OneSession | undefined> {
    const index = await readSessionIndex(this.#options.dataDir, (session) => session === id);
    const summary = index.summaries.find((each) => each.id === id);
    return summary !== undefined && this.#mayRead(by, summary)
      ? { summary, timeline: index.timeline(id), records: index.records(id) }
      : undefined;
  }

  /** Opens what these payloads name. */
  messages(
    wanted: readonly { readonly lane: string; readonly payload: RecordedPayload }[],
  ): Promise<RecordingReader> {
    const { dataDir, opener } = this.#options;
    const blobs = wanted.map(({ lane, payload }) => ({ lane, digest: payload.blob }));
    return openRecordings(dataDir, blobs, opener);
  }

  #mayRead(by: Principal, { principal }: SessionSummary): boolean {
    const isOwn = principal?.issuer === by.issuer && principal.subject === by.subject;
    return isOwn || this.isAuditor(by);
  }

  #sharedIndex(): Promise<SessionIndex> {
    const now = this.#options.nowMillis();
    if (this.#shared === undefined || this.#shared.until <= now) {
      const index = readSessionIndex(this.#options.dataDir, () => false);
      const shared = { until: now + SHARED_MILLIS, index };
      this.#shared = shared;
      index.catch(() => {
        if (this.#shared === shared) this.#shared = undefined;
      });
    }
    return this.#shared.index;
  }
}
