// AWS access key ids, which have a fixed prefix, and secret access keys, which are forty characters
// beside a word that says so.

import { EQUALS, endOfRun, isAlphanumeric, isUpper, PLUS, SLASH } from './characters.ts';
import { contextIn } from './context.ts';
import type { Detector, Match } from './detector.ts';

const ID_LENGTH = 20;
const SECRET_LENGTH = 40;
/** How far before a secret the word or the id of the same key may stand, in characters. */
const CONTEXT = 96;

export const awsKey: Detector = {
  name: 'aws_key',
  isSecret: true,
  prefilter: (text) => /A(?:KI|SI|BI|CC)A[A-Z0-9]{16}/.test(text) || /[A-Za-z0-9+/]{40}/.test(text),
  find: (text, hint) =>
    [...findIds(text), ...findSecrets(text, hint)].sort((a, b) => a.start - b.start),
  canonical: (matched) => matched,
};

/** Whether words beside a string say that it is a secret access key. */
export function saysSecretKey(words: string): boolean {
  return /aws|secret|access[ _-]?key|A(?:KI|SI|BI|CC)A[A-Z0-9]{16}/i.test(words);
}

function findIds(text: string): readonly Match[] {
  const matches: Match[] = [];
  const anchor = /A(?:KI|SI|BI|CC)A/g;
  for (let found = anchor.exec(text); found !== null; found = anchor.exec(text)) {
    const start = found.index;
    if (start > 0 && isAlphanumeric(text.charCodeAt(start - 1))) continue;
    const end = endOfRun(text, start, start + ID_LENGTH + 1, isIdCharacter);
    const isEnded = !isAlphanumeric(text.charCodeAt(end));
    if (end - start === ID_LENGTH && isEnded) matches.push({ start, end });
  }
  return matches;
}

function isIdCharacter(code: number): boolean {
  return isUpper(code) || (isAlphanumeric(code) && code < 0x41);
}

function findSecrets(text: string, hint: string): readonly Match[] {
  const matches: Match[] = [];
  const run = /[A-Za-z0-9+/]{40,}/g;
  for (let found = run.exec(text); found !== null; found = run.exec(text)) {
    const start = found.index;
    const end = start + found[0].length;
    if (end - start !== SECRET_LENGTH || text.charCodeAt(end) === EQUALS) continue;
    if (!isMixed(found[0])) continue;
    const before = contextIn(text, start - CONTEXT, start);
    if (saysSecretKey(hint) || saysSecretKey(before)) matches.push({ start, end });
  }
  return matches;
}

/** A digest in hexadecimal is of one case, a path of few digits and many slashes. */
function isMixed(secret: string): boolean {
  const marks = [...secret].filter((mark) => [PLUS, SLASH].includes(mark.charCodeAt(0)));
  return /[a-z]/.test(secret) && /[A-Z]/.test(secret) && /[0-9]/.test(secret) && marks.length < 8;
}
