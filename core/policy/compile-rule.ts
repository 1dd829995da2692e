// Compiles one rule: patterns, subjects and conditions become what evaluation runs.

import type { Rule } from '#crds/policy.ts';
import type { Condition, ConditionCompiler } from './cel.ts';
import { compileMatch } from './compile-match.ts';
import type { CompiledRule } from './compiled.ts';
import { type Findings, join, NOTHING, problem } from './findings.ts';
import type { MatchedRule } from './rule-index.ts';
import { compileSubjects } from './subjects.ts';

export interface RuleCompilation extends Findings {
  readonly compiled: MatchedRule;
}

export interface RulePlace {
  /** Such as `spec.rules[0]`. */
  readonly path: string;
  /** Name of the policy document. */
  readonly policy: string;
  readonly ordinal: number;
}

export function compileRule(
  rule: Rule,
  place: RulePlace,
  conditions: ConditionCompiler,
): RuleCompilation {
  const { path } = place;
  const when = compileWhen(rule, path, conditions);
  const { match, ...matchFindings } = compileMatch(rule, path);
  const core = {
    id: `${place.policy}/${rule.name}`,
    ordinal: place.ordinal,
    subjects: compileSubjects(rule.subjects, rule.effect !== 'Allow'),
    scopes: rule.subjects?.scopes ?? [],
    conditions: when.conditions,
    ...(rule.message === undefined ? {} : { message: rule.message }),
  };
  const { effect, approval } = rule;
  const compiled: CompiledRule =
    effect === 'RequireApproval'
      ? { ...core, effect, approval: approval ?? '' }
      : { ...core, effect };
  const needsApproval = effect === 'RequireApproval' && approval === undefined;
  const findings = join([
    matchFindings,
    when,
    needsApproval ? problem(`${path}.approval`, 'must name an entry of spec.approvals') : NOTHING,
  ]);
  return { ...findings, compiled: { rule: compiled, match } };
}

interface WhenCompilation extends Findings {
  readonly conditions: readonly Condition[];
}

function compileWhen(rule: Rule, path: string, compiler: ConditionCompiler): WhenCompilation {
  const results = (rule.when ?? []).map((source) => compiler.compile(source));
  const findings = results.map((result, at): Findings => {
    const place = `${path}.when[${at}]`;
    const say = (message: string) => ({ path: place, message: `rule ${rule.name}: ${message}` });
    return result.ok
      ? { problems: [], warnings: result.warnings.map(say) }
      : { problems: result.problems.map(say), warnings: [] };
  });
  return {
    ...join(findings),
    conditions: results.flatMap((result) => (result.ok ? [result.condition] : [])),
  };
}
