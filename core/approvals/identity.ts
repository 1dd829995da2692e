// When two names are one human: the question under every rule on who may approve what. Where it
// cannot be told apart, the answer is that they are the same.

import type { Actor } from '#core/identity/principal.ts';

/** A human as one issuer names them. */
export interface Identity {
  /** The `iss` of their token. */
  readonly issuer: string;
  readonly subject: string;
  /** The verified `person` claim: the same for every account of one human. */
  readonly person: string;
}

/** The same account, or another account of the same human. */
export function isSameHuman(a: Identity, b: Identity): boolean {
  return isSameAccount(a, b) || personKey(a.person) === personKey(b.person);
}

export function isSameAccount(
  a: Pick<Identity, 'issuer' | 'subject'>,
  b: Pick<Identity, 'issuer' | 'subject'>,
): boolean {
  return a.issuer === b.issuer && a.subject === b.subject;
}

/** An actor is named by subject, at times without an issuer, and at times by the person claim. */
export function isActor(identity: Identity, { issuer, subject }: Actor): boolean {
  return (
    personKey(identity.person) === personKey(subject) ||
    (identity.subject === subject && (issuer === undefined || issuer === identity.issuer))
  );
}

/** Addresses and names differ in case and width without differing in whom they mean. */
export function personKey(person: string): string {
  return person.normalize('NFKC').toLowerCase().normalize('NFKC').trim();
}
