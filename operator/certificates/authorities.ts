// Which authority signs, which one will, and which one is still believed: pure. A new one is believed
// everywhere before it signs anything, and an old one until the last certificate it signed is over.

import { X509Certificate } from 'node:crypto';
import { type Certified, LEAF_DAYS } from './issue.ts';

export interface Authorities {
  readonly signing: Certified;
  /** Believed already, but signs nothing yet. */
  readonly next?: Certified;
  /** PEM of one that signs no more. */
  readonly previous?: string;
  /** When `signing` began to sign; milliseconds since 1970. */
  readonly signsSinceMillis: number;
}

export interface Facts {
  readonly nowMillis: number;
  /** Whether all that believe our authorities are known to believe `next`. */
  readonly isNextBelieved: boolean;
}

/** What there is to do next; undefined: nothing. */
export type Step = 'prepare' | 'promote' | 'forget' | undefined;

const DAY_MS = 24 * 60 * 60 * 1000;
/** Mounted Secrets follow within minutes; nothing observes that, so an hour it is. */
export const BELIEF_MS = 60 * 60 * 1000;

export function nextStep(
  { signing, next, previous, signsSinceMillis }: Authorities,
  facts: Facts,
): Step {
  const { nowMillis, isNextBelieved } = facts;
  if (next !== undefined) {
    const isKnown = isNextBelieved && nowMillis - validity(next.cert).fromMillis >= BELIEF_MS;
    return isKnown ? 'promote' : undefined;
  }
  if (previous !== undefined) {
    return nowMillis - signsSinceMillis > LEAF_DAYS * DAY_MS ? 'forget' : undefined;
  }
  return isDue(signing.cert, nowMillis) ? 'prepare' : undefined;
}

export function take(
  step: 'promote' | 'forget',
  { signing, next, signsSinceMillis }: Authorities,
  nowMillis: number,
): Authorities {
  if (step === 'promote' && next !== undefined) {
    return { signing: next, previous: signing.cert, signsSinceMillis: nowMillis };
  }
  return { signing, signsSinceMillis };
}

/** What others are to believe, as PEM; the one that signs first. */
export function bundle({ signing, next, previous }: Authorities): string {
  return [signing.cert, next?.cert, previous]
    .flatMap((cert) => (cert === undefined ? [] : [cert.trim()]))
    .join('\n')
    .concat('\n');
}

/** Two thirds of its time are over. */
export function isDue(cert: string, nowMillis: number): boolean {
  const { fromMillis, toMillis } = validity(cert);
  return nowMillis > fromMillis + ((toMillis - fromMillis) * 2) / 3;
}

export function validity(cert: string): { readonly fromMillis: number; readonly toMillis: number } {
  const { validFrom, validTo } = new X509Certificate(cert);
  return { fromMillis: Date.parse(validFrom), toMillis: Date.parse(validTo) };
}
