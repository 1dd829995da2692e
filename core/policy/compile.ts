// From policy documents to the snapshot that judges messages, or to everything that is wrong with
// them. The documents have passed crds/validate.ts; here is what needs globs, CEL and each other.

import { compileMasking } from '#core/masking/compile.ts';
import { compileApprovals } from './approvals.ts';
import { createConditionCompiler } from './cel.ts';
import { compileLayer } from './compile-layer.ts';
import type { CompiledPolicy } from './compiled.ts';
import type { PolicyProblem } from './findings.ts';
import { type GoverningPolicy, type LayerDocument, layerDocument } from './layer-document.ts';
import { compileNotifications } from './notifications.ts';
import { compilePins } from './pins.ts';
import { joinSettings } from './settings.ts';
import type { Trust } from './trust.ts';
import { findUnimplemented, type Place } from './unimplemented.ts';

export type { CompiledPolicy } from './compiled.ts';

export type PolicyCompilation =
  | {
      readonly ok: true;
      readonly policy: CompiledPolicy;
      readonly warnings: readonly PolicyProblem[];
    }
  | { readonly ok: false; readonly problems: readonly PolicyProblem[] };

/**
 * Compiles all documents together: each is judged alone, and the strictest decision wins, so that
 * adding one never grants anything. `digest` is that of the documents; core does no cryptography here.
 * Without `trust` nobody is verified by what comes out: it says whether the policies are valid.
 */
export function compilePolicies(
  policies: readonly GoverningPolicy[],
  digest?: string,
  place: Place = 'Alone',
  trust?: Trust,
): PolicyCompilation {
  const documents = policies.map(layerDocument);
  if (documents.length === 0) {
    const message = 'is missing: without one everything would be denied';
    return { ok: false, problems: [{ document: 0, path: '', message }] };
  }
  const gaps = documents.flatMap((policy, document) =>
    findUnimplemented(policy, place).map((found) => ({ ...found, document })),
  );
  return gaps.length > 0
    ? { ok: false, problems: gaps }
    : compileDocuments(documents, digest, trust);
}

/** As compilePolicies, but takes what nothing carries out yet (unimplemented.ts); evaluation knows it all. */
export function compileWhole(
  policies: readonly GoverningPolicy[],
  digest?: string,
): PolicyCompilation {
  return compileDocuments(policies.map(layerDocument), digest);
}

function compileDocuments(
  documents: readonly LayerDocument[],
  digest: string | undefined,
  trust?: Trust,
): PolicyCompilation {
  const conditions = createConditionCompiler();
  const layers = documents.map((document) => compileLayer(document, conditions));
  const { settings, problems: disagreements } = joinSettings(documents, trust);
  const pins = compilePins(documents);
  const asking = compileApprovals(documents, settings.issuers);
  const masked = compileMasking(documents);
  const problems: readonly PolicyProblem[] = [
    ...layers.flatMap((layer, document) => layer.problems.map((found) => ({ ...found, document }))),
    ...disagreements,
    ...pins.problems,
    ...asking.problems,
    ...masked.problems,
    ...findNamesakes(documents),
  ];
  if (problems.length > 0) return { ok: false, problems };
  const policy: CompiledPolicy = {
    ...settings,
    pinSets: pins.pinSets,
    masking: masked.masking,
    approvals: asking.approvals,
    notifications: compileNotifications(documents),
    ...(asking.approvalAudience === undefined ? {} : { approvalAudience: asking.approvalAudience }),
    ...(digest === undefined ? {} : { digest }),
    layers: layers.map(({ layer }) => layer).sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
  const warnings = layers.flatMap((layer, document) =>
    layer.warnings.map((found) => ({ ...found, document })),
  );
  return { ok: true, policy, warnings: [...warnings, ...pins.warnings, ...asking.warnings] };
}

/** Decisions name their rule `policy/rule`, which must mean one rule. */
function findNamesakes(documents: readonly LayerDocument[]): readonly PolicyProblem[] {
  const names = documents.map(({ metadata }) => metadata.name);
  return documents.flatMap(({ metadata }, document) =>
    names.indexOf(metadata.name) === document
      ? []
      : [
          {
            document,
            path: 'metadata.name',
            message: 'is the name of another policy given here; decisions could not be told apart',
          },
        ],
  );
}
