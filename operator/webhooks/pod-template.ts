// Where a workload says what its pods are like.

import type { Metadata } from '../injection/pod.ts';

export interface PodTemplate {
  readonly template: { readonly metadata?: Metadata; readonly [field: string]: unknown };
  readonly path: string;
}

/** Undefined for a kind that makes no pods, and where there is no object. */
export function templateOf(kind: string, object: unknown): PodTemplate | undefined {
  const { spec } = Object(object);
  const isCron = kind === 'CronJob';
  const holder: unknown = isCron ? Object(Object(spec).jobTemplate).spec : spec;
  const template: unknown = Object(holder).template;
  return typeof template === 'object' && template !== null
    ? {
        template: template as PodTemplate['template'],
        path: isCron ? '/spec/jobTemplate/spec/template' : '/spec/template',
      }
    : undefined;
}
