// One replica leads at a time, by a Lease. Whether another still leads is told by our own clock and by whether
// its lease changes, never by the times written in it; whoever loses the lease must stop at once.

import type { KubeClient } from './client.ts';
import { isConflict } from './kube-fault.ts';

export interface LeaderOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly name: string;
  /** Of this replica, such as its pod's name. */
  readonly identity: string;
  /** Milliseconds of a monotonic clock. */
  readonly monotonicMillis: () => number;
  /** For the times in the lease, which people read. */
  readonly wallMillis: () => number;
  readonly random: () => number;
  readonly onLead: () => void;
  /** Another may lead now: end the process. */
  readonly onLoss: () => void;
  readonly onFault?: (error: unknown) => void;
  /** For tests. */
  readonly times?: LeaseTimes;
}

export interface LeaseTimes {
  readonly leaseMillis: number;
  readonly renewMillis: number;
  readonly retryMillis: number;
}

const TIMES: LeaseTimes = { leaseMillis: 15_000, renewMillis: 10_000, retryMillis: 2000 };
const JITTER = 1.2;

interface Lease {
  readonly holder: string;
  readonly version: string;
  readonly transitions: number;
  readonly acquired: string;
}

export class Leader {
  readonly #options: LeaderOptions;
  readonly #times: LeaseTimes;
  #seen: { readonly version: string; readonly atMillis: number } | undefined;
  #renewedAt: number | undefined;
  #lease: Lease | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #isLost = false;
  #turn: Promise<void> = Promise.resolve();

  constructor(options: LeaderOptions) {
    this.#options = options;
    this.#times = options.times ?? TIMES;
  }

  get leads(): boolean {
    return this.#renewedAt !== undefined;
  }

  start(): void {
    this.#turn = this.#takeTurn();
  }

  /** Gives the lease back, so that another need not wait for its end. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#turn;
    if (!this.leads || this.#lease === undefined) return;
    this.#renewedAt = undefined;
    await this.#write({ ...this.#lease, holder: '' }).catch((error: unknown) =>
      this.#options.onFault?.(error),
    );
  }

  async #takeTurn(): Promise<void> {
    // After a standstill of this process, before anything that waited meanwhile is taken up.
    this.#loseIfLate();
    if (this.#isLost) return;
    // A request that hangs must not keep this replica believing.
    const watchdog = setTimeout(() => this.#loseIfLate(), this.#times.renewMillis + 1);
    try {
      await this.#tryOnce();
    } catch (error) {
      if (!isConflict(error)) this.#options.onFault?.(error);
    } finally {
      clearTimeout(watchdog);
    }
    if (this.#isClosed) return;
    this.#loseIfLate();
    if (this.#isLost) return;
    const { retryMillis } = this.#times;
    const wait = this.leads
      ? retryMillis
      : retryMillis * (1 + this.#options.random() * (JITTER - 1));
    this.#timer = setTimeout(() => {
      this.#turn = this.#takeTurn();
    }, wait);
  }

  #loseIfLate(): void {
    if (this.#renewedAt === undefined || this.#isLost || this.#isClosed) return;
    const lateMillis = this.#options.monotonicMillis() - this.#renewedAt;
    if (lateMillis <= this.#times.renewMillis) return;
    this.#isLost = true;
    this.#renewedAt = undefined;
    this.#options.onLoss();
  }

  async #tryOnce(): Promise<void> {
    const { client, identity, monotonicMillis } = this.#options;
    const now = monotonicMillis();
    const found = readLease(await client.find(this.#path()));
    if (found !== undefined && found.version !== this.#seen?.version) {
      this.#seen = { version: found.version, atMillis: now };
    }
    const isOurs = found?.holder === identity;
    if (this.leads && found !== undefined && !isOurs) {
      // Somebody took it: there is nothing left to renew.
      this.#renewedAt = Number.NEGATIVE_INFINITY;
      return;
    }
    if (!isOurs && found !== undefined && found.holder !== '' && !this.#isOver(now)) return;
    await this.#write({
      holder: identity,
      version: found?.version ?? '',
      transitions: (found?.transitions ?? -1) + (isOurs ? 0 : 1),
      acquired: isOurs && found !== undefined ? found.acquired : this.#now(),
    });
    const isNew = !this.leads;
    // Counted from before the request: another counts from when it saw the result.
    this.#renewedAt = now;
    if (isNew && !this.#isClosed) this.#options.onLead();
  }

  #isOver(now: number): boolean {
    return this.#seen !== undefined && now - this.#seen.atMillis > this.#times.leaseMillis;
  }

  /** With the version that was read: of two replicas one hears 409. */
  async #write({ holder, version, transitions, acquired }: Lease): Promise<void> {
    const { client, namespace, name } = this.#options;
    const isNew = version === '';
    const body = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, namespace, ...(isNew ? {} : { resourceVersion: version }) },
      spec: {
        holderIdentity: holder,
        leaseDurationSeconds: Math.max(1, Math.round(this.#times.leaseMillis / 1000)),
        acquireTime: acquired,
        renewTime: this.#now(),
        leaseTransitions: transitions,
      },
    };
    const written = isNew
      ? await client.create(this.#folder(), body)
      : await client.replace(this.#path(), body);
    this.#lease = readLease(written);
  }

  #folder(): string {
    return `/apis/coordination.k8s.io/v1/namespaces/${this.#options.namespace}/leases`;
  }

  #path(): string {
    return `${this.#folder()}/${this.#options.name}`;
  }

  /** A MicroTime: six digits, or the API server refuses it. */
  #now(): string {
    return microTime(this.#options.wallMillis());
  }
}

export function microTime(millis: number): string {
  return `${new Date(millis).toISOString().slice(0, -1)}000Z`;
}

function readLease(object: unknown): Lease | undefined {
  if (object === undefined) return undefined;
  const { metadata, spec } = Object(object);
  const { holderIdentity, leaseTransitions, acquireTime } = Object(spec);
  return {
    holder: typeof holderIdentity === 'string' ? holderIdentity : '',
    version: String(Object(metadata).resourceVersion ?? ''),
    transitions: Number(leaseTransitions) || 0,
    acquired: typeof acquireTime === 'string' ? acquireTime : microTime(0),
  };
}
