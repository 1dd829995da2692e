// The tasks of ours that this gateway keeps: in its memory, as many and as large as it can bear. A call
// that finds no room waits as others do.

import type { Principal } from '#core/identity/principal.ts';
import type { Refusal } from '#core/refusal.ts';
import type { Snapshot } from './activation.ts';
import type { Admission } from './admit-body.ts';
import type { Head } from './admit-head.ts';
import type { ClientReply } from './client-reply.ts';
import type { Gate } from './gate.ts';
import type { AskingCall } from './obtain-approval.ts';
import type { OwnTask } from './own-task.ts';

/** Calls of one principal that wait or can be read, and of all together. */
const MAX_PER_PRINCIPAL = 32;
const MAX_TASKS = 1024;
/** Their calls and results: one of the largest fits beside small ones. */
const MAX_BYTES_PER_PRINCIPAL = 32 * 1024 * 1024;
const MAX_BYTES = 256 * 1024 * 1024;
/** Longest delay a Node timer takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** A call that was accepted as a task and goes on now, as if its caller made it again. */
export interface GoingOn {
  readonly admission: Admission;
  readonly head: Head;
  readonly principal: Principal;
  readonly snapshot: Snapshot;
  readonly client: ClientReply;
  /** The exchange that was answered with the task. */
  readonly task: string;
  /** The approval that it goes on under, or who hears of the one that it asks for. */
  readonly under: Under;
  /** Why it does not go on after all. */
  readonly refusal: Refusal | undefined;
}

export type Under = Pick<AskingCall, 'standing' | 'onPending'>;

export interface OwnTasksOptions {
  /** Whether other replicas, if there are any, can bring polls here. */
  readonly isReachable: boolean;
  readonly run: (going: GoingOn, gate: Gate) => Promise<void>;
  readonly nowMillis: () => number;
}

export class OwnTasks {
  readonly isOffered: boolean;
  readonly #run: OwnTasksOptions['run'];
  readonly #nowMillis: () => number;
  /** By the exchange that was answered with it. Insertion order is age. */
  readonly #tasks = new Map<string, OwnTask>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor({ isReachable, run, nowMillis }: OwnTasksOptions) {
    this.isOffered = isReachable;
    this.#run = run;
    this.#nowMillis = nowMillis;
  }

  get total(): number {
    return this.#tasks.size;
  }

  find(call: string): OwnTask | undefined {
    return this.#tasks.get(call);
  }

  /** False when there is no room for it. */
  keep(task: OwnTask): boolean {
    const own = this.#of(task);
    const told = own.find(({ isTold }) => isTold);
    if (own.length >= MAX_PER_PRINCIPAL && told !== undefined) this.#forget(told);
    const isFull = this.#tasks.size >= MAX_TASKS || this.#of(task).length >= MAX_PER_PRINCIPAL;
    if (isFull || !this.hasRoom(task, task.sizeBytes)) return false;
    this.#tasks.set(task.name.call, task);
    this.#watch(task);
    return true;
  }

  /** Whether its principal, and this gateway, can keep so many bytes more. */
  hasRoom(task: OwnTask, bytes: number): boolean {
    const own = sizeOf(this.#of(task));
    const all = sizeOf([...this.#tasks.values()]);
    return own + bytes <= MAX_BYTES_PER_PRINCIPAL && all + bytes <= MAX_BYTES;
  }

  /** Carries it out; what is under way is waited for when the gateway stops. */
  async run(going: GoingOn, gate: Gate): Promise<void> {
    const running = this.#run(going, gate);
    const over = running.catch(() => {});
    this.#underWay.add(over);
    try {
      await running;
    } finally {
      this.#underWay.delete(over);
    }
  }

  /** Resolves when none is under way; those that wait are let go with this process. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all([...this.#underWay]);
  }

  #of({ proof: { principal: own } }: OwnTask): readonly OwnTask[] {
    return [...this.#tasks.values()].filter(
      ({ proof: { principal } }) =>
        principal.issuer === own.issuer && principal.subject === own.subject,
    );
  }

  /** Its end moves while it lives: looked at again each time that one has come. */
  #watch(task: OwnTask): void {
    const leftMs = task.untilMillis - this.#nowMillis();
    if (leftMs <= 0) {
      this.#forget(task);
      return;
    }
    const again = setTimeout(() => this.#watch(task), Math.min(leftMs + 1, MAX_TIMER_MS));
    this.#timers.set(task.name.call, again.unref());
  }

  #forget(task: OwnTask): void {
    const { call } = task.name;
    clearTimeout(this.#timers.get(call));
    this.#timers.delete(call);
    this.#tasks.delete(call);
    task.cancel(this.#nowMillis());
  }
}

function sizeOf(tasks: readonly OwnTask[]): number {
  return tasks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
