// Sessions as evidence tells them. Everyone may read their own; who may read all is
// for whoever starts the console to say.

import type { StoredRecord } from '#core/evidence/parse-record.ts';
import type { RecordedPayload } from '#core/evidence/record.ts';
import type { SessionIndex, SessionSummary, TimelineEntry } from '#core/evidence/sessions.ts';
import type { Principal } from '#core/identity/principal.ts';
import type { BlobOpener } from '#core/recordings/open-blob.ts';
import type { RecordedSessions, RecordingReader } from '#core/recordings/recorded-messages.ts';

export interface ShelfOptions {
  /** Where they are read from. */
  readonly recorded: RecordedSessions;
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
/** Who steps through a session looks at it again and again. */
const KEPT_MILLIS = 10_000;
const MAX_KEPT = 4;
/** Readings go one after the other, since calls are served by the same process; more than these wait for nothing. */
const MAX_WAITING = 16;

/** `busy`: more people look than can be served now. `unreadable`: the evidence cannot be had. */
export class ShelfFault extends Error {
  override readonly name = 'ShelfFault';
  readonly code: 'busy' | 'unreadable';

  constructor(code: ShelfFault['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

interface Reading {
  readonly until: number;
  readonly index: Promise<SessionIndex>;
}

export class SessionShelf {
  readonly #options: ShelfOptions;
  /** By the id of the session that is read whole; `''`: summaries alone. */
  readonly #readings = new Map<string, Reading>();
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

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
    const { summaries } = await this.#read('', SHARED_MILLIS);
    // Without a call it is only the records of an approval that a call in a real session asked for.
    return summaries.filter((each) => each.calls > 0 && this.#mayRead(by, each)).reverse();
  }

  /** Undefined when there is none, or none the principal may read: the two look alike. */
  async find(by: Principal, id: string): Promise<OneSession | undefined> {
    const index = await this.#read(id, KEPT_MILLIS);
    const summary = index.summaries.find((each) => each.id === id);
    return summary !== undefined && this.#mayRead(by, summary)
      ? { summary, timeline: index.timeline(id), records: index.records(id) }
      : undefined;
  }

  /** Opens what these payloads name. */
  messages(
    wanted: readonly { readonly lane: string; readonly payload: RecordedPayload }[],
  ): Promise<RecordingReader> {
    const { recorded, opener } = this.#options;
    const blobs = wanted.map(({ lane, payload }) => ({ lane, digest: payload.blob }));
    return recorded.recordings(blobs, opener).catch(unreadable);
  }

  #mayRead(by: Principal, { principal }: SessionSummary): boolean {
    const isOwn = principal?.issuer === by.issuer && principal.subject === by.subject;
    return isOwn || this.isAuditor(by);
  }

  #read(id: string, keptMillis: number): Promise<SessionIndex> {
    const now = this.#options.nowMillis();
    const known = this.#readings.get(id);
    if (known !== undefined && known.until > now) return known.index;
    const reading = { until: now + keptMillis, index: this.#queue(id) };
    this.#readings.delete(id);
    this.#readings.set(id, reading);
    const [oldest] = this.#readings.keys();
    if (this.#readings.size > MAX_KEPT && oldest !== undefined) this.#readings.delete(oldest);
    reading.index.catch(() => {
      if (this.#readings.get(id) === reading) this.#readings.delete(id);
    });
    return reading.index;
  }

  async #queue(id: string): Promise<SessionIndex> {
    if (this.#waiting >= MAX_WAITING) throw new ShelfFault('busy', 'too many readings wait');
    this.#waiting += 1;
    const turn = this.#last.then(() =>
      this.#options.recorded.sessions((session) => session === id),
    );
    this.#last = turn.catch(() => {});
    return turn.catch(unreadable).finally(() => {
      this.#waiting -= 1;
    });
  }
}

function unreadable(cause: unknown): never {
  throw new ShelfFault('unreadable', 'the evidence cannot be read', { cause });
}
