// The page that breaks glass, and the queue of reviews. The desk decides and records; the forms themselves are
// sent to the page of their request.

import type { Approval } from '#core/approvals/approval.ts';
import { MAX_LISTED } from '#core/approvals/book.ts';
import { REVIEW_STANDINGS } from '#core/approvals/break-glass.ts';
import type { Answer } from './answer.ts';
import { find, NOT_HEARD, notFound, nowMillis, turnedAway } from './approval-answers.ts';
import type { Asked } from './asked.ts';
import type { Console } from './console.ts';
import { type Heard, heardIn, nameShown } from './namespace.ts';
import { requestAddress } from './pages/addresses.ts';
import { breakGlassPage, mayBreak } from './pages/glass.ts';
import { type QueuedReview, reviewsPage } from './pages/reviews.ts';
import { problemPage } from './problems.ts';
import type { Visit } from './visits.ts';

export interface Rendering {
  readonly status: number;
  readonly by: Heard;
  readonly visit: Visit;
  readonly problem?: string;
  readonly draft?: string | undefined;
}

export async function showBreaking(
  id: string,
  { query }: Asked,
  visit: Visit,
  console: Console,
): Promise<Answer> {
  const found = await find(id, heardIn(visit, console, query.get('namespace')));
  if (found.kind !== 'found') return notFound(found, visit, console);
  const { by, shown } = found;
  if (!shown.ok) return turnedAway(shown, visit, console);
  // What is over, or not theirs to break, is read on its own page.
  if (shown.value.state !== 'PENDING' || !mayBreak(by.reader, shown.value)) {
    return { kind: 'redirect', to: requestAddress(id, nameShown(by.namespace, console)) };
  }
  const draft = visit.draft?.approvalId === id ? visit.draft.reason : undefined;
  return renderBreaking(shown.value, { status: 200, by, visit, draft }, console);
}

export function renderBreaking(
  approval: Approval,
  { status, by: { namespace, reader }, visit, problem, draft }: Rendering,
  console: Console,
): Answer {
  const page = breakGlassPage(
    {
      approval,
      namespace: nameShown(namespace, console),
      reader,
      visit,
      nowMillis: nowMillis(console),
      review: namespace.desk.reviewOf(approval),
      problem,
      draft,
    },
    console.assets,
  );
  return { kind: 'page', status, page };
}

export async function reviews(visit: Visit, console: Console): Promise<Answer> {
  const heard = heardIn(visit, console);
  if (heard.length === 0) return problemPage(NOT_HEARD, visit, console);
  const queue: QueuedReview[] = [];
  for (const { namespace, reader } of heard) {
    const query = { reviews: REVIEW_STANDINGS, limit: MAX_LISTED };
    const listed = await namespace.desk.list(reader.reading, query);
    if (!listed.ok) return turnedAway(listed, visit, console);
    const name = nameShown(namespace, console);
    for (const approval of listed.value) {
      const standing = namespace.desk.reviewOf(approval);
      if (standing !== undefined) queue.push({ approval, standing, reader, namespace: name });
    }
  }
  const page = reviewsPage({ queue, visit, nowMillis: nowMillis(console) }, console.assets);
  return { kind: 'page', status: 200, page };
}
