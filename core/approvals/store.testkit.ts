// A store under test with its clock, and short ways through the states.

import type { Approval } from './approval.ts';
import { approver, ballot, FINANCE, request, T0, TERMS, TRUSTED } from './approvals.testkit.ts';
import type { BookLimits } from './book.ts';
import type { ApprovalRequest } from './request.ts';
import { type ApprovalStore, ApprovalStoreFault } from './store.ts';

export interface StoreOptions {
  readonly trusted: typeof TRUSTED;
  readonly nowMillis: () => number;
  readonly limits: Partial<BookLimits>;
}

export interface StoreRig {
  readonly store: ApprovalStore;
  readonly dispose: () => Promise<void>;
}

export interface StoreSubject {
  readonly name: string;
  readonly open: (options: StoreOptions) => Promise<StoreRig>;
}

export const bob = approver('bob');
export const carol = approver('carol');
export const NONCE = 'a'.repeat(32);
export const REVOCATION = { approver: bob, reason: 'wrong account' };

export class StoreBench {
  now = T0;
  readonly rig: StoreRig;

  private constructor(rig: StoreRig) {
    this.rig = rig;
  }

  static async open(subject: StoreSubject, limits: Partial<BookLimits> = {}): Promise<StoreBench> {
    const clock = { read: () => T0 };
    const rig = await subject.open({
      trusted: TRUSTED,
      nowMillis: () => clock.read(),
      limits,
    });
    const bench = new StoreBench(rig);
    clock.read = () => bench.now;
    return bench;
  }

  get store(): ApprovalStore {
    return this.rig.store;
  }

  async create(asked: ApprovalRequest): Promise<Approval> {
    const attachment = await this.store.attachOrCreate(asked);
    if (attachment.kind !== 'created') throw new Error(attachment.kind);
    return attachment.approval;
  }

  approve(asked: ApprovalRequest, by = bob) {
    return this.store.vote(asked.id, ballot(asked, by, 'approve', { nowMillis: this.now }));
  }

  deny(asked: ApprovalRequest, by = bob) {
    return this.store.vote(asked.id, ballot(asked, by, 'deny'));
  }

  consume(asked: ApprovalRequest, exchange = 'x-1') {
    return this.store.consume(asked.id, { binding: asked.binding, nonce: NONCE, exchange });
  }

  async grant(asked: ApprovalRequest): Promise<void> {
    await this.create(asked);
    const moved = await this.approve(asked);
    if (!moved.ok) throw new Error(moved.code);
  }
}

export function windowRequest(name: string, maxUses: number): ApprovalRequest {
  const allowance = { scope: 'Window', maxUses, ttlSeconds: 600 } as const;
  return request(name, { terms: { ...TERMS, allowance } });
}

export function quorumRequest(name: string, quorum: number): ApprovalRequest {
  return request(name, { terms: { ...TERMS, needs: [{ ...FINANCE, quorum }] } });
}

/** The code of the fault it rejects with. */
export async function codeOf(doing: Promise<unknown>): Promise<string> {
  try {
    await doing;
    return 'no fault';
  } catch (error) {
    return error instanceof ApprovalStoreFault ? error.code : String(error);
  }
}

export async function messageOf(doing: Promise<unknown>): Promise<string> {
  try {
    await doing;
    return 'no fault';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
