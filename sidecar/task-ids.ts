// The task ids a client sees: an envelope of the id that the server gave, of the call it came from, and of
// whose it is. A foreign, forged or unknown id is answered alike, and no replica has to remember any.

import { createHash } from 'node:crypto';
import type { Principal } from '#core/identity/principal.ts';
import { MAX_TASK_ID_LENGTH } from '#core/mcp/message.ts';
import type { Sealer } from '#platform/process/seal.ts';

/** A task of the server's, made by a call of this principal. */
export interface ServerTask {
  /** The server's own id; never shown to a client. */
  readonly upstreamId: string;
  /** The exchange of the call that made it: what records name it by. */
  readonly call: string;
  readonly tool: string;
  /** The client's form of the id. */
  readonly sealed: string;
}

/** Short names keep it short, since it travels in a header: upstream, exchange, tool, whose. */
interface Envelope {
  readonly u: string;
  readonly x: string;
  readonly t: string;
  readonly w: string;
}

/** Longest id of a server's that we carry; SDK servers use 32 characters. */
const MAX_UPSTREAM_TASK_ID = 1024;
/** Tasks whose id is known when the server names them by itself; the oldest is forgotten first. */
const MAX_REMEMBERED = 10_000;

export class TaskIds {
  readonly #sealer: Sealer;
  readonly #maxRemembered: number;
  /** Insertion order is age. */
  readonly #remembered = new Map<string, ServerTask>();

  constructor(sealer: Sealer, maxRemembered = MAX_REMEMBERED) {
    this.#sealer = sealer;
    this.#maxRemembered = maxRemembered;
  }

  /** The task that a call was turned into; undefined when the server's id is longer than we carry. */
  adopt(made: Omit<ServerTask, 'sealed'>, by: Principal): ServerTask | undefined {
    const known = this.known(made.upstreamId, by);
    // An answer that a resuming client gets again names the same task.
    if (known?.call === made.call) return known;
    if (made.upstreamId.length > MAX_UPSTREAM_TASK_ID) return undefined;
    const { upstreamId: u, call: x, tool: t } = made;
    const envelope: Envelope = { u, x, t, w: whose(by) };
    const sealed = this.#sealer.seal('task', envelope);
    if (sealed.length > MAX_TASK_ID_LENGTH) return undefined;
    const task = { ...made, sealed };
    this.#remember(keyOf(u, by), task);
    return task;
  }

  /** A task that the server names by itself, if it is this principal's and was made here. */
  known(upstreamId: string, by: Principal): ServerTask | undefined {
    return this.#remembered.get(keyOf(upstreamId, by));
  }

  /** The principal's own task, or undefined: forged, foreign and unknown look alike. */
  open(sealed: string, by: Principal): ServerTask | undefined {
    const envelope = this.#sealer.open('task', sealed) as Envelope | undefined;
    if (envelope === undefined || envelope.w !== whose(by)) return undefined;
    return { upstreamId: envelope.u, call: envelope.x, tool: envelope.t, sealed };
  }

  #remember(key: string, task: ServerTask): void {
    this.#remembered.delete(key);
    this.#remembered.set(key, task);
    if (this.#remembered.size <= this.#maxRemembered) return;
    const oldest = this.#remembered.keys().next();
    if (!oldest.done) this.#remembered.delete(oldest.value);
  }
}

/** Who a task belongs to, in 22 characters: the same person through another client is another. */
function whose({ issuer, subject, clientId = '' }: Principal): string {
  const facts = JSON.stringify([issuer, subject, clientId]);
  return createHash('sha256').update(facts).digest('base64url').slice(0, 22);
}

function keyOf(upstreamId: string, by: Principal): string {
  return `${whose(by)} ${upstreamId}`;
}
