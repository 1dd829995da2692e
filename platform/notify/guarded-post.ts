// One POST to a receiver that a policy names: to public addresses alone, looked at where the connection
// is made so that no change of DNS gets between, and without following redirects.

import { type LookupAddress, lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, request } from 'undici';
import { isPrivateAddress } from './private-addresses.ts';

/** How one try ended; `cause` is a word of ours or the system's, never one of the receiver's. */
export type PostResult =
  | { readonly kind: 'delivered' }
  | {
      readonly kind: 'failed';
      readonly cause: string;
      /** The same would be refused again. */
      readonly isFinal: boolean;
      readonly retryAfterMillis?: number;
    };

export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface GuardOptions {
  /** Takes addresses that are not public, as receivers inside a company have them. */
  readonly allowPrivate: boolean;
  /** Takes plain http. */
  readonly allowPlainHttp: boolean;
}

export const TRY_MS = 10_000;
const CONNECT_MS = 5_000;
const CONNECTIONS = 4;
/** An answer is read for its status alone. */
const MAX_ANSWER_BYTES = 16 * 1024;

class PrivateAddressFault extends Error {
  override readonly name = 'PrivateAddressFault';
  readonly code = 'private_address';
}

export class GuardedPost {
  readonly #options: GuardOptions;
  readonly #agent: Agent;

  constructor(options: GuardOptions) {
    this.#options = options;
    this.#agent = new Agent({
      connections: CONNECTIONS,
      connectTimeout: CONNECT_MS,
      headersTimeout: TRY_MS,
      bodyTimeout: TRY_MS,
      maxResponseSize: MAX_ANSWER_BYTES,
      ...(options.allowPrivate ? {} : { connect: { lookup: publicLookup, timeout: CONNECT_MS } }),
    });
  }

  /** Never rejects. */
  async send({ url, headers, body }: Post): Promise<PostResult> {
    const problem = this.#problemOf(url);
    if (problem !== undefined) return { kind: 'failed', cause: problem, isFinal: true };
    try {
      const answer = await request(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json', 'user-agent': 'gatehouse' },
        body,
        dispatcher: this.#agent,
        signal: AbortSignal.timeout(TRY_MS),
      });
      await answer.body.dump({ limit: MAX_ANSWER_BYTES }).catch(() => {});
      return judge(answer.statusCode, answer.headers['retry-after']);
    } catch (error) {
      const cause = causeOf(error);
      return { kind: 'failed', cause, isFinal: cause === 'private_address' };
    }
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  /** An address in the URL is never looked up, so it is looked at here. */
  #problemOf(url: string): string | undefined {
    if (!URL.canParse(url)) return 'url_invalid';
    const { protocol, hostname, username, password } = new URL(url);
    const { allowPlainHttp, allowPrivate } = this.#options;
    if (protocol !== 'https:' && !(protocol === 'http:' && allowPlainHttp)) return 'plain_http';
    if (username !== '' || password !== '') return 'url_invalid';
    const address = hostname.replace(/^\[(.*)\]$/, '$1');
    const isRefused = !allowPrivate && isIP(address) !== 0 && isPrivateAddress(address);
    return isRefused ? 'private_address' : undefined;
  }
}

/** Resolves to public addresses alone; fails when there is none. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses: readonly LookupAddress[]) => {
    if (error !== null) return callback(error, '', 0);
    const allowed = addresses.filter(({ address }) => !isPrivateAddress(address));
    const [first] = allowed;
    if (first === undefined) {
      return callback(new PrivateAddressFault('resolves to no public address'), '', 0);
    }
    if (options.all === true) callback(null, [...allowed]);
    else callback(null, first.address, first.family);
  });
};

const TOO_EARLY: ReadonlySet<number> = new Set([408, 425, 429]);

function judge(status: number, retryAfter: string | string[] | undefined): PostResult {
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  const isFinal = status < 500 && !TOO_EARLY.has(status);
  const seconds = Number(retryAfter);
  return {
    kind: 'failed',
    cause: `http_${status}`,
    isFinal,
    ...(Number.isInteger(seconds) && seconds > 0 ? { retryAfterMillis: seconds * 1000 } : {}),
  };
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'timeout';
  return 'code' in error ? String(error.code) : 'unknown';
}
