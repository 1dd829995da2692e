// Approvals that any number of replicas share. Each step is one script of Redis on the version it was
// decided on: who comes second reads again and is told how it stands now.

import type { Approval } from '#core/approvals/approval.ts';
import {
  answersRetry,
  BOOK_LIMITS,
  type BookLimits,
  ID_TAKEN,
  requestInvalid,
  storeFull,
  tooManyPending,
} from '#core/approvals/book.ts';
import type { Breaking, Reviewing } from '#core/approvals/break-glass.ts';
import { expireEach } from '#core/approvals/expire-each.ts';
import { checkNonce, noncesFull, tooFar } from '#core/approvals/nonce-book.ts';
import { type ApprovalRequest, requestProblem } from '#core/approvals/request.ts';
import {
  type Account,
  type ApprovalEvent,
  asOf,
  requested,
  type Spend,
  transition,
} from '#core/approvals/states.ts';
import {
  type ApprovalQuery,
  type ApprovalStore,
  ApprovalStoreFault,
  type Attachment,
  type Moved,
  type NonceSpending,
  type Revocation,
  type Seen,
} from '#core/approvals/store.ts';
import type { Ballot } from '#core/approvals/voting.ts';
import { Watchers } from '#core/approvals/watchers.ts';
import type { SignatureKey } from '#core/evidence/signature.ts';
import { ApprovalSteps, REDIS_CLOCK, type ScriptClock } from './approval-steps.ts';
import { ChangeFeed } from './change-feed.ts';
import { codeOf, type RedisClient } from './client.ts';
import { RedisFault } from './fault.ts';
import type { Namespace } from './keys.ts';

export interface RedisApprovalStoreOptions {
  /** For commands; and one that only listens. Both are the store's to close. */
  readonly client: RedisClient;
  readonly listener: RedisClient;
  readonly namespace: Namespace;
  /** Keys whose votes and grants count. */
  readonly trusted: readonly SignatureKey[];
  readonly limits?: Partial<BookLimits>;
  /** Default: the server's. */
  readonly clock?: ScriptClock;
  /** How often those who wait look for themselves, in case they were not told. */
  readonly pollMillis?: number;
}

const POLL_MILLIS = 1000;
/** Each time somebody else was quicker, and for one approval that is so only as often as it can change. */
const MAX_TRIES = 256;

/** Resolves once changes that others make are heard of; closes the connections when they cannot be. */
export async function openRedisApprovalStore(
  options: RedisApprovalStoreOptions,
): Promise<ApprovalStore> {
  const store = new RedisApprovalStore(options);
  try {
    await store.listen();
    return store;
  } catch (cause) {
    await store.close();
    const message = `Redis lets nobody listen for changes of approvals (${codeOf(cause)}); see docs/redis.md for what its user needs`;
    throw new RedisFault('posture', message, { cause });
  }
}

class RedisApprovalStore implements ApprovalStore {
  readonly #client: RedisClient;
  readonly #steps: ApprovalSteps;
  readonly #limits: BookLimits;
  readonly #trusted: readonly SignatureKey[];
  readonly #watchers = new Watchers();
  readonly #feed: ChangeFeed;
  #closed: Promise<void> | undefined;

  constructor(options: RedisApprovalStoreOptions) {
    const { client, namespace, trusted, clock = REDIS_CLOCK } = options;
    this.#client = client;
    this.#limits = { ...BOOK_LIMITS, ...options.limits };
    this.#steps = new ApprovalSteps(client, namespace, this.#limits, clock);
    this.#trusted = trusted;
    this.#feed = new ChangeFeed({
      listener: options.listener,
      channel: this.#steps.keys.changed,
      pollMillis: options.pollMillis ?? POLL_MILLIS,
      awaited: () => this.#watchers.ids,
      look: (id) => this.#look(id),
    });
  }

  listen(): Promise<void> {
    return this.#feed.open();
  }

  async attachOrCreate(request: ApprovalRequest): Promise<Attachment> {
    this.#mustBeOpen();
    const problem = requestProblem(request);
    if (problem !== undefined) return requestInvalid(problem);
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const attachment = await this.#tryAttach(request);
      if (attachment !== 'moved') return attachment;
    }
    throw contended();
  }

  vote(id: string, ballot: Ballot): Promise<Moved> {
    return this.#move(id, { kind: 'vote', ...ballot });
  }

  consume(id: string, spend: Spend): Promise<Moved> {
    return this.#move(id, { kind: 'consume', ...spend });
  }

  settle(id: string, exchange: string): Promise<Moved> {
    return this.#move(id, { kind: 'settle', exchange });
  }

  cancel(id: string, by: Account, reason?: string): Promise<Moved> {
    return this.#move(id, { kind: 'cancel', by, ...(reason === undefined ? {} : { reason }) });
  }

  revoke(id: string, { approver, reason }: Revocation): Promise<Moved> {
    return this.#move(id, { kind: 'revoke', approver, reason });
  }

  breakGlass(id: string, breaking: Breaking): Promise<Moved> {
    return this.#move(id, { kind: 'break', ...breaking });
  }

  review(id: string, reviewing: Reviewing): Promise<Moved> {
    return this.#move(id, { kind: 'review', ...reviewing });
  }

  async expire(): Promise<readonly Approval[]> {
    this.#mustBeOpen();
    const due = await this.#steps.due();
    return expireEach(due, (id) => this.#move(id, { kind: 'expire' }));
  }

  tellOverdue(id: string): Promise<Moved> {
    return this.#move(id, { kind: 'overdue' });
  }

  async get(id: string): Promise<Approval | undefined> {
    this.#mustBeOpen();
    const { approval, nowMillis } = await this.#steps.read(id);
    return approval === undefined ? undefined : asOf(approval, nowMillis);
  }

  async find(binding: string): Promise<Approval | undefined> {
    this.#mustBeOpen();
    const id = await this.#steps.newestOf(binding);
    const approval = id === undefined ? undefined : await this.get(id);
    return approval?.request.binding === binding ? approval : undefined;
  }

  async list({ states, limit }: ApprovalQuery): Promise<readonly Approval[]> {
    this.#mustBeOpen();
    const found: Approval[] = [];
    for await (const { approval, nowMillis } of this.#steps.all()) {
      if (found.length >= limit) break;
      const standing = asOf(approval, nowMillis);
      if (states === undefined || states.includes(standing.state)) found.push(standing);
    }
    return found;
  }

  async waitFor(seen: Seen, signal: AbortSignal): Promise<Approval | undefined> {
    this.#mustBeOpen();
    // Listening begins before looking: what changes in between is told.
    const done = new AbortController();
    const told = this.#watchers.wait(seen, AbortSignal.any([signal, done.signal]));
    told.catch(() => {});
    try {
      const approval = await this.get(seen.id);
      if (approval === undefined) return undefined;
      this.#watchers.notify(approval);
      return await told;
    } finally {
      done.abort();
    }
  }

  async spendNonce(nonce: string, expiresAtMillis: number): Promise<NonceSpending> {
    this.#mustBeOpen();
    checkNonce(nonce, expiresAtMillis);
    const answer = await this.#steps.spendNonce(nonce, expiresAtMillis);
    switch (answer) {
      case 'spent':
      case 'already':
      case 'expired':
        return answer;
      case 'FULL':
        throw noncesFull(this.#limits.maxNonces);
      default:
        throw tooFar();
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#watchers.close(closedFault());
    this.#feed.close();
    this.#client.disconnect();
  }

  async #tryAttach(request: ApprovalRequest): Promise<Attachment | 'moved'> {
    const newestId = await this.#steps.newestOf(request.binding);
    const { approval, nowMillis } = await this.#steps.read(newestId ?? request.id);
    const newest = newestId === undefined || approval === undefined ? undefined : approval;
    const standing = newest === undefined ? undefined : asOf(newest, nowMillis);
    if (standing?.request.binding === request.binding && answersRetry(standing, nowMillis)) {
      return { kind: 'attached', approval: standing };
    }
    const created = requested(request, nowMillis);
    switch (await this.#steps.attach(created, newestId)) {
      case 'OK':
        return { kind: 'created', approval: created };
      case 'MOVED':
        return 'moved';
      case 'TAKEN':
        return ID_TAKEN;
      case 'FULL':
        return storeFull(this.#limits.maxLive);
      case 'WAITING':
        return tooManyPending(this.#limits.maxPendingPerRequester);
    }
  }

  async #move(id: string, event: ApprovalEvent): Promise<Moved> {
    this.#mustBeOpen();
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const { approval, nowMillis } = await this.#steps.read(id);
      if (approval === undefined) return { ok: false, code: 'unknown' };
      const moved = transition(approval, event, { nowMillis, trusted: this.#trusted });
      if (!moved.ok) return { ...moved, approval: asOf(approval, nowMillis) };
      const answer = await this.#steps.move(event.kind, approval, moved.approval);
      if (answer === 'spent') {
        return { ok: false, code: 'nonce_spent', approval: asOf(approval, nowMillis) };
      }
      if (answer === 'ok') {
        this.#watchers.notify(moved.approval);
        return moved;
      }
    }
    throw contended();
  }

  async #look(id: string): Promise<void> {
    const approval = await this.get(id);
    if (approval !== undefined) this.#watchers.notify(approval);
  }

  #mustBeOpen(): void {
    if (this.#closed !== undefined) throw closedFault();
  }
}

function closedFault(): ApprovalStoreFault {
  return new ApprovalStoreFault('closed', 'the approval store is closed');
}

function contended(): ApprovalStoreFault {
  return new ApprovalStoreFault('unavailable', 'an approval changed faster than it could be read');
}
