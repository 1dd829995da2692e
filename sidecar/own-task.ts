// One call that waits as a task of ours: what its caller hears of it, the newest proof of who that is, and
// what came of it. Times are milliseconds since 1970.

import type { Principal } from '#core/identity/principal.ts';
import type { TaskWords } from '#core/mcp/tasks.ts';
import type { Snapshot } from './activation.ts';
import type { Head } from './admit-head.ts';
import type { KeptCall } from './obtain-approval.ts';
import type { OwnTaskName } from './task-ids.ts';

/** How long what came of a task can be read. */
export const KEPT_MS = 60 * 60 * 1000;
/** How soon a client should look again. */
const POLL_MS = 5_000;

/** Who polled last, with what: a task is carried out with its caller's newest token. */
export interface Proof {
  readonly head: Head;
  readonly principal: Principal;
}

/** JSON text of what the call was answered with. */
export interface TaskAnswer {
  readonly kind: 'result' | 'error';
  readonly json: Uint8Array;
  /** Under which it was judged and masked. */
  readonly snapshot: Snapshot;
}

/** What the server asks its client for: JSON text of the questions, and what is to come back with answers. */
export interface TaskInputs {
  readonly json: Uint8Array;
  readonly keys: readonly string[];
  readonly state: string | undefined;
}

/** What the task goes on with next. */
export interface Course {
  /** Without the token. */
  readonly call: KeptCall;
  /** The approval that it waits for, and goes on under; undefined: it is to ask for one. */
  readonly approvalId: string | undefined;
  /** Digest of the tool's definition that the approval is bound to. */
  readonly definition: string;
}

interface Standing {
  readonly status: TaskWords['status'];
  readonly message: string;
  readonly atMillis: number;
}

export interface NewTask {
  readonly name: OwnTaskName;
  readonly course: Course;
  readonly proof: Proof;
  readonly message: string;
  readonly nowMillis: number;
  readonly untilMillis: number;
}

const LIVE: ReadonlySet<TaskWords['status']> = new Set(['working', 'input_required']);

export class OwnTask {
  readonly name: OwnTaskName;
  readonly #createdMillis: number;
  readonly #unwanted = new AbortController();
  #course: Course;
  #inputs: TaskInputs | undefined;
  #standing: Standing;
  #untilMillis: number;
  #proof: Proof;
  #renewed = new AbortController();
  #answer: TaskAnswer | undefined;
  #upstreamId: string | undefined;
  #isTold = false;

  constructor({ name, course, proof, message, nowMillis, untilMillis }: NewTask) {
    this.name = name;
    this.#course = course;
    this.#createdMillis = nowMillis;
    this.#untilMillis = untilMillis;
    this.#standing = { status: 'working', message, atMillis: nowMillis };
    this.#proof = proof;
  }

  get course(): Course {
    return this.#course;
  }

  /** It waits for another approval than before. */
  follow(course: Course): void {
    this.#course = course;
  }

  /** What its client is asked for; undefined when nothing is. */
  get inputs(): TaskInputs | undefined {
    return this.#inputs;
  }

  get proof(): Proof {
    return this.#proof;
  }

  /** The same caller, with a token that may be newer. */
  renew(proof: Proof): void {
    if (this.isOver) return;
    this.#proof = proof;
    this.#renewed.abort();
    this.#renewed = new AbortController();
  }

  /** Aborted by the next renewal, or when its client has brought what it was asked for. */
  get renewed(): AbortSignal {
    return this.#renewed.signal;
  }

  /** Aborted when its caller has cancelled it. */
  get unwanted(): AbortSignal {
    return this.#unwanted.signal;
  }

  get isOver(): boolean {
    return !LIVE.has(this.#standing.status);
  }

  /** Over, and its caller has read how. */
  get isTold(): boolean {
    return this.#isTold;
  }

  get untilMillis(): number {
    return this.#untilMillis;
  }

  get answer(): TaskAnswer | undefined {
    return this.#answer;
  }

  /** The task of the server's that it stands for, once the server has made one of the call. */
  get upstreamId(): string | undefined {
    return this.#upstreamId;
  }

  get sizeBytes(): number {
    const { admission } = this.#course.call;
    const said = this.#answer?.json.byteLength ?? this.#inputs?.json.byteLength ?? 0;
    return admission.bytes.byteLength + said;
  }

  /** Still working, on something else. */
  say(message: string, nowMillis: number, untilMillis: number): void {
    if (this.isOver) return;
    this.#standing = { status: 'working', message, atMillis: nowMillis };
    this.#untilMillis = untilMillis;
  }

  /** The server asks its client for something before it goes on. */
  ask(inputs: TaskInputs, nowMillis: number, untilMillis: number): void {
    if (this.isOver) return;
    this.#inputs = inputs;
    const message = 'the MCP server asks its client for input';
    this.#standing = { status: 'input_required', message, atMillis: nowMillis };
    this.#untilMillis = untilMillis;
  }

  /** Its client has brought that. */
  proceed(course: Course, nowMillis: number): void {
    if (this.isOver) return;
    this.#inputs = undefined;
    this.#course = course;
    const message = 'going on with what its client has brought';
    this.#standing = { status: 'working', message, atMillis: nowMillis };
    this.#renewed.abort();
    this.#renewed = new AbortController();
  }

  cancel(nowMillis: number): void {
    if (this.isOver) return;
    this.#end('cancelled', 'cancelled by its caller; the approval request stays', nowMillis);
    this.#unwanted.abort();
  }

  /** What the call was answered with; nothing once it is cancelled. */
  finish(answer: TaskAnswer, message: string, nowMillis: number): void {
    if (this.isOver) return;
    this.#answer = answer;
    this.#end(answer.kind === 'result' ? 'completed' : 'failed', message, nowMillis);
  }

  /** From here on the server says what becomes of it. */
  standFor(upstreamId: string): void {
    this.#upstreamId = upstreamId;
    this.#proof = { ...this.#proof, head: this.#course.call.head };
  }

  /** What its caller reads now. */
  words(): TaskWords {
    this.#isTold = this.isOver;
    const { status, message, atMillis } = this.#standing;
    return {
      taskId: this.name.sealed,
      status,
      statusMessage: message,
      createdAt: new Date(this.#createdMillis).toISOString(),
      lastUpdatedAt: new Date(atMillis).toISOString(),
      ttlMs: Math.max(0, Math.ceil(this.#untilMillis - this.#createdMillis)),
      ...(this.isOver ? {} : { pollIntervalMs: POLL_MS }),
    };
  }

  #end(status: Standing['status'], message: string, nowMillis: number): void {
    this.#standing = { status, message, atMillis: nowMillis };
    this.#untilMillis = nowMillis + KEPT_MS;
    // What it was carried out with is of no more use here.
    this.#proof = { ...this.#proof, head: this.#course.call.head };
  }
}
