// A page that says what went wrong, to somebody who is signed in or not.

import type { Answer } from './answer.ts';
import type { Console } from './console.ts';
import { messagePage } from './pages/doors.ts';
import type { Visit } from './visits.ts';

export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly text: string;
}

export function problemPage(
  { status, title, text }: Problem,
  visit: Visit | undefined,
  { assets }: Console,
): Answer {
  const page = messagePage({ title, text, link: ['/', 'To the approvals'] }, assets, visit);
  return { kind: 'page', status, page };
}

export const NOT_FOUND: Problem = {
  status: 404,
  title: 'There is no such page',
  text: 'The address may be misspelt, or what it named is gone.',
};
