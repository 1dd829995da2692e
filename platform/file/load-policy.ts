// From policy files to one compiled policy, or the list of what is wrong with them. Nothing is kept
// of a reading that has a problem (design section 12: the last good policy stays).

import { createHash } from 'node:crypto';
import type { RecordDraft } from '#core/evidence/record.ts';
import { compilePolicies } from '#core/policy/compile.ts';
import type { CompiledPolicy } from '#core/policy/compiled.ts';
import type { Trust } from '#core/policy/trust.ts';
import type { Place } from '#core/policy/unimplemented.ts';
import {
  type FileProblem,
  type PolicyDocument,
  type PolicyReading,
  placeProblem,
} from './policy-file.ts';

export type LoadedPolicy =
  | GoodPolicy
  | { readonly ok: false; readonly problems: readonly FileProblem[] };

export interface GoodPolicy {
  readonly ok: true;
  readonly policy: CompiledPolicy;
  /** Names all that judges: of files, SHA-256 over the documents' digests in the order of those. */
  readonly digest: string;
  readonly documents: readonly NamedDocument[];
}

export interface NamedDocument extends Pick<PolicyDocument, 'digest'> {
  readonly policy: { readonly metadata: { readonly name: string } };
}

export interface Loading {
  readonly place?: Place;
  /** Nobody is verified by it: what issuers are believed by need not be here. */
  readonly isJudgingOnly?: boolean;
}

export function loadPolicy(
  reading: PolicyReading,
  { place = 'Alone', isJudgingOnly = false }: Loading = {},
): LoadedPolicy {
  if (!reading.ok) return reading;
  const { documents } = reading;
  const digest = digestOf(documents);
  const compiled = compilePolicies(
    documents.map(({ policy }) => policy),
    digest,
    place,
    isJudgingOnly ? undefined : trustIn(documents),
  );
  return compiled.ok
    ? { ok: true, policy: compiled.policy, digest, documents }
    : {
        ok: false,
        problems: compiled.problems.map((problem) => placeProblem(documents, problem)),
      };
}

function trustIn(documents: readonly PolicyDocument[]): Trust {
  return { bundles: Object.assign({}, ...documents.map(({ bundles }) => bundles)) };
}

/** What was activated, and from which documents. */
export function policyLoaded(
  { digest, documents, policy }: GoodPolicy,
  ts: string,
  extra: RecordDraft['detail'] = {},
): RecordDraft {
  return {
    type: 'policy.loaded',
    ts,
    detail: {
      policy: digest,
      mode: policy.mode,
      record: policy.record,
      documents: documents.map((each) => `${each.policy.metadata.name}@${each.digest}`),
      ...extra,
    },
  };
}

/** What makes whoever goes by the policy less strict than they could be, for the record of their start. */
export function loosened({
  allowPlainHttp,
  allowPrivateReceivers = false,
}: {
  readonly allowPlainHttp: boolean;
  readonly allowPrivateReceivers?: boolean | undefined;
}): Readonly<Record<string, boolean>> {
  return {
    ...(allowPlainHttp ? { plainHttpAllowed: true } : {}),
    ...(allowPrivateReceivers ? { privateReceiversAllowed: true } : {}),
  };
}

function digestOf(documents: readonly PolicyDocument[]): string {
  const digests = documents.map(({ digest }) => digest).toSorted();
  return createHash('sha256').update(digests.join('\n')).digest('hex');
}
