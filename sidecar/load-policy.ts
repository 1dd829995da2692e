// From policy files to one compiled policy, or the list of what is wrong with them. Nothing is kept
// of a reading that has a problem (design section 12: the last good policy stays).

import { createHash } from 'node:crypto';
import { compilePolicies } from '#core/policy/compile.ts';
import type { CompiledPolicy } from '#core/policy/compiled.ts';
import {
  type FileProblem,
  type PolicyDocument,
  type PolicyReading,
  placeProblem,
} from '#platform/file/policy-file.ts';

export type LoadedPolicy =
  | {
      readonly ok: true;
      readonly policy: CompiledPolicy;
      /** SHA-256 over the documents' digests in the order of those, lower-case hex. */
      readonly digest: string;
      readonly documents: readonly PolicyDocument[];
    }
  | { readonly ok: false; readonly problems: readonly FileProblem[] };

export function loadPolicy(reading: PolicyReading): LoadedPolicy {
  if (!reading.ok) return reading;
  const { documents } = reading;
  const digest = digestOf(documents);
  const compiled = compilePolicies(
    documents.map(({ policy }) => policy),
    digest,
  );
  return compiled.ok
    ? { ok: true, policy: compiled.policy, digest, documents }
    : {
        ok: false,
        problems: compiled.problems.map((problem) => placeProblem(documents, problem)),
      };
}

function digestOf(documents: readonly PolicyDocument[]): string {
  const digests = documents.map(({ digest }) => digest).toSorted();
  return createHash('sha256').update(digests.join('\n')).digest('hex');
}
