// The port through which a console remembers who is signed in: sealed texts under the digest of a secret
// that the browser holds, each with its end. Adapters: platform/memory, platform/redis (many replicas).

/** Every operation rejects with VisitStoreFault when it cannot be had now. */
export interface VisitStore {
  /** Keeps a new one until its end. Of an account that has more than `most`, the oldest are forgotten. */
  begin(visit: NewVisit): Promise<void>;
  get(key: string): Promise<string | undefined>;
  /** Changes one that is there still; one that was ended stays so. Its end does not move. */
  replace(key: string, text: string): Promise<void>;
  /** Idempotent. */
  end(key: string, account: string): Promise<void>;
  close(): void;
}

export interface NewVisit {
  /** Names the visit and opens nothing: a digest. */
  readonly key: string;
  /** Names whose it is, and not to readers: a digest. */
  readonly account: string;
  readonly text: string;
  readonly ttlSeconds: number;
  readonly most: number;
}

export class VisitStoreFault extends Error {
  override readonly name = 'VisitStoreFault';
  readonly code = 'unavailable';
}
