// Tells the operator which document is in force here, or why one is not, and what of this pod can be reached past
// the gateway. Only the newest state is worth sending; it is sent again now and then, since it is kept for a while.

import type { Logger } from '#platform/process/log.ts';
import { OperatorFault, type OperatorLink } from './operator-link.ts';
import { keepTrying } from './retry.ts';

export interface Ack {
  readonly digest: string;
  readonly generation: number;
  readonly status: 'Active' | 'Rejected';
  readonly problem?: string;
  /** Only a pod made anew can carry it out. */
  readonly outdated?: true;
}

export interface AckFacts {
  readonly version: string;
  readonly capture: string;
}

const PATH = '/v1/acks';
const AGAIN_MS = 60_000;
const MAX_PROBLEM_CHARS = 512;

export class Acks {
  readonly #link: OperatorLink;
  readonly #facts: AckFacts;
  readonly #log: Logger;
  readonly #stop: AbortSignal;
  readonly #again: NodeJS.Timeout;
  #ack: Ack | undefined;
  #exposed: readonly string[] = [];
  #isDirty = false;
  #isSending = false;

  constructor(link: OperatorLink, facts: AckFacts, log: Logger, stop: AbortSignal) {
    this.#link = link;
    this.#facts = facts;
    this.#log = log;
    this.#stop = stop;
    this.#again = setInterval(() => this.#send(), AGAIN_MS).unref();
    stop.addEventListener('abort', () => clearInterval(this.#again), { once: true });
  }

  report(ack: Ack): void {
    this.#ack = ack;
    this.#send();
  }

  expose(exposed: readonly string[]): void {
    this.#exposed = exposed;
    this.#send();
  }

  #send(): void {
    this.#isDirty = true;
    if (this.#isSending || this.#ack === undefined || this.#stop.aborted) return;
    this.#isSending = true;
    void this.#deliver().finally(() => {
      this.#isSending = false;
    });
  }

  async #deliver(): Promise<void> {
    let told = '';
    await keepTrying(async () => {
      const code = await this.#attempt();
      if (code === undefined) return this.#isDirty ? 'worked' : 'done';
      if (code !== told)
        this.#log.warn('the operator does not hear what is in force here', { code });
      told = code;
      return 'failed';
    }, this.#stop);
  }

  /** Undefined when it was taken. */
  async #attempt(): Promise<string | undefined> {
    const { problem, ...ack } = this.#ack ?? {};
    this.#isDirty = false;
    const body = {
      ...ack,
      ...(problem === undefined ? {} : { problem: problem.slice(0, MAX_PROBLEM_CHARS) }),
      ...this.#facts,
      exposed: this.#exposed,
    };
    try {
      const { status } = await this.#link.post(PATH, body, this.#stop);
      return status >= 200 && status < 300 ? undefined : `status_${status}`;
    } catch (error) {
      return error instanceof OperatorFault ? error.code : 'unknown';
    }
  }
}
