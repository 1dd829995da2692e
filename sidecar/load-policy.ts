// From policy files to one snapshot, or the list of what is wrong with them. Nothing is kept of a
// policy that has a problem (design section 12: the last good one stays).

import { createHash } from 'node:crypto';
import { compilePolicies } from '#core/policy/compile.ts';
import type { CompiledPolicy } from '#core/policy/compiled.ts';
import { unimplementedProblems } from '#core/policy/unimplemented.ts';
import type { FileProblem, PolicyDocument, PolicyReading } from '#platform/file/policy-file.ts';

export type LoadedPolicy =
  | {
      readonly ok: true;
      readonly policy: CompiledPolicy;
      readonly digest: string;
      readonly documents: readonly PolicyDocument[];
    }
  | { readonly ok: false; readonly problems: readonly FileProblem[] };

export function loadPolicy(reading: PolicyReading): LoadedPolicy {
  if (!reading.ok) return reading;
  const { documents } = reading;
  const problems = documents.flatMap((document) =>
    unimplementedProblems(document.policy).map((problem) => placed(problem, document)),
  );
  if (problems.length > 0) return { ok: false, problems };
  const digest = digestOf(documents);
  const compiled = compilePolicies(
    documents.map(({ policy }) => policy),
    digest,
  );
  return compiled.ok
    ? { ok: true, policy: compiled.policy, digest, documents }
    : { ok: false, problems: compiled.problems.map((problem) => placeJoint(problem, documents)) };
}

/** `file:line:field: message`, as `policy validate` prints it. */
export function printProblem({ file, line, path, message }: FileProblem): string {
  return `${file}:${line}:${path}: ${message}`;
}
