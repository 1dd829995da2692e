// How the rules that speak on a message become one verdict, and the verdicts of several documents
// one decision: Deny wins, then RequireApproval, then Allow; where nothing speaks it is Deny.

import type { Principal } from '#core/identity/principal.ts';
import type { CelInput } from './cel-input.ts';
import type { AskingRule, CompiledRule } from './compiled.ts';
import { lacksScopes } from './subjects.ts';

export type Verdict =
  | { readonly kind: 'allow'; readonly rule: CompiledRule }
  | { readonly kind: 'plumbing' }
  /** `rules` are all that ask, `rule` the first of them. */
  | { readonly kind: 'approve'; readonly rule: AskingRule; readonly rules: readonly AskingRule[] }
  | { readonly kind: 'deny'; readonly rule: CompiledRule }
  /** `expression` is an index into `when`. */
  | {
      readonly kind: 'failed';
      readonly rule: CompiledRule;
      readonly expression: number;
      readonly code: string;
    }
  /** All but the scopes of this rule would let it pass. */
  | { readonly kind: 'stepUp'; readonly rule: CompiledRule }
  | { readonly kind: 'unmatched' }
  /** Of a baseline: the others decide. */
  | { readonly kind: 'abstained' }
  /** The document does not accept the principal's issuer. */
  | { readonly kind: 'foreign' };

/** One call before the conditions of rules; the data is brought in when a rule first asks for it. */
export interface Case {
  readonly principal: Principal;
  readonly input: () => InputOutcome;
}

export type InputOutcome =
  | { readonly ok: true; readonly input: CelInput }
  | { readonly ok: false; readonly code: string };

/** `rules` speak on the message and stand in the order of judging. */
export function judgeRules(
  rules: readonly CompiledRule[],
  facing: Case,
  byDefault: Verdict,
): Verdict {
  const holding: CompiledRule[] = [];
  const lacking: CompiledRule[] = [];
  for (const rule of rules) {
    if (rule.subjects(facing.principal) !== undefined) continue;
    if (lacksScopes(facing.principal, rule.scopes)) {
      if (rule.effect !== 'Deny') lacking.push(rule);
      continue;
    }
    // Every rule is heard, even after one allows: an error in any of them denies.
    const outcome = testConditions(rule, facing);
    if (outcome.kind === 'failed') return { ...outcome, rule };
    if (outcome.kind === 'false') continue;
    if (rule.effect === 'Deny') return { kind: 'deny', rule };
    holding.push(rule);
  }
  return verdictOf(holding) ?? stepUp(lacking, facing) ?? byDefault;
}

/** Of rules that all hold; none of them denies. */
function verdictOf(rules: readonly CompiledRule[]): Verdict | undefined {
  // Every rule that asks must be satisfied: were it the first, a new rule could replace a stricter one.
  const asking = rules.filter((rule) => rule.effect === 'RequireApproval');
  const [first] = asking;
  if (first !== undefined) return { kind: 'approve', rule: first, rules: asking };
  const [allowing] = rules;
  return allowing === undefined ? undefined : { kind: 'allow', rule: allowing };
}

export type ConditionsOutcome =
  | { readonly kind: 'true' }
  | { readonly kind: 'false'; readonly expression: number }
  | { readonly kind: 'failed'; readonly expression: number; readonly code: string };

/** All must hold; they are tested in their order, so that one can guard the next. */
export function testConditions(rule: CompiledRule, facing: Case): ConditionsOutcome {
  for (const [expression, condition] of rule.conditions.entries()) {
    const facts = facing.input();
    const outcome = facts.ok ? condition.test(facts.input) : facts;
    if (!outcome.ok) return { kind: 'failed', expression, code: outcome.code };
    if (!outcome.holds) return { kind: 'false', expression };
  }
  return { kind: 'true' };
}

/** The rule that asks for the fewest scopes which the token lacks. */
function stepUp(lacking: readonly CompiledRule[], facing: Case): Verdict | undefined {
  const { scopes } = facing.principal;
  const missing = (rule: CompiledRule): number =>
    rule.scopes.filter((scope) => !scopes.includes(scope)).length;
  const rule = lacking
    .filter((candidate) => testConditions(candidate, facing).kind === 'true')
    .sort((a, b) => missing(a) - missing(b) || a.ordinal - b.ordinal)[0];
  return rule === undefined ? undefined : { kind: 'stepUp', rule };
}

/** What all documents say to one question: where every one of them abstains, nothing allows it. */
export function heard(verdicts: readonly Verdict[]): readonly Verdict[] {
  const speaking = verdicts.filter(({ kind }) => kind !== 'abstained');
  return speaking.length === 0 ? [{ kind: 'unmatched' }] : speaking;
}

/**
 * The one that counts. Among equals the first does, and `verdicts` come in the order of the names of
 * their documents. A step-up is the weakest denial: it must not promise what another would refuse.
 */
export function strictest(verdicts: readonly Verdict[]): Verdict {
  const [first, ...rest] = verdicts;
  if (first === undefined) return { kind: 'unmatched' };
  return rest.reduce((best, next) => (WEIGHT[next.kind] > WEIGHT[best.kind] ? next : best), first);
}

const WEIGHT: { readonly [Kind in Verdict['kind']]: number } = {
  abstained: 0,
  plumbing: 0,
  allow: 0,
  approve: 1,
  stepUp: 2,
  unmatched: 3,
  failed: 3,
  deny: 3,
  foreign: 3,
};
