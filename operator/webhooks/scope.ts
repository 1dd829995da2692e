// Whether a pod is to be injected, by the labels of its namespace and its own. A value that is not known
// is refused: taking it for a default would be a surprise in either direction.

import { INJECT, INJECTION } from '#crds/names.ts';
import type { Texts } from '../injection/pod.ts';
import { type Refused, refuse } from '../injection/problem.ts';

export type Scope = { readonly ok: true; readonly injects: boolean } | Refused;

const SCOPES: readonly string[] = ['required', 'enabled', 'disabled'];

export function scopeOf(namespaceLabels: Texts, podLabels: Texts): Scope {
  const wide = namespaceLabels[INJECTION];
  const own = podLabels[INJECT];
  if (wide !== undefined && !SCOPES.includes(wide)) {
    return refuse(`label ${INJECTION} of the namespace must be one of ${SCOPES.join(', ')}`);
  }
  if (own !== undefined && own !== 'true' && own !== 'false') {
    return refuse(`label ${INJECT} of the pod must be "true" or "false"`);
  }
  if (wide === 'required' && own === 'false') {
    return refuse(
      `namespace requires Gatehouse (${INJECTION}=required), so the pod cannot have ${INJECT}=false; remove the label`,
    );
  }
  if (wide === 'disabled' && own === 'true') {
    return refuse(
      `namespace has ${INJECTION}=disabled, but the pod asks for Gatehouse; remove one of the two labels`,
    );
  }
  const isWide = wide === 'required' || wide === 'enabled';
  return { ok: true, injects: own === undefined ? isWide : own === 'true' };
}
