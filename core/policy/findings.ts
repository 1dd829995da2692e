// What compilation finds in documents, in the words of crds/validate.ts, with the document each is in.

import type { Problem } from '#crds/validate.ts';

/** `document` counts in the order the documents were given, from 0. */
export interface PolicyProblem extends Problem {
  readonly document: number;
}

/** What several documents say together, and where they cannot. */
export interface Joined<T> {
  readonly value: T;
  readonly problems: readonly PolicyProblem[];
}

/** What compiling one part gave. Problems refuse the document; warnings do not. */
export interface Findings {
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

export function problem(path: string, message: string): Findings {
  return { problems: [{ path, message }], warnings: [] };
}

export function warning(path: string, message: string): Findings {
  return { problems: [], warnings: [{ path, message }] };
}

export function join(findings: readonly Findings[]): Findings {
  return {
    problems: findings.flatMap(({ problems }) => problems),
    warnings: findings.flatMap(({ warnings }) => warnings),
  };
}

export const NOTHING: Findings = { problems: [], warnings: [] };
