// The task ids a client sees: an envelope of the id that the server gave, of the call it came from, and of
// whose it is. A foreign, forged or unknown id is answered alike, and no replica has to remember any.

import { createHash } from 'node:crypto';
import type { Principal } from '#core/identity/principal.ts';
import { MAX_TASK_ID_LENGTH } from '#core/mcp/message.ts';
import type { Owner } from '#platform/peer/tunnels.ts';
import type { Sealer } from '#platform/process/seal.ts';
import { elsewhere, type SessionOwner } from './sessions.ts';

/** A task of the server's, made by a call of this principal. */
export interface ServerTask {
  readonly kind: 'server';
  /** The server's own id; never shown to a client. */
  readonly upstreamId: string;
  /** The exchange of the call that made it: what records name it by. */
  readonly call: string;
  readonly tool: string;
  /** The client's form of the id. */
  readonly sealed: string;
  /** It was a task of ours before the server made one of the call. */
  readonly wasOurs?: true;
}

/** A call of this principal that waits for an approval as a task of ours. */
export interface OwnTaskName {
  readonly kind: 'own';
  readonly call: string;
  readonly tool: string;
  readonly sealed: string;
  readonly approvalId: string;
  readonly createdSeconds: number;
  /** This process was the one to keep it. */
  readonly isHere: boolean;
}

export type NamedTask = ServerTask | OwnTaskName;

/** Short names keep it short, since it travels in a header: exchange, tool, whose. */
interface Common {
  readonly x: string;
  readonly t: string;
  readonly w: string;
}

/** Upstream. */
interface ServersEnvelope extends Common {
  readonly u: string;
}

/** Approval, owner, place, created, expiry; both in seconds since 1970. */
interface OwnEnvelope extends Common {
  readonly a: string;
  readonly o: string;
  readonly p?: readonly [host: string, port: number];
  readonly c: number;
  readonly e: number;
}

type Envelope = ServersEnvelope | OwnEnvelope;

/** Longest id of a server's that we carry; SDK servers use 32 characters. */
const MAX_UPSTREAM_TASK_ID = 1024;
/** Tasks whose id is known when the server names them by itself; the oldest is forgotten first. */
const MAX_REMEMBERED = 10_000;

export class TaskIds {
  readonly #sealer: Sealer;
  readonly #self: SessionOwner;
  readonly #maxRemembered: number;
  /** Insertion order is age. */
  readonly #remembered = new Map<string, ServerTask>();

  /** `self` keeps the tasks of ours that are sealed here. */
  constructor(sealer: Sealer, self: SessionOwner, maxRemembered = MAX_REMEMBERED) {
    this.#sealer = sealer;
    this.#self = self;
    this.#maxRemembered = maxRemembered;
  }

  /** The task that a call was turned into; undefined when the server's id is longer than we carry. */
  adopt(made: Omit<ServerTask, 'sealed' | 'kind'>, by: Principal): ServerTask | undefined {
    const known = this.known(made.upstreamId, by);
    // An answer that a resuming client gets again names the same task.
    if (known?.call === made.call) return known;
    if (made.upstreamId.length > MAX_UPSTREAM_TASK_ID) return undefined;
    const { upstreamId: u, call: x, tool: t } = made;
    const envelope: ServersEnvelope = { u, x, t, w: whose(by) };
    const sealed = this.#sealer.seal('task', envelope);
    if (sealed.length > MAX_TASK_ID_LENGTH) return undefined;
    const task = { kind: 'server', ...made, sealed } as const;
    this.remember(task, by);
    return task;
  }

  /** A task that the server names by itself, if it is this principal's and was made here. */
  known(upstreamId: string, by: Principal): ServerTask | undefined {
    return this.#remembered.get(keyOf(upstreamId, by));
  }

  /** A task of ours, kept here; undefined when its tool has a longer name than we carry. */
  sealOwn(
    made: Pick<OwnTaskName, 'call' | 'tool' | 'approvalId'>,
    by: Principal,
    {
      createdSeconds,
      untilSeconds,
    }: { readonly createdSeconds: number; readonly untilSeconds: number },
  ): OwnTaskName | undefined {
    const { name, place } = this.#self;
    const envelope: OwnEnvelope = {
      ...{ x: made.call, t: made.tool, w: whose(by), a: made.approvalId, o: name },
      ...(place === undefined ? {} : { p: [place.host, place.port] }),
      ...{ c: createdSeconds, e: untilSeconds },
    };
    const sealed = this.#sealer.seal('task', envelope);
    if (sealed.length > MAX_TASK_ID_LENGTH) return undefined;
    return { kind: 'own', ...made, sealed, createdSeconds, isHere: true };
  }

  /** The principal's own task, or undefined: forged, foreign, expired and unknown look alike. */
  open(sealed: string, by: Principal, nowSeconds: number): NamedTask | undefined {
    const envelope = this.#sealer.open('task', sealed) as Envelope | undefined;
    if (envelope === undefined || envelope.w !== whose(by)) return undefined;
    const { x: call, t: tool } = envelope;
    if ('u' in envelope) return { kind: 'server', upstreamId: envelope.u, call, tool, sealed };
    if (envelope.e < nowSeconds) return undefined;
    const isHere = envelope.o === this.#self.name;
    const { a: approvalId, c: createdSeconds } = envelope;
    return { kind: 'own', call, tool, sealed, approvalId, createdSeconds, isHere };
  }

  /** The replica that keeps a task of ours, when it is another one and can be reached. */
  ownerElsewhere(sealed: string): Owner | undefined {
    const envelope = this.#sealer.open('task', sealed) as Envelope | undefined;
    if (envelope === undefined || 'u' in envelope) return undefined;
    return elsewhere(envelope, this.#self, this.#sealer.keyOf(sealed));
  }

  /** From here on the server may name it by itself. */
  remember(task: ServerTask, by: Principal): void {
    const key = keyOf(task.upstreamId, by);
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
