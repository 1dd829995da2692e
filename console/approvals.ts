// The pages about approvals, and what is done on them. All of it goes through the desk, which alone
// decides and records.

import type { Approval, ApprovalState } from '#core/approvals/approval.ts';
import { MAX_LISTED } from '#core/approvals/book.ts';
import { ACTS, type Act, type DeskAnswer } from '#core/approvals/desk.ts';
import type { DeskRefusal } from '#core/approvals/desk-refusal.ts';
import type { Answer } from './answer.ts';
import type { Asked } from './asked.ts';
import type { Console } from './console.ts';
import { type Heard, heardIn, nameShown } from './namespace.ts';
import { requestAddress } from './pages/addresses.ts';
import { type InboxItem, inboxPage } from './pages/inbox.ts';
import { requestPage } from './pages/request.ts';
import { problemPage } from './problems.ts';
import type { Visit } from './visits.ts';

const ENDED_STATES: readonly ApprovalState[] = [
  'CONSUMED',
  'DONE',
  'DENIED',
  'EXPIRED',
  'CANCELLED',
  'REVOKED',
];
const ENDED_LIMIT = 10;
const SIMILAR_LIMIT = 5;

export async function inbox(asked: Asked, visit: Visit, console: Console): Promise<Answer> {
  const heard = heardIn(visit, console);
  if (heard.length === 0) return problemPage(NOT_HEARD, visit, console);
  const items: InboxItem[] = [];
  for (const { namespace, reader } of heard) {
    const listed = await namespace.desk.list(reader.reading, { limit: MAX_LISTED });
    if (!listed.ok) return turnedAway(listed, visit, console);
    const name = nameShown(namespace, console);
    items.push(...listed.value.map((approval) => ({ approval, reader, namespace: name })));
  }
  const endedLimit = Number(asked.query.get('ended'));
  const page = inboxPage(
    {
      items: items.toSorted((a, b) => b.approval.requestedAtMillis - a.approval.requestedAtMillis),
      visit,
      nowMillis: nowMillis(console),
      endedLimit: Number.isSafeInteger(endedLimit) && endedLimit > 0 ? endedLimit : ENDED_LIMIT,
    },
    console.assets,
  );
  return { kind: 'page', status: 200, page };
}

export async function showRequest(
  id: string,
  { query }: Asked,
  visit: Visit,
  console: Console,
): Promise<Answer> {
  const found = await find(id, heardIn(visit, console, query.get('namespace')));
  if (found.kind !== 'found') return notFound(found, visit, console);
  if (!found.shown.ok) return turnedAway(found.shown, visit, console);
  const draft = visit.draft?.approvalId === id ? visit.draft.reason : undefined;
  return render(found.shown.value, { status: 200, by: found.by, visit, draft }, console);
}

/** A form that was sent. What succeeds goes back to the page; what does not says why, and keeps the text. */
export async function decide(
  id: string,
  { form, query }: Asked,
  visit: Visit,
  console: Console,
): Promise<Answer> {
  const act = ACTS.find((each) => each === form.get('act'));
  if (act === undefined) return problemPage(UNKNOWN_ACT, visit, console);
  if (console.tooSoon(visit.principal) !== undefined) return problemPage(TOO_FAST, visit, console);
  const found = await find(id, heardIn(visit, console, query.get('namespace')));
  if (found.kind !== 'found') return notFound(found, visit, console);
  const { namespace, reader } = found.by;
  const reason = oneLine(form.get('reason') ?? '');
  const wish = { id, act, ...(reason === '' ? {} : { reason }) };
  const answer = await namespace.desk.decide(reader.deciding, wish);
  if (answer.ok) {
    visit.draft = undefined;
    visit.notice = { kind: 'done', text: DONE[act] };
    return { kind: 'redirect', to: requestAddress(id, nameShown(namespace, console)) };
  }
  visit.draft = { approvalId: id, reason };
  const shown = await namespace.desk.show(reader.reading, id);
  if (!shown.ok) return turnedAway(answer, visit, console);
  const status = STATUS.get(answer.code) ?? 403;
  return render(
    shown.value,
    { status, by: found.by, visit, problem: problemOf(answer), draft: reason },
    console,
  );
}

type Found =
  | { readonly kind: 'found'; readonly by: Heard; readonly shown: DeskAnswer<Approval> }
  | { readonly kind: 'nobody' }
  | { readonly kind: 'ambiguous' };

/**
 * The one namespace that knows of it, whether or not this reader may see it there. An id that two of them
 * know was made by somebody who wants people to decide on another request than the one they were sent.
 */
async function find(id: string, heard: readonly Heard[]): Promise<Found> {
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

function notFound({ kind }: Found, visit: Visit, console: Console): Answer {
  return problemPage(kind === 'ambiguous' ? AMBIGUOUS : NOT_HEARD, visit, console);
}

const DONE: Readonly<Record<Act, string>> = {
  approve: 'Your approval is recorded.',
  deny: 'Your denial is recorded, and whoever asked is told.',
  revoke: 'The approval is taken back. A call that has begun already is not undone.',
  cancel: 'Your request is cancelled.',
  'break-glass': 'The call goes on. Somebody else must review that within 24 hours.',
  review: 'Your review is recorded.',
};

interface Rendering {
  readonly status: number;
  readonly by: Heard;
  readonly visit: Visit;
  readonly problem?: string;
  readonly draft?: string | undefined;
}

async function render(
  approval: Approval,
  { status, by, visit, problem, draft }: Rendering,
  console: Console,
): Promise<Answer> {
  const { namespace, reader } = by;
  const rule = namespace.trusted().policy.approvals.get(approval.request.rule);
  const page = requestPage(
    {
      approval,
      namespace: nameShown(namespace, console),
      reader,
      visit,
      nowMillis: nowMillis(console),
      message: rule?.message,
      similar: await similarTo(approval, by),
      problem,
      draft,
    },
    console.assets,
  );
  return { kind: 'page', status, page };
}

/** What was decided before about the same tool of the same server, as far as this reader may see it. */
async function similarTo(
  { request }: Approval,
  { namespace, reader }: Heard,
): Promise<readonly Approval[]> {
  const wanted = { states: ENDED_STATES, limit: MAX_LISTED };
  const ended = await namespace.desk.list(reader.reading, wanted);
  if (!ended.ok) return [];
  const { id, server, method, target } = request;
  return ended.value
    .filter(
      ({ request: other }) =>
        other.id !== id &&
        other.server === server &&
        other.method === method &&
        other.target.name === target.name,
    )
    .slice(0, SIMILAR_LIMIT);
}

/** People write on several lines; a reason is one. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

const STATUS: ReadonlyMap<DeskRefusal['code'], number> = new Map<DeskRefusal['code'], number>([
  ['unknown', 404],
  ['reason_invalid', 422],
  ['not_pending', 409],
  ['not_granted', 409],
  ['expired', 409],
  ['already_voted', 409],
  ['store_unavailable', 503],
  ['evidence_unavailable', 503],
]);

/** Whoever may not see it learns no more than of one that does not exist. */
function turnedAway({ code, reason }: DeskRefusal, visit: Visit, console: Console): Answer {
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
const NOT_HEARD = {
  status: 403,
  title: 'Nobody is asked here',
  text: 'The policy in force asks nobody for approvals, or not you.',
};
const AMBIGUOUS = {
  status: 409,
  title: 'There is more than one of these',
  text: 'Two namespaces have an approval of this name. Nothing was decided; open it from the list of approvals.',
};
const TOO_FAST = {
  status: 429,
  title: 'Too many decisions at once',
  text: 'Nothing was decided. Wait a moment and send it again.',
};
const UNKNOWN_ACT = {
  status: 400,
  title: 'That cannot be done',
  text: 'The form was not one of this console. Nothing was decided.',
};

/** The desk speaks of claims, which is right for programs; here people are spoken to. */
function problemOf({ code, reason }: DeskRefusal): string {
  return code === 'sign_in_stale'
    ? 'Nothing was decided: you signed in over 15 minutes ago. What you wrote is kept while you sign in again.'
    : sentence(reason);
}

function sentence(reason: string): string {
  return `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`;
}

function nowMillis({ clock }: Console): number {
  return Math.floor(clock.epochSeconds() * 1000);
}
