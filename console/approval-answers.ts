// What the pages about approvals share: finding the one that an address means, and what is said to somebody
// who is turned away.

import type { Approval } from '#core/approvals/approval.ts';
import type { DeskAnswer } from '#core/approvals/desk.ts';
import type { DeskRefusal } from '#core/approvals/desk-refusal.ts';
import type { Answer } from './answer.ts';
import type { Console } from './console.ts';
import type { Heard } from './namespace.ts';
import { problemPage } from './problems.ts';
import type { Visit } from './visits.ts';

type Found =
  | { readonly kind: 'found'; readonly by: Heard; readonly shown: DeskAnswer<Approval> }
  | { readonly kind: 'nobody' }
  | { readonly kind: 'ambiguous' };

/**
 * The one namespace that knows of it, whether or not this reader may see it there. An id that two of them
 * know was made by somebody who wants people to decide on another request than the one they were sent.
 */
export async function find(id: string, heard: readonly Heard[]): Promise<Found> {
  const shown = await Promise.all(
    heard.map(async (by) => ({ by, shown: await by.namespace.desk.show(by.reader.reading, id) })),
  );
  const unasked = shown.find((each) => !each.shown.ok && each.shown.code === 'store_unavailable');
  const known = shown.filter((each) => each.shown.ok || each.shown.code !== 'unknown');
  const first = unasked ?? known[0] ?? shown[0];
  if (first === undefined) return { kind: 'nobody' };
  return unasked === undefined && known.length > 1
    ? { kind: 'ambiguous' }
    : { kind: 'found', ...first };
}

export function notFound({ kind }: Found, visit: Visit, console: Console): Answer {
  return problemPage(kind === 'ambiguous' ? AMBIGUOUS : NOT_HEARD, visit, console);
}

/** People write on several lines; a reason is one. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

const STATUS: ReadonlyMap<DeskRefusal['code'], number> = new Map<DeskRefusal['code'], number>([
  ['unknown', 404],
  ['reason_invalid', 422],
  ['not_pending', 409],
  ['not_granted', 409],
  ['expired', 409],
  ['already_voted', 409],
  ['review_overdue', 409],
  ['reviews_full', 409],
  ['shown_otherwise', 409],
  ['reviewed_already', 409],
  ['no_review_owed', 409],
  ['store_unavailable', 503],
  ['evidence_unavailable', 503],
]);

export function statusOf({ code }: DeskRefusal): number {
  return STATUS.get(code) ?? 403;
}

/** Whoever may not see it learns no more than of one that does not exist. */
export function turnedAway({ code, reason }: DeskRefusal, visit: Visit, console: Console): Answer {
  const status = STATUS.get(code) ?? 404;
  return status === 503
    ? problemPage({ status, title: 'Not now', text: sentence(reason) }, visit, console)
    : problemPage(NO_SUCH, visit, console);
}

const NO_SUCH = {
  status: 404,
  title: 'There is nothing here for you',
  text: 'There is no such approval, it is long over, or you have no say in it.',
};
export const NOT_HEARD = {
  status: 403,
  title: 'Nobody is asked here',
  text: 'The policy in force asks nobody for approvals, or not you. Its author says whom it asks.',
};
const AMBIGUOUS = {
  status: 409,
  title: 'There is more than one of these',
  text: 'Two namespaces have an approval of this name. Nothing was decided; open it from the list of approvals.',
};
export const TOO_FAST = {
  status: 429,
  title: 'Too many decisions at once',
  text: 'Nothing was decided. Wait a moment and send it again.',
};
export const UNKNOWN_ACT = {
  status: 400,
  title: 'That cannot be done',
  text: 'The form was not one of this console. Nothing was decided.',
};

/** The desk speaks of claims, which is right for programs; here people are spoken to. */
export function problemOf({ code, reason }: DeskRefusal): string {
  return code === 'sign_in_stale'
    ? 'Nothing was decided: you signed in over 15 minutes ago. What you wrote is kept while you sign in again.'
    : sentence(reason);
}

function sentence(reason: string): string {
  return `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`;
}

export function nowMillis({ clock }: Console): number {
  return Math.floor(clock.epochSeconds() * 1000);
}
