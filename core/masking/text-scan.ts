// Looks for values in one text: in every view of it, and in what it encodes. Gives places in the text
// as it is, so that they can be replaced there.

import { compareActions, type Hmac, markerOf, replacementOf } from './actions.ts';
import { type MaskingBudget, spendCharacters } from './budget.ts';
import type { Match } from './detectors/detector.ts';
import { encodedRuns } from './encoded-runs.ts';
import { viewsOf } from './normalise.ts';
import type { Mapped } from './offset-map.ts';
import type { DetectorRule, PatternRule, Plan } from './plan.ts';
import type { Finding } from './tally.ts';
import type { TextEdit } from './text-edits.ts';

export interface Found extends Match, Finding {}

export interface TextQuestion {
  readonly text: string;
  /** Name of the field that holds it. */
  readonly hint: string;
  readonly plan: Plan;
  /** Counts down over all patterns of one message. */
  readonly budget: MaskingBudget;
}

/** Everything found, in no order and overlapping. `decode` asks about the content of encoded runs. */
export function scanText(
  question: TextQuestion,
  decode: (content: string) => Finding | undefined,
): readonly Found[] {
  if (question.plan.patterns.length === 0 && !SUSPECT.test(question.text)) return [];
  // views have most runs in common, and each may hold runs again
  const decoded = new Map<string, Finding | undefined>();
  return viewsOf(question.text).flatMap((view) => {
    spendCharacters(question.budget, view.text.length);
    const runs = encodedRuns(view.text).flatMap((run) => {
      const { content } = run;
      if (!decoded.has(content)) decoded.set(content, decode(content));
      const finding = decoded.get(content);
      return finding === undefined ? [] : [{ ...finding, ...view.originOf(run) }];
    });
    return [...scanView(question, view), ...runs];
  });
}

/**
 * What some detector or view needs to have: digits with digits near, an @, colons of an address, a long
 * word, an escape, or anything beyond ASCII. Most strings have none of it.
 */
const SUSPECT =
  /[^\0-\x7f]|[@%\\]|&#|[0-9][0-9 ._-]{2}|[A-Za-z]{2}[0-9]{2}|[0-9A-Fa-f:]:[0-9A-Fa-f:]|[A-Za-z0-9+/_-]{15}|-----B/;

/** One edit for each stretch of findings that overlap; the strongest action on it holds. */
export function editsOf(
  text: string,
  found: readonly Found[],
  hmac: Hmac,
): readonly (TextEdit & { readonly finding: Finding })[] {
  const stretches: Found[] = [];
  for (const next of found.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = stretches.at(-1);
    if (last === undefined || next.start >= last.end) stretches.push(next);
    else stretches[stretches.length - 1] = merged(last, next);
  }
  return stretches.flatMap(({ start, end, ...finding }) => {
    const replacement = replacementFor(finding, hmac);
    return replacement === text.slice(start, end) ? [] : [{ start, end, replacement, finding }];
  });
}

/** What stands for a value that a rule found. */
export function replacementFor({ rule, value }: Finding, hmac: Hmac): string {
  // the last characters of a credential narrow it down
  const action = rule.isSecret && rule.action === 'Partial' ? 'Redact' : rule.action;
  if (action === 'Block') return markerOf(rule.label);
  return replacementOf({ label: rule.label, action, canonical: value }, hmac);
}

function scanView(question: TextQuestion, view: Mapped): readonly Found[] {
  const { plan } = question;
  return [
    ...plan.detectors.flatMap((rule) => detect(rule, question, view)),
    ...plan.patterns.flatMap((rule) => matchPattern(rule, question, view)),
  ];
}

function detect(rule: DetectorRule, { hint }: TextQuestion, view: Mapped): readonly Found[] {
  const { detector } = rule;
  if (!detector.prefilter(view.text)) return [];
  return detector.find(view.text, hint).map((match) => ({
    ...view.originOf(match),
    rule,
    value: detector.canonical(view.text.slice(match.start, match.end)),
  }));
}

/** Markers are not searched: an expression that matches its own marker would never come to rest. */
function matchPattern(rule: PatternRule, question: TextQuestion, view: Mapped): readonly Found[] {
  const { text } = view;
  const markers = markersIn(text, question.plan);
  let next = 0;
  return rule.pattern.find(text, question.budget).flatMap((match) => {
    while ((markers[next]?.end ?? Number.POSITIVE_INFINITY) < match.end) next += 1;
    return (markers[next]?.start ?? Number.POSITIVE_INFINITY) <= match.start
      ? []
      : [{ ...view.originOf(match), rule, value: text.slice(match.start, match.end) }];
  });
}

function markersIn(text: string, plan: Plan): readonly Match[] {
  if (!/\[REDACTED:|tok_v1_|\*{4}/.test(text)) return [];
  const labels = new Set([...plan.detectors, ...plan.fieldRules].map(({ label }) => label));
  const written = /\[REDACTED:([a-z0-9_-]{1,63})\]|\btok_v1_[0-9a-f]{24}\b|\*{4}\S{0,4}/g;
  return [...text.matchAll(written)].flatMap(({ index, 0: marker, 1: label }) =>
    label === undefined || labels.has(label) ? [{ start: index, end: index + marker.length }] : [],
  );
}

function merged(a: Found, b: Found): Found {
  const { rule, value } = compareActions(b.rule.action, a.rule.action) > 0 ? b : a;
  return { start: a.start, end: Math.max(a.end, b.end), rule, value };
}
