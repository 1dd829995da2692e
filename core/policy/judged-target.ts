// The target of a message in the form that rules are matched against: a name as it is, a resource
// URI in one spelling, a URI template as an outline.

import type { Target } from '#core/mcp/messages.ts';
import type { Outline } from './glob.ts';
import { type Normalised, normaliseUri } from './resource-uri.ts';
import { isTemplate, outlineTemplate } from './uri-template.ts';

export type JudgedTarget =
  | { readonly form: 'name'; readonly kind: 'tool' | 'prompt' | 'task'; readonly name: string }
  | {
      readonly form: 'uri';
      readonly kind: 'resource';
      readonly uri: string;
      /** Other URIs that a server may take it for; rules that deny or ask match these too. */
      readonly kin: readonly string[];
    }
  | { readonly form: 'template'; readonly kind: 'resource'; readonly outline: Outline };

/** A resource that cannot be read has no target: nothing can be allowed that cannot be judged. */
export function judgedTarget(
  { kind, name }: Target,
  templates: 'allowed' | 'refused',
): Normalised<JudgedTarget> {
  if (kind !== 'resource') return { ok: true, value: { form: 'name', kind, name } };
  if (!isTemplate(name)) {
    const normal = normaliseUri(name);
    return normal.ok ? { ok: true, value: { form: 'uri', kind, ...normal.value } } : normal;
  }
  const outline = templates === 'allowed' ? outlineTemplate(name) : undefined;
  return outline === undefined
    ? { ok: false, reason: 'has a character that no URI has' }
    : { ok: true, value: { form: 'template', kind, outline } };
}
