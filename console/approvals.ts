// The pages about approvals, and what is done on them. All of it goes through the desk, which alone
// decides and records.

import type { Approval, ApprovalState } from '#core/approvals/approval.ts';
import { MAX_SIGN_IN_AGE_SECONDS } from '#core/approvals/approver.ts';
import { MAX_LISTED } from '#core/approvals/book.ts';
import { ACTS, type Act } from '#core/approvals/desk.ts';
import type { DeskRefusal } from '#core/approvals/desk-refusal.ts';
import type { Answer } from './answer.ts';
import type { Asked } from './asked.ts';
import type { Console } from './console.ts';
import { inboxPage } from './pages/inbox.ts';
import { requestPage } from './pages/request.ts';
import { problemPage } from './problems.ts';
import { type Reader, readerOf } from './stance.ts';
import { rulesOf } from './trust.ts';
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

/** Who reads and decides; undefined when the policy has come to listen to nobody. */
export function reader({ principal }: Visit, console: Console): Reader | undefined {
  const rules = rulesOf(console.trusted());
  const nowSeconds = console.clock.epochSeconds();
  return rules === undefined
    ? undefined
    : readerOf(principal, rules, { nowSeconds, maxSignInAgeSeconds: MAX_SIGN_IN_AGE_SECONDS });
}

export async function inbox(asked: Asked, visit: Visit, console: Console): Promise<Answer> {
  const by = reader(visit, console);
  if (by === undefined) return problemPage(NOT_HEARD, visit, console);
  const listed = await console.desk.list(by.reading, { limit: MAX_LISTED });
  if (!listed.ok) return turnedAway(listed, visit, console);
  const endedLimit = Number(asked.query.get('ended'));
  const page = inboxPage(
    {
      approvals: listed.value,
      reader: by,
      visit,
      nowMillis: nowMillis(console),
      endedLimit: Number.isSafeInteger(endedLimit) && endedLimit > 0 ? endedLimit : ENDED_LIMIT,
    },
    console.assets,
  );
  return { kind: 'page', status: 200, page };
}

export async function showRequest(id: string, visit: Visit, console: Console): Promise<Answer> {
  const by = reader(visit, console);
  if (by === undefined) return problemPage(NOT_HEARD, visit, console);
  const shown = await console.desk.show(by.reading, id);
  if (!shown.ok) return turnedAway(shown, visit, console);
  const draft = visit.draft?.approvalId === id ? visit.draft.reason : undefined;
  return render(shown.value, { status: 200, by, visit, draft }, console);
}

/** A form that was sent. What succeeds goes back to the page; what does not says why, and keeps the text. */
export async function decide(
  id: string,
  { form }: Asked,
  visit: Visit,
  console: Console,
): Promise<Answer> {
  const by = reader(visit, console);
  if (by === undefined) return problemPage(NOT_HEARD, visit, console);
  const act = ACTS.find((each) => each === form.get('act'));
  if (act === undefined) return problemPage(UNKNOWN_ACT, visit, console);
  if (console.tooSoon(visit.principal) !== undefined) return problemPage(TOO_FAST, visit, console);
  const reason = oneLine(form.get('reason') ?? '');
  const wish = { id, act, ...(reason === '' ? {} : { reason }) };
  const answer = await console.desk.decide(by.deciding, wish);
  if (answer.ok) {
    visit.draft = undefined;
    visit.notice = { kind: 'done', text: DONE[act] };
    return { kind: 'redirect', to: addressOf(id) };
  }
  visit.draft = { approvalId: id, reason };
  const shown = await console.desk.show(by.reading, id);
  if (!shown.ok) return turnedAway(answer, visit, console);
  const status = STATUS.get(answer.code) ?? 403;
  return render(
    shown.value,
    { status, by, visit, problem: problemOf(answer), draft: reason },
    console,
  );
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
  readonly by: Reader;
  readonly visit: Visit;
  readonly problem?: string;
  readonly draft?: string | undefined;
}

async function render(
  approval: Approval,
  { status, by, visit, problem, draft }: Rendering,
  console: Console,
): Promise<Answer> {
  const rule = console.trusted().policy.approvals.get(approval.request.rule);
  const page = requestPage(
    {
      approval,
      reader: by,
      visit,
      nowMillis: nowMillis(console),
      message: rule?.message,
      similar: await similarTo(approval, by, console),
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
  by: Reader,
  { desk }: Console,
): Promise<readonly Approval[]> {
  const ended = await desk.list(by.reading, { states: ENDED_STATES, limit: MAX_LISTED });
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

function addressOf(id: string): string {
  return `/approvals/${encodeURIComponent(id)}`;
}

function nowMillis({ clock }: Console): number {
  return Math.floor(clock.epochSeconds() * 1000);
}
