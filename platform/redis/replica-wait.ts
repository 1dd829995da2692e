// Waits until replicas have what was written on a connection: on their disks where the server can tell (WAITAOF, Redis 7.2
// and newer), else in their memory (WAIT). Both answer in any case: what they answer is what counts.

/** The part of a client that is used. */
export interface WaitingClient {
  call(command: string, ...args: readonly (string | number)[]): Promise<unknown>;
}

/** How long replicas may take; the client itself gives up half a second later. */
const WAIT_MILLIS = 1500;

export class ReplicaWait {
  readonly #replicas: number;
  /** Until a server says that it does not know it. */
  #hasWaitAof = true;

  constructor(replicas: number) {
    this.#replicas = replicas;
  }

  /** Whether as many have it as must; at once when none must. Rejects with the client's error. */
  async isEnough(client: WaitingClient): Promise<boolean> {
    if (this.#replicas === 0) return true;
    const onDisk = this.#hasWaitAof ? await this.#waitAof(client) : undefined;
    if (onDisk !== undefined) return onDisk;
    const count = await client.call('WAIT', this.#replicas, WAIT_MILLIS);
    return Number(count) >= this.#replicas;
  }

  /** Undefined when the server does not know the command, or its user may not use it. */
  async #waitAof(client: WaitingClient): Promise<boolean | undefined> {
    try {
      const answer = await client.call('WAITAOF', 1, this.#replicas, WAIT_MILLIS);
      const [own = 0, others = 0] = Array.isArray(answer) ? answer.map(Number) : [];
      return own >= 1 && others >= this.#replicas;
    } catch (error) {
      if (!(error instanceof Error && /^(?:ERR unknown command|NOPERM)/.test(error.message))) {
        throw error;
      }
      this.#hasWaitAof = false;
      return undefined;
    }
  }
}
