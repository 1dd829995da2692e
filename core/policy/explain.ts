// Why a decision is what it is: what each rule said to the call, and which part of it spoke. Built
// from the same steps as evaluate, so that it cannot tell another story.

import { type ApprovalTerms, requesterOf } from '#core/approvals/request.ts';
import type { Principal } from '#core/identity/principal.ts';
import { approvalTermsFor } from './approval-terms.ts';
import type { CompiledPolicy, CompiledRule, Effect, PolicyLayer } from './compiled.ts';
import type { Decision, RequireApproval } from './decision.ts';
import { evaluate, judgeLayer, rulesOn } from './evaluate.ts';
import { type Direction, type JudgedMessage, type Question, questionsOf } from './question.ts';
import type { SubjectField } from './subjects.ts';
import { lacksScopes } from './subjects.ts';
import { type Case, testConditions, type Verdict } from './verdict.ts';
import { isTargetVisible } from './visible.ts';

/** The part of a rule that settled it. */
export type RulePart =
  | 'match'
  | `subjects.${SubjectField}`
  | 'subjects.scopes'
  /** The expression at this place of `when`. */
  | `when[${number}]`;

export type RuleOutcome =
  | { readonly outcome: 'applies' }
  | {
      readonly outcome: 'does not apply';
      readonly because: RulePart;
      /** The condition that does not hold. */
      readonly expression?: string;
    }
  /** A condition cannot be evaluated, which denies. */
  | {
      readonly outcome: 'fails';
      readonly because: RulePart;
      readonly expression: string;
      readonly code: string;
    };

export type RuleExplanation = RuleOutcome & { readonly rule: string; readonly effect: Effect };

export interface PolicyExplanation {
  readonly policy: string;
  readonly verdict: Verdict['kind'];
  /** In the order of judging. */
  readonly rules: readonly RuleExplanation[];
}

export interface QuestionExplanation {
  readonly method: string;
  /** As policy reads it: a URI in its one spelling. */
  readonly target?: string;
  /** Whether the principal may know of the target. */
  readonly visible?: boolean;
  readonly policies: readonly PolicyExplanation[];
}

export interface Explanation {
  readonly decision: Decision;
  /** Observe: whatever the decision, the message passes, and is recorded. */
  readonly mode: 'Enforce' | 'Observe';
  /** With RequireApproval: whose word it takes, how long it waits and what a grant will allow. */
  readonly terms?: ApprovalTerms;
  /** Why this principal cannot ask for the approval that it takes. */
  readonly cannotAsk?: string;
  /** One, unless a stream is asked for; empty when no rule could allow the message. */
  readonly questions: readonly QuestionExplanation[];
}

export function explain(
  policy: CompiledPolicy,
  principal: Principal,
  message: JudgedMessage,
  direction: Direction,
): Explanation {
  const asked = questionsOf(principal, message, direction);
  const decision = evaluate(policy, principal, message, direction);
  return {
    decision,
    mode: policy.mode,
    ...(decision.effect === 'RequireApproval' ? askingOf(policy, decision, principal) : {}),
    questions: asked.ok ? asked.questions.map((question) => explainQuestion(policy, question)) : [],
  };
}

function askingOf(
  policy: CompiledPolicy,
  decision: RequireApproval,
  principal: Principal,
): Pick<Explanation, 'terms' | 'cannotAsk'> {
  const terms = approvalTermsFor(policy, decision);
  const requester = requesterOf(principal);
  return {
    ...(terms === undefined ? {} : { terms }),
    ...(requester.ok ? {} : { cannotAsk: requester.reason }),
  };
}

function explainQuestion(policy: CompiledPolicy, question: Question): QuestionExplanation {
  const { method, target, facing } = question;
  return {
    method,
    ...(target === undefined
      ? {}
      : {
          ...(target.form === 'template'
            ? {}
            : { target: target.form === 'uri' ? target.uri : target.name }),
          visible: isTargetVisible(policy, facing.principal, target),
        }),
    policies: policy.layers.map((layer) => explainLayer(layer, question)),
  };
}

function explainLayer(layer: PolicyLayer, question: Question): PolicyExplanation {
  const speaking = new Set(rulesOn(layer, question));
  return {
    policy: layer.name,
    verdict: judgeLayer(layer, question).kind,
    rules: layer.rules.map((rule) => ({
      rule: rule.id,
      effect: rule.effect,
      ...(speaking.has(rule)
        ? explainRule(rule, question.facing)
        : { outcome: 'does not apply', because: 'match' }),
    })),
  };
}

function explainRule(rule: CompiledRule, facing: Case): RuleOutcome {
  const field = rule.subjects(facing.principal);
  if (field !== undefined) return { outcome: 'does not apply', because: `subjects.${field}` };
  if (lacksScopes(facing.principal, rule.scopes)) {
    return { outcome: 'does not apply', because: 'subjects.scopes' };
  }
  const conditions = testConditions(rule, facing);
  if (conditions.kind === 'true') return { outcome: 'applies' };
  const because: RulePart = `when[${conditions.expression}]`;
  const expression = rule.conditions[conditions.expression]?.source ?? '';
  return conditions.kind === 'failed'
    ? { outcome: 'fails', because, expression, code: conditions.code }
    : { outcome: 'does not apply', because, expression };
}
