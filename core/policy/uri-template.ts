// URI templates (RFC 6570) as outlines: the text between the expressions is normalised like any URI,
// and each expression is a gap. Completion and the list of templates are judged by these.

import { NARROW, type Outline, unitsOf, WIDE } from './glob.ts';
import { normaliseUri } from './resource-uri.ts';

/** A resource name with braces is a template: no URI has them. */
export function isTemplate(name: string): boolean {
  return name.includes('{') || name.includes('}');
}

/** Undefined when it is not a template that can be read. */
export function outlineTemplate(template: string): Outline | undefined {
  const pieces = template.split(/(\{[^{}]*\})/);
  const marker = unusedWord(template);
  const marked = pieces.map((piece, at) => (at % 2 === 0 ? piece : marker)).join('');
  const normal = normaliseUri(marked);
  if (!normal.ok) return undefined;
  const texts = normal.value.uri.split(marker);
  const expressions = pieces.filter((_, at) => at % 2 === 1);
  if (texts.length !== expressions.length + 1) return undefined;
  return texts.flatMap((text, at) => {
    const expression = expressions[at];
    return expression === undefined ? unitsOf(text) : [...unitsOf(text), gapOf(expression)];
  });
}

/** Simple expansion escapes `/`, `?` and `#` (RFC 6570 section 3.2.2); an operator may bring them. */
function gapOf(expression: string): number {
  return /^\{[A-Za-z0-9_]+\}$/.test(expression) ? NARROW : WIDE;
}

/** Lower case letters alone, so that normalisation leaves it as it is. */
function unusedWord(template: string): string {
  const lower = template.toLowerCase();
  let word = 'gap';
  while (lower.includes(word)) word += 'p';
  return word;
}
