// The pages about approvals, and what is done on them. All of it goes through the desk, which alone
// decides and records.

import type { Approval, ApprovalState } from '#core/approvals/approval.ts';
import { MAX_LISTED } from '#core/approvals/book.ts';
import { VERDICTS } from '#core/approvals/break-glass.ts';
import { ACTS, type Act } from '#core/approvals/desk.ts';
import type { Answer } from './answer.ts';
import {
  find,
  NOT_HEARD,
  notFound,
  nowMillis,
  oneLine,
  problemOf,
  statusOf,
  TOO_FAST,
  turnedAway,
  UNKNOWN_ACT,
} from './approval-answers.ts';
import type { Asked } from './asked.ts';
import type { Console } from './console.ts';
import { type Rendering, renderBreaking } from './glass.ts';
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
  const verdict = VERDICTS.find((each) => each === form.get('verdict'));
  const finding = verdict === undefined ? {} : { verdict };
  const seen = form.get('seen');
  const wish = {
    ...{ id, act, ...(reason === '' ? {} : { reason }), ...finding },
    ...(seen === null ? {} : { seen }),
  };
  const answer = await namespace.desk.decide(reader.deciding, wish);
  if (answer.ok) {
    visit.draft = undefined;
    visit.notice = { kind: 'done', text: DONE[act] };
    return { kind: 'redirect', to: requestAddress(id, nameShown(namespace, console)) };
  }
  visit.draft = { approvalId: id, reason };
  const shown = await namespace.desk.show(reader.reading, id);
  if (!shown.ok) return turnedAway(answer, visit, console);
  const status = statusOf(answer);
  const said = { status, by: found.by, visit, problem: problemOf(answer), draft: reason };
  return act === 'break-glass'
    ? renderBreaking(shown.value, said, console)
    : render(shown.value, said, console);
}

const DONE: Readonly<Record<Act, string>> = {
  approve: 'Your approval is recorded.',
  deny: 'Your denial is recorded, and whoever asked is told.',
  revoke: 'The approval is taken back. A call that has begun already is not undone.',
  cancel: 'Your request is cancelled.',
  'break-glass': 'The glass is broken: the call goes on.',
  review: 'Your review is recorded.',
};

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
      review: namespace.desk.reviewOf(approval),
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
    .slice(0, SIMILAR_LIMIT)
    .map((other) => namespace.desk.believed(other));
}
