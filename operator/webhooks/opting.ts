// POST /opting: which pods are governed is evidence, so a change of the label that a workload gives its pods is recorded
// first, whoever made it and however: by the annotation, which another webhook carried there, or by hand. So is a pod that
// somebody makes by hand.

import { INJECT } from '#crds/names.ts';
import type { Append } from './append.ts';
import { templateOf } from './pod-template.ts';
import { recordedChange } from './recorded-change.ts';
import { allow, type Handler } from './review.ts';

export function optingHandler(append: Append): Handler {
  return async (request) => {
    const { kind, object, oldObject } = request;
    const [from, to] = [labelOf(kind, oldObject), labelOf(kind, object)];
    if (from === to) return allow();
    const change = { what: INJECT, from, to };
    return (await recordedChange(append, request, change)) ?? allow();
  };
}

function labelOf(kind: string, object: unknown): string {
  const metadata =
    kind === 'Pod' ? Object(object).metadata : templateOf(kind, object)?.template.metadata;
  return metadata?.labels?.[INJECT] ?? '';
}
