// Which pod is calling: the token of its sidecar, for our audience alone, reviewed by the API server and then
// remembered for a short while. A token that is bound to no pod is nobody's.

import { createHash } from 'node:crypto';
import { OPERATOR_AUDIENCE } from '#crds/names.ts';
import type { KubeClient } from '../kube/client.ts';
import { PATHS } from '../kube/paths.ts';

export interface Caller {
  readonly namespace: string;
  readonly pod: string;
  readonly podUid: string;
}

export interface CallerReviewOptions {
  readonly client: KubeClient;
  readonly monotonicMillis: () => number;
}

interface Remembered {
  readonly caller: Promise<Caller | undefined>;
  readonly untilMillis: number;
}

/** A token that was taken back is good for no longer. */
const REMEMBER_MILLIS = 60_000;
/** Whoever tries tokens may not fill the memory; a cluster has fewer pods that we know. */
const MAX_REMEMBERED = 10_000;
const MAX_TOKEN_CHARS = 16_384;
const ACCOUNT = /^system:serviceaccount:([a-z0-9-]{1,63}):/;
const POD_NAME = 'authentication.kubernetes.io/pod-name';
const POD_UID = 'authentication.kubernetes.io/pod-uid';

export class CallerReview {
  readonly #options: CallerReviewOptions;
  /** By the hash of the token, oldest first. */
  readonly #known = new Map<string, Remembered>();

  constructor(options: CallerReviewOptions) {
    this.#options = options;
  }

  /** Undefined for a header that proves nothing; rejects when the API server cannot be asked. */
  async read(authorization: string | undefined): Promise<Caller | undefined> {
    const [, token] = /^Bearer ([\w.~+/=-]+)$/.exec(authorization ?? '') ?? [];
    if (token === undefined || token.length > MAX_TOKEN_CHARS) return undefined;
    const name = createHash('sha256').update(token).digest('base64');
    const now = this.#options.monotonicMillis();
    const known = this.#known.get(name);
    if (known !== undefined && known.untilMillis > now) return known.caller;
    const caller = this.#review(token);
    this.#known.delete(name);
    this.#known.set(name, { caller, untilMillis: now + REMEMBER_MILLIS });
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_REMEMBERED && oldest !== undefined) this.#known.delete(oldest);
    // That the API server could not be asked is nothing to remember.
    caller.catch(() => this.#known.delete(name));
    return caller;
  }

  async #review(token: string): Promise<Caller | undefined> {
    const review = await this.#options.client.create(PATHS.tokenReviews, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      spec: { token, audiences: [OPERATOR_AUDIENCE] },
    });
    const { authenticated, audiences, user } = Object(Object(review).status);
    // An API server that knows no audiences would take any token.
    if (authenticated !== true || !Array.isArray(audiences)) return undefined;
    if (!audiences.includes(OPERATOR_AUDIENCE)) return undefined;
    const { username, extra } = Object(user);
    const [, namespace] = ACCOUNT.exec(String(username)) ?? [];
    const pod = only(Object(extra)[POD_NAME]);
    const podUid = only(Object(extra)[POD_UID]);
    return namespace === undefined || pod === undefined || podUid === undefined
      ? undefined
      : { namespace, pod, podUid };
  }
}

function only(values: unknown): string | undefined {
  const [value] = Array.isArray(values) && values.length === 1 ? values : [];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
