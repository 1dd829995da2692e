// POST /opting: which pods are governed is evidence, so a change of the label that a workload gives its pods is recorded
// first, whoever made it and however: by the annotation, which another webhook carried there, or by hand.

import { INJECT } from '#crds/names.ts';
import type { Append } from './append.ts';
import { templateOf } from './pod-template.ts';
import { recordedChange } from './recorded-change.ts';
import { allow, type Handler } from './review.ts';

export function optingHandler(append: Append): Handler {
  return async (request) => {
    const { kind, object, oldObject } = request;
    const [to, from] = [object, oldObject].map(
      (one) => templateOf(kind, one)?.template.metadata?.labels?.[INJECT] ?? '',
    );
    if (from === to) return allow();
    const change = { what: INJECT, from: from ?? '', to: to ?? '' };
    return (await recordedChange(append, request, change)) ?? allow();
  };
}
