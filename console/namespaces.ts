// The namespaces that a console of its own serves: those that it has policies for, opened as policies come
// and closed as they go. One that cannot be opened is tried again, and keeps none of the others waiting.

import type { GoodPolicy, LoadedPolicy } from '#platform/file/load-policy.ts';
import { printProblem } from '#platform/file/policy-file.ts';
import type { NamespacePolicies } from '#platform/file/policy-namespaces.ts';
import type { Logger } from '#platform/process/log.ts';
import type { Metrics } from '#platform/process/metrics.ts';
import { type Namespace, readNamespace } from '#platform/redis/keys.ts';
import type { ConsoleNamespace } from './namespace.ts';
import type { OpenNamespace } from './open-namespace.ts';

export interface NamespacesParts {
  readonly open: (name: Namespace, policy: GoodPolicy) => Promise<OpenNamespace>;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'policyLoaded'>;
  readonly retryMillis?: number;
}

const RETRY_MILLIS = 5000;
/** More problems than anyone reads at once; the count says how many there are. */
const MAX_PROBLEMS = 20;

export class Namespaces {
  readonly #parts: NamespacesParts;
  /** What each should be served by. */
  readonly #wanted = new Map<string, GoodPolicy>();
  /** What it is served by. */
  readonly #served = new Map<string, { readonly digest: string; readonly open: OpenNamespace }>();
  #list: readonly ConsoleNamespace[] = [];
  #last: Promise<unknown> = Promise.resolve();
  #retry: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(parts: NamespacesParts) {
    this.#parts = parts;
  }

  /** By name. */
  get all(): readonly ConsoleNamespace[] {
    return this.#list;
  }

  get areWell(): boolean {
    return [...this.#served.values()].every(({ open }) => open.isWell());
  }

  /** Takes a reading in; resolves with why what could not be served is not, one after the other. */
  apply(policies: NamespacePolicies): Promise<readonly Error[]> {
    return this.#next(async () => {
      if (!policies.ok) {
        this.#reject(policies.problems.map(printProblem), {});
        return [];
      }
      this.#want(policies.byNamespace);
      return this.#reconcile();
    });
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    await this.#next(async () => {
      this.#wanted.clear();
      await this.#reconcile();
    });
  }

  #next<Value>(run: () => Promise<Value>): Promise<Value> {
    const turn = this.#last.then(run);
    this.#last = turn.catch(() => {});
    return turn;
  }

  #want(byNamespace: ReadonlyMap<string, LoadedPolicy>): void {
    for (const [name, loaded] of byNamespace) {
      if (!loaded.ok) this.#reject(loaded.problems.map(printProblem), { namespace: name });
      // Where nobody is asked there is nothing to sign in to.
      else if (loaded.policy.approvalAudience === undefined) this.#wanted.delete(name);
      else this.#wanted.set(name, loaded);
    }
    for (const name of [...this.#wanted.keys()]) {
      if (!byNamespace.has(name)) this.#wanted.delete(name);
    }
  }

  #reject(problems: readonly string[], where: { readonly namespace?: string }): void {
    this.#parts.metrics.policyLoaded('rejected');
    this.#parts.log.error('policy rejected; the last good one stays', {
      ...where,
      problems: problems.slice(0, MAX_PROBLEMS),
      count: problems.length,
    });
  }

  async #reconcile(): Promise<readonly Error[]> {
    const faults: Error[] = [];
    for (const name of [...this.#served.keys()].filter((each) => !this.#wanted.has(each))) {
      await this.#drop(name);
    }
    for (const [name, policy] of this.#wanted) {
      try {
        await this.#serve(name, policy);
      } catch (error) {
        faults.push(this.#failed(name, error));
      }
    }
    this.#list = [...this.#served.values()]
      .map(({ open }) => open)
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
    clearTimeout(this.#retry);
    if (faults.length > 0 && !this.#isClosed) this.#tryAgain();
    return faults;
  }

  async #serve(text: string, policy: GoodPolicy): Promise<void> {
    const { open, log, metrics } = this.#parts;
    const served = this.#served.get(text);
    if (served?.digest === policy.digest) return;
    const name = readNamespace(text);
    if (name === undefined) throw new RangeError('the name of the namespace is no DNS label');
    const { digest } = policy;
    if (served === undefined) {
      this.#served.set(name, { digest, open: await open(name, policy) });
    } else {
      await served.open.activate(policy);
      this.#served.set(name, { digest, open: served.open });
    }
    metrics.policyLoaded('loaded');
    log.info('policy activated', { namespace: name, digest });
  }

  #failed(namespace: string, thrown: unknown): Error {
    const error = thrown instanceof Error ? thrown : new Error('not an Error was thrown');
    this.#parts.log.error('a namespace cannot be served as its policy says', { namespace, error });
    return error;
  }

  async #drop(name: string): Promise<void> {
    const served = this.#served.get(name);
    this.#served.delete(name);
    // Pages must not find it any more by the time that it is closed.
    this.#list = this.#list.filter((each) => each.name !== name);
    await served?.open.close().catch((error: unknown) => void this.#failed(name, error));
    this.#parts.log.info('a namespace is not served any more', { namespace: name });
  }

  #tryAgain(): void {
    const { retryMillis = RETRY_MILLIS } = this.#parts;
    this.#retry = setTimeout(() => void this.#next(() => this.#reconcile()), retryMillis).unref();
  }
}
