// POST /namespaces: which namespaces are governed is evidence, so a change of the label is recorded first.

import { INJECTION } from '#crds/names.ts';
import type { Append } from './append.ts';
import { recordedChange } from './recorded-change.ts';
import { allow, deny, type Handler } from './review.ts';
import { scopeOf } from './scope.ts';

export function namespacesHandler(append: Append): Handler {
  return async (request) => {
    const from = labelsOf(request.oldObject)[INJECTION] ?? '';
    const labels = labelsOf(request.object);
    const to = labels[INJECTION] ?? '';
    if (from === to) return allow();
    const scope = scopeOf(labels, {});
    if (!scope.ok) return deny(`Gatehouse: ${scope.why}`);
    const failed = await recordedChange(append, request, { what: INJECTION, from, to });
    return failed ?? allow();
  };
}

function labelsOf(object: unknown): Readonly<Record<string, string>> {
  return Object(Object(object).metadata).labels ?? {};
}
