// Asks the server for its tools when a call names one that is not known, never more often than a caller
// with a good reason would need: whoever invents names is told so out of what is known already.

import type { Principal } from '#core/identity/principal.ts';
import { RateLimiter } from '#core/limiter.ts';
import type { Refusal } from '#core/refusal.ts';
import { definitionDigest } from './definition-digest.ts';
import type { KnownDefinition } from './definitions.ts';
import type { Exchange } from './exchange.ts';
import type { Gate } from './gate.ts';
import { type Caller, listForCaller } from './own-listing.ts';
import type { ToolListing } from './tool-listing.ts';

export type Inquiry =
  | { readonly kind: 'known'; readonly definition: KnownDefinition }
  /** The server has listed all of its tools to this caller, and this is none of them. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** How long a complete list tells that a name is not on it. */
export const COMPLETE_SECONDS = 5;
/** How long a server that could not say is left alone. */
const FAILED_SECONDS = 1;
/** Lists asked for one principal, however many sessions it opens. */
const PER_MINUTE = 60;
/** Callers whose last list is remembered. */
const MAX_REMEMBERED = 10_000;
const MICROS_PER_SECOND = 1_000_000;

interface Remembered {
  /** Absent when the list was complete. */
  readonly refusal?: Refusal;
  readonly atMicros: number;
  readonly epoch: number;
}

export class Inquiries {
  readonly #underWay = new Map<string, Promise<ToolListing>>();
  readonly #remembered = new Map<string, Remembered>();
  readonly #limiter = new RateLimiter();

  /** Whether the server has the tool that a call names, and how it defines it now. */
  async ask(name: string, caller: Caller, gate: Gate): Promise<Inquiry> {
    const told = this.#recall(keyOf(caller.exchange), gate);
    if (told !== undefined) return told;
    const listing = await this.#listing(caller, gate);
    // What this list said counts even if the server has announced another one meanwhile.
    const definition = gate.definitions.find(name) ?? definitionIn(listing, name);
    return inquiryOf(definition, listing);
  }

  /** The same, whatever is known already: what a list says now is what counts. */
  async askAnew(name: string, caller: Caller, gate: Gate): Promise<Inquiry> {
    const listing = await this.#listing(caller, gate);
    return inquiryOf(definitionIn(listing, name), listing);
  }

  /** A list of which the caller shares what is under way; one that was limited says so. */
  async #listing(caller: Caller, gate: Gate): Promise<ToolListing> {
    const key = keyOf(caller.exchange);
    const joined = this.#underWay.get(`${gate.definitions.epoch} ${key}`);
    if (joined !== undefined) return joined;
    const refusal = this.#limit(caller.exchange.facts.principal, gate);
    return refusal === undefined ? this.#list(key, caller, gate) : { kind: 'refused', refusal };
  }

  /** What the last list of this caller still tells about a name that is not known. */
  #recall(key: string, { clock, definitions }: Gate): Inquiry | undefined {
    const last = this.#remembered.get(key);
    if (last === undefined) return undefined;
    const ageMicros = clock.monotonicMicros() - last.atMicros;
    if (last.refusal !== undefined) {
      const isRecent = ageMicros < FAILED_SECONDS * MICROS_PER_SECOND;
      return isRecent ? { kind: 'refused', refusal: last.refusal } : undefined;
    }
    const isRecent = ageMicros < COMPLETE_SECONDS * MICROS_PER_SECOND;
    return isRecent && last.epoch === definitions.epoch ? { kind: 'unknown' } : undefined;
  }

  #limit(principal: Principal, { clock }: Gate): Refusal | undefined {
    const nowSeconds = clock.epochSeconds();
    const refusal = this.#limiter.take(principal, '', { perMinute: PER_MINUTE, nowSeconds });
    return (
      refusal && {
        ...refusal,
        reason: 'too many calls for which the server is asked for its tools',
      }
    );
  }

  #list(key: string, caller: Caller, gate: Gate): Promise<ToolListing> {
    const { epoch } = gate.definitions;
    const flight = `${epoch} ${key}`;
    const listing = listForCaller(caller, gate)
      .then((done) => {
        this.#remember(key, done, { epoch, atMicros: gate.clock.monotonicMicros() });
        return done;
      })
      .finally(() => this.#underWay.delete(flight));
    this.#underWay.set(flight, listing);
    return listing;
  }

  #remember(key: string, listing: ToolListing, when: Pick<Remembered, 'epoch' | 'atMicros'>): void {
    this.#remembered.delete(key);
    this.#remembered.set(key, {
      ...(listing.kind === 'refused' ? { refusal: listing.refusal } : {}),
      ...when,
    });
    if (this.#remembered.size <= MAX_REMEMBERED) return;
    const oldest = this.#remembered.keys().next();
    if (!oldest.done) this.#remembered.delete(oldest.value);
  }
}

/** Whoever the server cannot tell apart shares one list. */
function keyOf({ facts }: Exchange): string {
  const { issuer, subject, clientId = '', scopes, actors } = facts.principal;
  const session = facts.session?.upstreamId ?? '';
  return JSON.stringify([issuer, subject, clientId, scopes, actors, session, facts.revision]);
}

function inquiryOf(definition: KnownDefinition | undefined, listing: ToolListing): Inquiry {
  if (definition !== undefined) return { kind: 'known', definition };
  return listing.kind === 'complete'
    ? { kind: 'unknown' }
    : { kind: 'refused', refusal: listing.refusal };
}

function definitionIn(listing: ToolListing, name: string): KnownDefinition | undefined {
  if (listing.kind !== 'complete') return undefined;
  const tool = listing.tools.find((each) => each.name === name);
  if (tool === undefined) return undefined;
  return { digest: tool.text === undefined ? undefined : definitionDigest(tool.text) };
}
