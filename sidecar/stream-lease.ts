// What a stream (GET, or a subscription) lives on: one of its principal's slots, until its token
// expires, a policy withdraws access, or the gateway drains (design section 14, Streams).

import { isDeepStrictEqual } from 'node:util';
import { evaluate } from '#core/policy/evaluate.ts';
import type { Refusal } from '#core/refusal.ts';
import type { Snapshot } from './activation.ts';
import type { Head } from './admit-head.ts';
import { authenticate } from './authenticate.ts';
import type { Exchange } from './exchange.ts';
import type { Gate } from './gate.ts';

export type StreamLease =
  | { readonly kind: 'held'; readonly release: () => void }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** Longest delay a Node timer takes; a token that lives longer is looked at again then. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Over which time streams end when the gateway leaves. */
const LEAVE_MS = 3_000;

/** A request whose answer is a stream without an end of its own. */
export function isSubscription(exchange: Exchange): boolean {
  return exchange.facts.request?.method === 'subscriptions/listen';
}

export function leaseStream(exchange: Exchange, head: Head, gate: Gate): StreamLease {
  const { principal, snapshot } = exchange.facts;
  const { maxStreams } = snapshot.policy.limits;
  const key = JSON.stringify([principal.issuer, principal.subject]);
  const giveBack = gate.streams.take(key, maxStreams);
  if (giveBack === undefined) {
    const reason = `more than ${maxStreams} streams are open (spec.limits.maxStreams)`;
    return { kind: 'refused', refusal: { code: 'streams_exhausted', reason } };
  }
  const end = (reason: string) => (): void => exchange.cut('cancelled', reason);
  const disarm = atExpiry(principal.expiresAtSeconds, gate, end('the token has expired'));
  const withdrawn = end('the policy withdrew access');
  const unlisten = gate.activation.onSwap((next) => {
    mayStay(exchange, head, next).then(
      (stays) => stays || withdrawn(),
      () => withdrawn(),
    );
  });
  const drained = end('the gateway is stopping');
  gate.drain.signal.addEventListener('abort', drained, { once: true });
  const unleave = atDeparture(gate, drained);
  const release = (): void => {
    disarm();
    unleave();
    unlisten();
    gate.drain.signal.removeEventListener('abort', drained);
    giveBack();
  };
  return { kind: 'held', release };
}

/** Not all at once: their clients come back somewhere else, each in its time. */
function atDeparture({ departure }: Gate, end: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const leave = (): void => {
    timer = setTimeout(end, Math.random() * LEAVE_MS);
  };
  if (departure.leaving.aborted) leave();
  departure.leaving.addEventListener('abort', leave, { once: true });
  return () => {
    clearTimeout(timer);
    departure.leaving.removeEventListener('abort', leave);
  };
}

function atExpiry(expiresAtSeconds: number, { clock }: Gate, end: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const arm = (): void => {
    const leftMs = (expiresAtSeconds - clock.epochSeconds()) * 1000;
    timer = setTimeout(
      leftMs <= MAX_TIMER_MS ? end : arm,
      Math.min(Math.max(leftMs, 0), MAX_TIMER_MS),
    );
    timer.unref();
  };
  arm();
  return () => clearTimeout(timer);
}

/** Whether it would be opened again: its token still proves the same, and policy lets that in. */
async function mayStay(exchange: Exchange, head: Head, next: Snapshot): Promise<boolean> {
  const { principal, request } = exchange.facts;
  if (next.policy.mode === 'Observe') return true;
  const proof = await authenticate(head, next);
  if (proof.kind === 'refused' || !isDeepStrictEqual(proof.principal, principal)) return false;
  return (
    request === undefined ||
    evaluate(next.policy, principal, request, 'toServer').effect === 'Allow'
  );
}
