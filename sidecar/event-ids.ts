// The event id a client sees: an envelope of the server's own, for whoever's stream it came on. A server that keeps
// the events of all its sessions in one place would say them again to anyone who names one.

import { createHash } from 'node:crypto';
import type { Principal } from '#core/identity/principal.ts';
import type { Sealer } from '#platform/process/seal.ts';
import type { Session } from './sessions.ts';

/** Whose stream it is; without a session, of a server that has none. */
export interface Listener {
  readonly principal: Pick<Principal, 'issuer' | 'subject'>;
  readonly session?: Pick<Session, 'upstreamId'>;
}

/** event, whose */
interface Envelope {
  readonly e: string;
  readonly w: string;
}

/** What a header can carry back to the server; ids of SDK servers are below 100 characters. */
const CARRIED = /^[\x20-\x7e]{1,1024}$/;

export class EventIds {
  readonly #sealer: Sealer;

  constructor(sealer: Sealer) {
    this.#sealer = sealer;
  }

  /** Undefined when the id could not come back. */
  seal(id: string, of: Listener): string | undefined {
    if (!CARRIED.test(id)) return undefined;
    const envelope: Envelope = { e: id, w: nameOf(of) };
    return this.#sealer.seal('event', envelope);
  }

  /** The server's own, or undefined: forged, another's and another session's look alike. */
  open(sealed: string, of: Listener): string | undefined {
    const envelope = this.#sealer.open('event', sealed) as Envelope | undefined;
    return envelope?.w === nameOf(of) ? envelope.e : undefined;
  }
}

function nameOf({ principal, session }: Listener): string {
  const { issuer, subject } = principal;
  const name = JSON.stringify([issuer, subject, session?.upstreamId ?? '']);
  return createHash('sha256').update(name).digest('base64url');
}
