// Compiles one policy document into the layer that judges by it.

import { serviceAccountSubject } from '#core/identity/service-account.ts';
import { KUBERNETES_ISSUER } from '#crds/names.ts';
import type { Rule } from '#crds/policy.ts';
import type { ConditionCompiler } from './cel.ts';
import { compileRule } from './compile-rule.ts';
import type { Effect, PolicyLayer } from './compiled.ts';
import { type Findings, join, NOTHING, problem } from './findings.ts';
import { isBaseline, type LayerDocument } from './layer-document.ts';
import { buildIndex } from './rule-index.ts';
import { findShadowed } from './shadow.ts';

export interface LayerCompilation extends Findings {
  readonly layer: PolicyLayer;
}

export function compileLayer(
  document: LayerDocument,
  conditions: ConditionCompiler,
): LayerCompilation {
  const { metadata, spec } = document;
  const rules = spec.rules ?? [];
  const places = placesOf(rules);
  const compilations = rules.map((rule, at) =>
    compileRule(
      rule,
      { path: `spec.rules[${at}]`, policy: metadata.name, ordinal: places.get(rule) ?? at },
      conditions,
    ),
  );
  const compiled = compilations.map((compilation) => compilation.compiled);
  const issuerNames = issuersOf(document);
  const accounts = document.spec.identity?.serviceAccounts?.map(serviceAccountSubject);
  const findings = join([
    ...compilations,
    findRepeatedNames(rules),
    ...(issuerNames === undefined
      ? []
      : [findForeignIssuers(rules, acceptedBy(issuerNames, accounts))]),
    findShadowed(rules),
  ]);
  const layer: PolicyLayer = {
    name: metadata.name,
    ...(issuerNames === undefined ? {} : { issuerNames }),
    ...(accounts === undefined ? {} : { serviceAccounts: new Set(accounts) }),
    abstains: isBaseline(document) && rules.every(({ effect }) => effect !== 'Allow'),
    rules: compiled.map(({ rule }) => rule).sort((a, b) => a.ordinal - b.ordinal),
    index: buildIndex(compiled),
  };
  return { ...findings, layer };
}

/** Undefined where a baseline leaves them to the policies it stands under. */
function issuersOf(document: LayerDocument): ReadonlySet<string> | undefined {
  const issuers = document.spec.identity?.issuers;
  return issuers === undefined && isBaseline(document)
    ? undefined
    : new Set((issuers ?? []).map(({ name }) => name));
}

function acceptedBy(
  issuerNames: ReadonlySet<string>,
  accounts: readonly string[] | undefined,
): ReadonlySet<string> {
  return accounts === undefined ? issuerNames : new Set([...issuerNames, KUBERNETES_ISSUER]);
}

const EFFECT_ORDER: { readonly [Kind in Effect]: number } = {
  Deny: 0,
  RequireApproval: 1,
  Allow: 2,
};

/** The order of judging; names are unique, so it is the same however the document is written. */
function placesOf(rules: readonly Rule[]): ReadonlyMap<Rule, number> {
  const ordered = [...rules].sort(
    (a, b) => EFFECT_ORDER[a.effect] - EFFECT_ORDER[b.effect] || (a.name < b.name ? -1 : 1),
  );
  return new Map(ordered.map((rule, place) => [rule, place]));
}

function findRepeatedNames(rules: readonly Rule[]): Findings {
  return join(
    rules.map(({ name }, at) => {
      const first = rules.findIndex((rule) => rule.name === name);
      return first === at
        ? NOTHING
        : problem(`spec.rules[${at}].name`, `is already the name of spec.rules[${first}]`);
    }),
  );
}

function findForeignIssuers(rules: readonly Rule[], issuers: ReadonlySet<string>): Findings {
  return join(
    rules.map(({ subjects }, at) => {
      const path = `spec.rules[${at}].subjects`;
      if (subjects === undefined) return NOTHING;
      if (subjects.issuer === undefined) {
        return issuers.size > 1
          ? problem(path, 'must name its issuer, since spec.identity accepts more than one')
          : NOTHING;
      }
      return issuers.has(subjects.issuer)
        ? NOTHING
        : problem(`${path}.issuer`, 'can never match: it is not in spec.identity.issuers');
    }),
  );
}
