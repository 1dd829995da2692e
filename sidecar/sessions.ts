// The session id a client sees: an envelope of the server's own id, of who owns the session, and of where
// that replica is reached.
// A foreign, forged or expired id is answered 404, exactly as one that never existed.

import type { Principal } from '#core/identity/principal.ts';
import { REVISIONS, type Revision } from '#core/mcp/revisions.ts';
import type { Owner } from '#platform/peer/tunnels.ts';
import type { Sealer } from '#platform/process/seal.ts';

export interface Session {
  /** The server's own `Mcp-Session-Id`; never shown to the client. */
  readonly upstreamId: string;
  /** Groups the session's records; means nothing on the wire. */
  readonly recordId: string;
  readonly revision: Revision;
  /** Names of the capabilities that the client declared in `initialize`. */
  readonly capabilities: readonly string[];
  /** The client's form of the id, sent back as it came. */
  readonly sealed: string;
}

/** The process that holds the server's sessions. */
export interface SessionOwner {
  readonly name: string;
  /** Where other replicas reach it; absent: nowhere. */
  readonly place?: { readonly host: string; readonly port: number };
}

/** Short names keep the header short: upstream, record, owner, place, issuer, subject, revision, caps. */
interface Envelope {
  readonly u: string;
  readonly n: string;
  readonly o: string;
  readonly p?: readonly [host: string, port: number];
  readonly i: string;
  readonly s: string;
  readonly r: string;
  readonly c: readonly string[];
}

/** Longest upstream id we carry; SDK servers use UUIDs. */
export const MAX_UPSTREAM_SESSION_ID = 1024;
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;
const MAX_CAPABILITIES = 16;

export class Sessions {
  readonly #sealer: Sealer;
  readonly #owner: SessionOwner;

  /** The sessions of other owners are unknown here. */
  constructor(sealer: Sealer, owner: SessionOwner) {
    this.#sealer = sealer;
    this.#owner = owner;
  }

  /** Undefined when the server's id is not one MCP allows (visible ASCII, bounded). */
  seal(principal: Principal, opened: Omit<Session, 'sealed'>): Session | undefined {
    const { upstreamId } = opened;
    if (upstreamId.length > MAX_UPSTREAM_SESSION_ID || !VISIBLE_ASCII.test(upstreamId)) {
      return undefined;
    }
    const capabilities = opened.capabilities.slice(0, MAX_CAPABILITIES);
    const { name, place } = this.#owner;
    const envelope: Envelope = {
      u: upstreamId,
      n: opened.recordId,
      o: name,
      ...(place === undefined ? {} : { p: [place.host, place.port] }),
      i: principal.issuer,
      s: principal.subject,
      r: opened.revision,
      c: capabilities,
    };
    return { ...opened, capabilities, sealed: this.#sealer.seal('session', envelope) };
  }

  /** The principal's own session, or undefined: forged, foreign and unknown look alike. */
  open(principal: Principal, sealed: string): Session | undefined {
    const envelope = this.#sealer.open('session', sealed) as Envelope | undefined;
    if (envelope === undefined || envelope.o !== this.#owner.name) return undefined;
    if (envelope.i !== principal.issuer || envelope.s !== principal.subject) return undefined;
    const facts = REVISIONS.get(envelope.r as Revision);
    if (facts === undefined) return undefined;
    return {
      upstreamId: envelope.u,
      recordId: envelope.n,
      revision: facts.revision,
      capabilities: envelope.c,
      sealed,
    };
  }

  /** The replica that owns this session, when it is another one and can be reached. It says whose it is. */
  ownerElsewhere(sealed: string): Owner | undefined {
    const envelope = this.#sealer.open('session', sealed) as Envelope | undefined;
    return envelope && elsewhere(envelope, this.#owner, this.#sealer.keyOf(sealed));
  }
}

/** The owner that an envelope names, when it is another process than this one and can be reached. */
export function elsewhere(
  { o: name, p: place }: Pick<Envelope, 'o' | 'p'>,
  self: SessionOwner,
  key: number,
): Owner | undefined {
  if (place === undefined || name === self.name) return undefined;
  const [host, port] = place;
  // One that was here before us is gone.
  const isHere = host === self.place?.host && port === self.place.port;
  return isHere ? undefined : { host, port, name, key };
}
