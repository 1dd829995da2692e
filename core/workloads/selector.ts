// Label selectors, as everywhere in Kubernetes: an absent label satisfies NotIn, and an empty selector
// selects everything.

import type { LabelSelector } from '#crds/spec/selection.ts';
import type { Labels } from './workload.ts';

export function selects(selector: LabelSelector, labels: Labels): boolean {
  const of = new Map(Object.entries(labels));
  return (
    Object.entries(selector.matchLabels ?? {}).every(([key, value]) => of.get(key) === value) &&
    (selector.matchExpressions ?? []).every((requirement) => holds(requirement, of))
  );
}

type Requirement = NonNullable<LabelSelector['matchExpressions']>[number];

function holds({ key, operator, values = [] }: Requirement, labels: ReadonlyMap<string, string>) {
  const value = labels.get(key);
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}
