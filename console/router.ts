// Which page an address means. Assets and the way in are for everybody; everything else is for those who
// are signed in, and what changes anything takes a form of theirs.

import { timingSafeEqual } from 'node:crypto';
import { LedgerFault } from '#core/evidence/ledger.ts';
import { VisitStoreFault } from '#core/identity/visit-store.ts';
import type { Answer } from './answer.ts';
import { decide, inbox, showRequest } from './approvals.ts';
import type { Asked } from './asked.ts';
import type { Console } from './console.ts';
import { readCookie } from './cookies.ts';
import { reviews, showBreaking } from './glass.ts';
import { isTrusted } from './namespace.ts';
import { NOT_FOUND, problemPage } from './problems.ts';
import { ShelfFault } from './session-shelf.ts';
import { listSessions, replay, showSession } from './sessions.ts';
import { beginSignIn, finishSignIn, signOut, welcome } from './sign-in.ts';
import type { Visit } from './visits.ts';

export async function answer(asked: Asked, console: Console): Promise<Answer> {
  try {
    return await answerOf(asked, console);
  } catch (error) {
    if (!(error instanceof VisitStoreFault)) throw error;
    console.log.error('visits cannot be looked up', { error });
    return problemPage(UNKNOWN_VISITS, undefined, console);
  }
}

async function answerOf(asked: Asked, console: Console): Promise<Answer> {
  const open = asked.method === 'GET' ? await openPage(asked, console) : undefined;
  if (open !== undefined) return open;
  const secret = readCookie(asked.cookie, 'visit');
  const visit = await console.visits.find(secret, (each) => isTrusted(each, console));
  if (visit === undefined) return welcome(asked, console);
  // What is said once is for a person's eyes, so a refresh leaves it for the next page.
  const before = asked.isRefresh ? { ...visit, notice: undefined } : visit;
  const seen = { ...before };
  const answered = await visited(asked, seen, console);
  const hasChanged = (['notice', 'draft', 'viewed'] as const).some(
    (each) => seen[each] !== before[each],
  );
  if (hasChanged) await keep(asked.isRefresh ? { ...seen, notice: visit.notice } : seen, console);
  return answered;
}

function visited(asked: Asked, visit: Visit, console: Console): Promise<Answer> | Answer {
  if (asked.method === 'GET') return readable(asked, visit, console);
  return isOfVisit(asked, visit)
    ? post(asked, visit, console)
    : problemPage(FOREIGN_FORM, visit, console);
}

/** What was decided is decided: that a page forgets to say so must not make it look otherwise. */
async function keep(visit: Visit, console: Console): Promise<void> {
  try {
    await console.visits.keep(visit);
  } catch (error) {
    if (!(error instanceof VisitStoreFault)) throw error;
    console.log.warn('a visit was not kept', { error });
  }
}

async function openPage(asked: Asked, console: Console): Promise<Answer | undefined> {
  const { path } = asked;
  const [first, second] = path;
  if (first === 'assets' && path.length === 2) {
    return console.assets.find(second ?? '') ?? problemPage(NOT_FOUND, undefined, console);
  }
  if (first !== 'sign-in') return undefined;
  if (path.length === 1) return beginSignIn(asked, console);
  return path.length === 2 && second === 'callback' ? finishSignIn(asked, console) : undefined;
}

async function readable(asked: Asked, visit: Visit, console: Console): Promise<Answer> {
  try {
    return await page(asked, visit, console);
  } catch (error) {
    if (error instanceof ShelfFault) return unread(error, visit, console);
    // Opening messages is recorded first: without evidence nobody sees them.
    if (error instanceof LedgerFault) return problemPage(NOT_RECORDED, visit, console);
    throw error;
  }
}

function unread({ code, cause }: ShelfFault, visit: Visit, console: Console): Answer {
  if (code === 'busy') return problemPage(BUSY, visit, console);
  const error = cause instanceof Error ? cause : new Error('not an Error was thrown');
  console.log.error('sessions cannot be read', { error });
  return problemPage(UNREADABLE, visit, console);
}

function page(asked: Asked, visit: Visit, console: Console): Promise<Answer> | Answer {
  const { path } = asked;
  const [first, id = '', part] = path;
  if (path.length === 0) return inbox(asked, visit, console);
  if (first === 'approvals') return approvalPage(asked, visit, console);
  if (first === 'reviews' && path.length === 1) return reviews(visit, console);
  if (first === 'sessions') {
    if (path.length === 1) return listSessions(asked, visit, console);
    if (path.length === 2) return showSession(id, asked, visit, console);
    if (path.length === 3 && part === 'replay') return replay(id, asked, visit, console);
  }
  return problemPage(NOT_FOUND, visit, console);
}

function approvalPage(asked: Asked, visit: Visit, console: Console): Promise<Answer> | Answer {
  const [, id = '', part, ...more] = asked.path;
  if (id === '') return { kind: 'redirect', to: '/' };
  if (part === undefined) return showRequest(id, asked, visit, console);
  return part === 'break-glass' && more.length === 0
    ? showBreaking(id, asked, visit, console)
    : problemPage(NOT_FOUND, visit, console);
}

function post(asked: Asked, visit: Visit, console: Console): Promise<Answer> | Answer {
  const { path } = asked;
  const [first, id = ''] = path;
  if (first === 'approvals' && path.length === 2) return decide(id, asked, visit, console);
  if (first === 'sign-out' && path.length === 1) return signOut(asked, console);
  return problemPage(NOT_FOUND, visit, console);
}

/** Another page can make a browser send a form, and its cookies with it; it cannot know this token. */
function isOfVisit({ form }: Asked, { formToken }: Visit): boolean {
  const given = Buffer.from(form.get('form') ?? '');
  const expected = Buffer.from(formToken);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

const BUSY = {
  status: 503,
  title: 'Too many are reading',
  text: 'Sessions are read out of the evidence, one after the other. Try again in a moment.',
};
const UNREADABLE = {
  status: 503,
  title: 'Sessions cannot be read now',
  text: 'The evidence cannot be reached. Try again in a moment.',
};
const UNKNOWN_VISITS = {
  status: 503,
  title: 'Nobody can be known now',
  text: 'Who is signed in cannot be looked up, because Redis cannot be reached. Nothing was decided. Try again in a moment.',
};
const NOT_RECORDED = {
  status: 503,
  title: 'Messages cannot be opened now',
  text: 'Evidence cannot be written, and who opens messages is recorded before they are shown. Try again in a moment.',
};
const FOREIGN_FORM = {
  status: 403,
  title: 'This form is not of your visit',
  text: 'It may be from before you signed in. Nothing was done; open the page again.',
};
