// Rules by what they match, so that judging a message looks at those few that can speak on it: one
// look-up by method and kind of target, one by name, and the patterns that are left.

import type { TargetKind } from '#core/mcp/messages.ts';
import { METHODS } from '#core/mcp/methods.ts';
import type { CompiledRule } from './compiled.ts';
import type { Glob } from './glob.ts';
import type { JudgedTarget } from './judged-target.ts';
import { governs, keysOf, type MatchKey, type RuleMatch } from './rule-match.ts';

export interface MatchedRule {
  readonly rule: CompiledRule;
  readonly match: RuleMatch;
}

interface PatternEntry {
  readonly glob: Glob;
  readonly rule: CompiledRule;
}

export interface TargetRules {
  /** Rules without a list of targets. */
  readonly always: readonly CompiledRule[];
  /** Rules by patterns without wildcards. */
  readonly exact: ReadonlyMap<string, readonly CompiledRule[]>;
  /** Patterns with wildcards. */
  readonly wild: readonly PatternEntry[];
  /** All patterns; only templates are matched against these. */
  readonly patterns: readonly PatternEntry[];
}

export interface RuleIndex {
  /** By `keyText`. Has an entry for every known method. */
  readonly known: ReadonlyMap<string, TargetRules>;
  /** Methods of no revision that some rule spells out. */
  readonly named: ReadonlyMap<string, readonly CompiledRule[]>;
}

/** `judge`: may it happen. `see`: may its existence be known, which for a template is the other way. */
export type Question = 'judge' | 'see';

export function buildIndex(rules: readonly MatchedRule[]): RuleIndex {
  const known = new Map<string, TargetRules>();
  for (const [method, facts] of METHODS) {
    for (const key of keysOf(method, facts)) {
      known.set(keyText(method, key.kind), buildTargetRules(rules, key));
    }
  }
  return { known, named: buildNamed(rules) };
}

/** The rules that speak on the target, in the order of judging, each once. */
export function rulesFor(
  index: RuleIndex,
  method: string,
  target: JudgedTarget | undefined,
  question: Question = 'judge',
): readonly CompiledRule[] {
  const rules = index.known.get(keyText(method, target?.kind));
  if (rules === undefined) return [];
  if (target === undefined) return rules.always;
  return inOrder([...rules.always, ...byTarget(rules, target, question)]);
}

function keyText(method: string, kind: TargetKind | undefined): string {
  return kind === undefined ? method : `${method} ${kind}`;
}

function byTarget(
  rules: TargetRules,
  target: JudgedTarget,
  question: Question,
): readonly CompiledRule[] {
  switch (target.form) {
    case 'name':
      return byText(rules, target.name);
    case 'uri':
      return [
        ...byText(rules, target.uri),
        ...target.kin.flatMap((uri) => byText(rules, uri)).filter(restricts),
      ];
    case 'template': {
      const isWide = (rule: CompiledRule): boolean => restricts(rule) === (question === 'judge');
      return rules.patterns
        .filter(({ glob, rule }) =>
          isWide(rule) ? glob.meets(target.outline) : glob.covers(target.outline),
        )
        .map(({ rule }) => rule);
    }
  }
}

function byText({ exact, wild }: TargetRules, text: string): readonly CompiledRule[] {
  const matching = wild.filter(({ glob }) => glob.matches(text)).map(({ rule }) => rule);
  return [...(exact.get(text) ?? []), ...matching];
}

function restricts(rule: CompiledRule): boolean {
  return rule.effect !== 'Allow';
}

function inOrder(rules: readonly CompiledRule[]): readonly CompiledRule[] {
  return [...new Set(rules)].sort((a, b) => a.ordinal - b.ordinal);
}

function buildTargetRules(rules: readonly MatchedRule[], key: MatchKey): TargetRules {
  const governing = rules.filter(({ rule, match }) => governs(rule.effect, match, key));
  const patterns = governing.flatMap(({ rule, match }) =>
    (match.targets?.globs ?? []).map((glob) => ({ glob, rule })),
  );
  const exact = new Map<string, readonly CompiledRule[]>();
  for (const { glob, rule } of patterns) {
    if (glob.literal !== undefined) {
      exact.set(glob.literal, [...(exact.get(glob.literal) ?? []), rule]);
    }
  }
  return {
    always: inOrder(
      governing.filter(({ match }) => match.targets === undefined).map(({ rule }) => rule),
    ),
    exact,
    wild: patterns.filter(({ glob }) => glob.literal === undefined),
    patterns,
  };
}

/** An unknown method needs to be spelled out to be allowed; to be denied, any rule that covers it will do. */
function buildNamed(rules: readonly MatchedRule[]): ReadonlyMap<string, readonly CompiledRule[]> {
  const spelledOut = rules
    .flatMap(({ match }) => match.methods ?? [])
    .flatMap(({ literal }) => (literal === undefined || METHODS.has(literal) ? [] : [literal]));
  return new Map(
    spelledOut.map((method) => [method, inOrder(rulesOnUnknown(rules, method))] as const),
  );
}

function rulesOnUnknown(rules: readonly MatchedRule[], method: string): readonly CompiledRule[] {
  return rules
    .filter(({ rule, match }) => {
      if (match.targets !== undefined) return false;
      const { methods } = match;
      if (rule.effect === 'Deny') {
        return methods === undefined || methods.some((glob) => glob.matches(method));
      }
      return methods?.some(({ literal }) => literal === method) ?? false;
    })
    .map(({ rule }) => rule);
}
