// Finds rules that can never take effect because another rule of the same document always denies
// what they allow. Only certain cases are reported: the same people, patterns that contain theirs.

import type { Rule } from '#crds/policy.ts';
import { compileMatch } from './compile-match.ts';
import { type Findings, join, NOTHING, problem } from './findings.ts';
import type { Glob } from './glob.ts';

export function findShadowed(rules: readonly Rule[]): Findings {
  const denials = rules.filter(({ effect, when }) => effect === 'Deny' && when === undefined);
  return join(
    rules.map((rule, at) => {
      if (rule.effect === 'Deny') return NOTHING;
      const shadow = denials.find(
        (denial) => coversPeople(denial, rule) && coversTargets(denial, rule),
      );
      return shadow === undefined
        ? NOTHING
        : problem(
            `spec.rules[${at}]`,
            `can never take effect: rule ${shadow.name} always denies it`,
          );
    }),
  );
}

/** Whoever `rule` is for, `denial` is for too. */
function coversPeople({ subjects = {} }: Rule, rule: Rule): boolean {
  const wanted = rule.subjects ?? {};
  if (subjects.claims !== undefined || subjects.actors !== undefined) return false;
  if (subjects.issuer !== undefined && subjects.issuer !== wanted.issuer) return false;
  const coversEach = (['subjects', 'groups', 'clients'] as const).every((field) => {
    const denied = subjects[field];
    return denied === undefined || wanted[field]?.every((entry) => denied.includes(entry)) === true;
  });
  return coversEach && (subjects.scopes ?? []).every((scope) => wanted.scopes?.includes(scope));
}

/** Whatever `rule` matches, `denial` matches too. */
function coversTargets(denial: Rule, rule: Rule): boolean {
  const denied = compileMatch(denial, '').match;
  const wanted = compileMatch(rule, '').match;
  if (denied.methods !== undefined && !coversAll(denied.methods, wanted.methods)) return false;
  if (denied.targets === undefined) return true;
  return (
    denied.targets.kind === wanted.targets?.kind &&
    coversAll(denied.targets.globs, wanted.targets.globs)
  );
}

function coversAll(wide: readonly Glob[], narrow: readonly Glob[] | undefined): boolean {
  return narrow?.every((one) => wide.some((other) => other.covers(one.outline))) === true;
}
