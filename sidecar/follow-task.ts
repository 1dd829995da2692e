// Follows one task of ours until it is over: waits for people, and then lets its call go on once, in the
// name of its caller and with that caller's newest token. Nobody need ask about it for that.

import { setTimeout as delay } from 'node:timers/promises';
import type { Approval, PendingApproval } from '#core/approvals/approval.ts';
import { ApprovalStoreFault } from '#core/approvals/store.ts';
import type { Refusal } from '#core/refusal.ts';
import { isEnded, refusalBy, SPENT_ELSEWHERE } from './approval-refusals.ts';
import { authenticate } from './authenticate.ts';
import { carryOutTask } from './carry-out-task.ts';
import type { Gate } from './gate.ts';
import { judgeStanding } from './judge-again.ts';
import { nextStanding } from './next-standing.ts';
import { KEPT_MS, type OwnTask } from './own-task.ts';

/** Until a store that cannot be reached is asked again. */
const RETRY_MS = 1_000;

/** Never rejects. */
export async function followTask(
  task: OwnTask,
  approval: PendingApproval,
  gate: Gate,
): Promise<void> {
  const follower = new Follower(task, gate);
  try {
    await follower.follow(approval);
  } catch (error) {
    gate.log.error('a task failed in the gateway', { error: asError(error) });
    task.finish(faultOf(gate), 'a fault in the gateway', gate.clock.epochSeconds() * 1000);
  } finally {
    follower.close();
  }
}

class Follower {
  readonly #task: OwnTask;
  readonly #gate: Gate;
  /** Aborted when there is nothing to wait for any more, whatever people decide. */
  readonly #ended = new AbortController();
  readonly #unlisten: () => void;
  readonly #signal: AbortSignal;
  #withdrawn: Refusal | undefined;

  constructor(task: OwnTask, gate: Gate) {
    this.#task = task;
    this.#gate = gate;
    this.#unlisten = gate.activation.onSwap(() => void this.#look());
    this.#signal = AbortSignal.any([this.#ended.signal, task.unwanted, gate.drain.signal]);
  }

  close(): void {
    this.#unlisten();
  }

  async follow(pending: PendingApproval): Promise<void> {
    let approval: Approval | undefined = pending;
    const { snapshot } = this.#task.course.call.exchange.facts;
    if (this.#gate.activation.current !== snapshot) await this.#look();
    while (!this.#isLetGo) {
      const { renewed } = this.#task;
      const refusal = this.#withdrawn ?? this.#refusalBy(approval);
      const isReady = approval?.state === 'GRANTED' && (await this.#isProven(approval));
      // Calls under way are waited for when the gateway stops; one that is not yet must not begin.
      if (this.#isLetGo) return;
      if (refusal !== undefined || isReady) {
        const onward = await this.#goOn(refusal, approval);
        if (onward === 'over') return;
        approval = onward;
      } else {
        approval = await this.#next(approval, renewed);
      }
    }
  }

  /** What it waits for after its call went on; `over` when that is nothing. */
  async #goOn(
    refusal: Refusal | undefined,
    approval: Approval | undefined,
  ): Promise<Approval | undefined | 'over'> {
    for (;;) {
      const { renewed } = this.#task;
      const came = await carryOutTask(this.#task, refusal, this.#gate);
      switch (came.kind) {
        case 'over':
          return 'over';
        case 'pending':
          return came.approval;
        case 'again':
          await this.#pause();
          if (this.#task.course.approvalId !== undefined) return this.#now(approval);
          break;
        case 'asks':
          await this.#input(renewed);
      }
      if (this.#isLetGo) return 'over';
    }
  }

  /** Until its client has brought what the server asks for; each poll is a look. */
  async #input(renewed: AbortSignal): Promise<void> {
    let signal = renewed;
    while (this.#task.inputs !== undefined && !this.#isLetGo) {
      await aborted(AbortSignal.any([signal, this.#task.unwanted, this.#gate.drain.signal]));
      signal = this.#task.renewed;
    }
  }

  /** Cancelled, or left to the next gateway: nothing of it has happened. */
  get #isLetGo(): boolean {
    return this.#task.unwanted.aborted || this.#gate.drain.signal.aborted;
  }

  #refusalBy(approval: Approval | undefined): Refusal | undefined {
    if (approval === undefined) return SPENT_ELSEWHERE;
    if (isEnded(approval)) return refusalBy(approval, this.#gate.approvals.urlOf);
    const isSpent = approval.state === 'CONSUMED' || approval.state === 'DONE';
    return isSpent ? SPENT_ELSEWHERE : undefined;
  }

  /** A token that has run out meanwhile: its caller brings a newer one when it asks. */
  async #isProven(approval: Extract<Approval, { state: 'GRANTED' }>): Promise<boolean> {
    const { clock, activation } = this.#gate;
    const proof = await authenticate(this.#task.proof.head, activation.current);
    if (proof.kind !== 'refused') return true;
    const untilMillis = approval.grant.expiresAtMillis + KEPT_MS;
    this.#task.say(UNPROVEN, clock.epochSeconds() * 1000, untilMillis);
    return false;
  }

  #next(approval: Approval | undefined, renewed: AbortSignal): Promise<Approval | undefined> {
    if (approval?.state !== 'PENDING' && approval?.state !== 'GRANTED') return this.#now(approval);
    const ended = AbortSignal.any([this.#signal, renewed]);
    return this.#reach(approval, () => nextStanding(approval, ended, this.#gate));
  }

  #now(seen: Approval | undefined): Promise<Approval | undefined> {
    const { approvalId } = this.#task.course;
    if (approvalId === undefined) return Promise.resolve(seen);
    return this.#reach(seen, () => this.#gate.approvals.store.get(approvalId));
  }

  /** A store that is away says nothing about what people decided: it stands as it was seen. */
  async #reach(
    seen: Approval | undefined,
    ask: () => Promise<Approval | undefined>,
  ): Promise<Approval | undefined> {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ApprovalStoreFault)) throw error;
      await this.#pause();
      return seen;
    }
  }

  async #pause(): Promise<void> {
    await delay(RETRY_MS, undefined, { signal: this.#signal }).catch(() => {});
  }

  /** Another policy: what was asked for may not be what would happen any more. */
  async #look(): Promise<void> {
    const { call, definition, approvalId } = this.#task.course;
    // What goes on, or waits for its client, is judged when it goes on.
    if (approvalId === undefined || this.#task.inputs !== undefined) return;
    try {
      const approval = await this.#gate.approvals.store.get(approvalId);
      if (approval?.state !== 'PENDING' && approval?.state !== 'GRANTED') return;
      this.#withdrawn ??= judgeStanding(approval.request, { call, definition }, this.#gate);
    } catch {
      // What cannot be judged now is judged when its grant is to be spent.
    }
    if (this.#withdrawn !== undefined) this.#ended.abort();
  }
}

const UNPROVEN =
  'Approved. The token of its caller has run out: it goes on with the next tasks/get that brings a valid one';

function faultOf(gate: Gate) {
  const error = {
    code: -32603,
    message: 'a fault in the gateway; the evidence says how far it got',
  };
  const json = Buffer.from(JSON.stringify(error));
  return { kind: 'error', json, snapshot: gate.activation.current } as const;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('not an Error was thrown');
}
