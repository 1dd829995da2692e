// All approvals of one store and what may be done with them, as data: a step is decided first and
// applied after it is kept, so that an adapter can put the disk between the two.

import { type Approval, isLive } from './approval.ts';
import { owesReview } from './break-glass.ts';
import { isSameAccount } from './identity.ts';
import { NonceBook } from './nonce-book.ts';
import { type ApprovalRequest, requestProblem } from './request.ts';
import { type ApprovalEvent, asOf, type Judging, requested, transition } from './states.ts';
import type { ApprovalQuery, Attachment, Moved, NonceSpending } from './store.ts';

/** What a store keeps of a step; the newest entry of an id or nonce is the one that counts. */
export type Entry =
  | { readonly kind: 'approval'; readonly approval: Approval }
  | { readonly kind: 'nonce'; readonly nonce: string; readonly expiresAtMillis: number };

/** Nothing changes without an entry. */
export interface Step<Answer> {
  readonly answer: Answer;
  readonly entry?: Entry;
}

export interface BookLimits {
  /** Per issuer and subject: nobody floods the approvers' inbox. */
  readonly maxPendingPerRequester: number;
  /** Pending and granted together, each of up to MAX_PREVIEW_BYTES. */
  readonly maxLive: number;
  /** Beyond this many the oldest are forgotten; evidence keeps them all. */
  readonly maxEnded: number;
  readonly maxNonces: number;
}

export const BOOK_LIMITS: BookLimits = {
  maxPendingPerRequester: 16,
  maxLive: 512,
  maxEnded: 512,
  maxNonces: 65_536,
};

/** Nobody breaks more glass than this before somebody looks at it. */
export const MAX_REVIEWS_OWED = 64;

/** As many as such a store ever keeps: who may see which is for the desk to say, so none may be cut off before. */
export function mostListed({ maxLive, maxEnded }: BookLimits): number {
  return maxLive + maxEnded + 2 * MAX_REVIEWS_OWED;
}

export const MAX_LISTED = mostListed(BOOK_LIMITS);

export class ApprovalBook {
  readonly #limits: BookLimits;
  readonly #trusted: Judging['trusted'];
  /** In the order of their making. */
  readonly #approvals = new Map<string, Approval>();
  /** Id of the newest approval of each binding. */
  readonly #newest = new Map<string, string>();
  readonly #nonces: NonceBook;

  constructor(limits: BookLimits, trusted: Judging['trusted']) {
    this.#limits = limits;
    this.#trusted = trusted;
    this.#nonces = new NonceBook(limits.maxNonces);
  }

  attachOrCreate(request: ApprovalRequest, nowMillis: number): Step<Attachment> {
    const problem = requestProblem(request);
    if (problem !== undefined) return { answer: requestInvalid(problem) };
    const newest = this.find(request.binding, nowMillis);
    if (newest !== undefined && answersRetry(newest, nowMillis)) {
      return { answer: { kind: 'attached', approval: newest } };
    }
    if (this.#approvals.has(request.id)) return { answer: ID_TAKEN };
    const full = this.#fullness(request, nowMillis);
    if (full !== undefined) return full;
    const approval = requested(request, nowMillis);
    return { answer: { kind: 'created', approval }, entry: { kind: 'approval', approval } };
  }

  move(id: string, event: ApprovalEvent, nowMillis: number): Step<Moved> {
    const approval = this.#approvals.get(id);
    if (approval === undefined) return { answer: { ok: false, code: 'unknown' } };
    const moved = transition(approval, event, { nowMillis, trusted: this.#trusted });
    return moved.ok
      ? { answer: moved, entry: { kind: 'approval', approval: moved.approval } }
      : { answer: { ...moved, approval: asOf(approval, nowMillis) } };
  }

  spendNonce(nonce: string, expiresAtMillis: number, nowMillis: number): Step<NonceSpending> {
    const answer = this.#nonces.spend(nonce, expiresAtMillis, nowMillis);
    return answer === 'spent'
      ? { answer, entry: { kind: 'nonce', nonce, expiresAtMillis } }
      : { answer };
  }

  /** Ids of what is past its deadline and does not say so yet. */
  due(nowMillis: number): readonly string[] {
    return this.#all()
      .filter((approval) => asOf(approval, nowMillis) !== approval)
      .map(({ request }) => request.id);
  }

  get(id: string, nowMillis: number): Approval | undefined {
    const approval = this.#approvals.get(id);
    return approval === undefined ? undefined : asOf(approval, nowMillis);
  }

  find(binding: string, nowMillis: number): Approval | undefined {
    const id = this.#newest.get(binding);
    return id === undefined ? undefined : this.get(id, nowMillis);
  }

  list({ states, limit }: ApprovalQuery, nowMillis: number): readonly Approval[] {
    return this.#all()
      .map((approval) => asOf(approval, nowMillis))
      .filter(({ state }) => states === undefined || states.includes(state))
      .reverse()
      .slice(0, Math.min(Math.max(limit, 0), MAX_LISTED));
  }

  /** Takes in what was kept: its own steps, and at a start those of its predecessor. */
  apply(entry: Entry): void {
    if (entry.kind === 'nonce') {
      this.#nonces.add(entry.nonce, entry.expiresAtMillis);
      return;
    }
    const { id, binding } = entry.approval.request;
    if (!this.#approvals.has(id) && this.#isNewest(entry.approval)) this.#newest.set(binding, id);
    this.#approvals.set(id, entry.approval);
    if (!isLive(entry.approval)) this.#forgetOldest();
  }

  /** All that a successor needs, in an order that makes the same book. */
  *entries(nowMillis: number): Generator<Entry> {
    for (const approval of this.#approvals.values()) yield { kind: 'approval', approval };
    for (const [nonce, expiresAtMillis] of this.#nonces.live(nowMillis)) {
      yield { kind: 'nonce', nonce, expiresAtMillis };
    }
  }

  copy(nowMillis: number): ApprovalBook {
    const copy = new ApprovalBook(this.#limits, this.#trusted);
    for (const entry of this.entries(nowMillis)) copy.apply(entry);
    return copy;
  }

  /** One that was forgotten may come back at a start, when its last entry is read; it is no newer. */
  #isNewest({ version, requestedAtMillis, request }: Approval): boolean {
    const other = this.#approvals.get(this.#newest.get(request.binding) ?? '');
    return version === 1 || other === undefined || other.requestedAtMillis <= requestedAtMillis;
  }

  #fullness({ requester }: ApprovalRequest, nowMillis: number): Step<Attachment> | undefined {
    const live = this.#all().filter((approval) => isLive(asOf(approval, nowMillis)));
    const { maxLive, maxPendingPerRequester } = this.#limits;
    if (live.length >= maxLive) {
      return { answer: storeFull(maxLive) };
    }
    const own = live.filter(
      ({ state, request }) => state === 'PENDING' && isSameAccount(request.requester, requester),
    );
    return own.length >= maxPendingPerRequester
      ? { answer: tooManyPending(maxPendingPerRequester) }
      : undefined;
  }

  #forgetOldest(): void {
    const ended = this.#all().filter((approval) => !isLive(approval) && !owesReview(approval));
    const surplus = Math.max(0, ended.length - this.#limits.maxEnded);
    for (const { request } of ended.slice(0, surplus)) {
      this.#approvals.delete(request.id);
      if (this.#newest.get(request.binding) === request.id) this.#newest.delete(request.binding);
    }
  }

  #all(): Approval[] {
    return [...this.#approvals.values()];
  }
}

/** Whether the identical call gets this approval, not a new one. */
export function answersRetry(approval: Approval, nowMillis: number): boolean {
  switch (approval.state) {
    case 'PENDING':
    case 'GRANTED':
      return true;
    case 'DENIED':
      return nowMillis < approval.pendingUntilMillis;
    case 'REVOKED':
      return nowMillis < (approval.grant?.expiresAtMillis ?? 0);
    case 'CONSUMED':
    case 'DONE':
    case 'EXPIRED':
    case 'CANCELLED':
      return false;
  }
}

export function requestInvalid(reason: string): Attachment {
  return { kind: 'refused', code: 'request_invalid', reason };
}

export const ID_TAKEN: Attachment = requestInvalid('id: is taken');

export function storeFull(max: number): Attachment {
  const reason = `${max} approvals wait or are granted already`;
  return { kind: 'refused', code: 'store_full', reason };
}

export function tooManyPending(max: number): Attachment {
  const reason = `${max} requests of yours wait already`;
  return { kind: 'refused', code: 'too_many_pending', reason };
}
