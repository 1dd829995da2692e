// One namespace, as the pages see it: its desk, its evidence and the policy in force there. A console beside
// a gateway has one; one that stands alone has as many as it is given policies for.

import { MAX_SIGN_IN_AGE_SECONDS } from '#core/approvals/approver.ts';
import type { ApprovalDesk } from '#core/approvals/desk.ts';
import type { RecordDraft } from '#core/evidence/record.ts';
import type { Console } from './console.ts';
import type { SessionShelf } from './session-shelf.ts';
import { type Reader, readerOf } from './stance.ts';
import { rulesOf, type Trusted, trustOf } from './trust.ts';
import type { Visit } from './visits.ts';

export interface ConsoleNamespace {
  readonly name: string;
  readonly desk: ApprovalDesk;
  /** Resolves once the record is durable. */
  readonly append: (draft: RecordDraft) => Promise<void>;
  /** Puts on record that somebody's token was not taken, at which door. */
  readonly onUnproven: (unproven: UnprovenToken, address: string) => Promise<void>;
  /** As it is now. */
  readonly trusted: () => Trusted;
  readonly sessions: SessionShelf;
}

export interface UnprovenToken {
  readonly code: 'token_missing' | 'token_invalid' | 'issuer_unavailable';
  readonly reason: string;
  readonly door: 'console' | 'approvals';
}

/** Somebody who is signed in, before one namespace that listens to them. */
export interface Heard {
  readonly namespace: ConsoleNamespace;
  readonly reader: Reader;
}

/** Whether what made this principal would make it in some namespace now. */
export function isTrusted(visit: Visit, { namespaces }: Pick<Console, 'namespaces'>): boolean {
  return namespaces().some((each) => isTrustedIn(visit, each));
}

/** The namespaces that listen to whoever is signed in; `named` narrows them to one. */
export function heardIn(
  visit: Visit,
  { namespaces, clock }: Pick<Console, 'namespaces' | 'clock'>,
  named?: string | null,
): readonly Heard[] {
  const nowSeconds = clock.epochSeconds();
  return namespaces().flatMap((namespace) => {
    if (typeof named === 'string' && namespace.name !== named) return [];
    const rules = rulesOf(namespace.trusted());
    if (rules === undefined || !isTrustedIn(visit, namespace)) return [];
    const times = { nowSeconds, maxSignInAgeSeconds: MAX_SIGN_IN_AGE_SECONDS };
    const reader = readerOf(visit.principal, rules, times);
    return reader === undefined ? [] : [{ namespace, reader }];
  });
}

/** What a page says and its links carry; nothing where there is only one. */
export function nameShown(
  { name }: ConsoleNamespace,
  { namespaces }: Pick<Console, 'namespaces'>,
): string | undefined {
  return namespaces().length > 1 ? name : undefined;
}

function isTrustedIn({ principal, trust }: Visit, { trusted }: ConsoleNamespace): boolean {
  return trustOf(trusted(), principal.issuer) === trust;
}
