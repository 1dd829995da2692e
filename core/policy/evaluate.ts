// The decision: one principal and one message under one compiled policy. Pure; its cost is that of
// the few rules that can speak on the message. Nothing of the policy is parsed here.

import type { Principal } from '#core/identity/principal.ts';
import type { CompiledPolicy, PolicyLayer } from './compiled.ts';
import type { Decision, Deny, Obligations } from './decision.ts';
import { type Direction, type JudgedMessage, type Question, questionsOf } from './question.ts';
import { rulesFor } from './rule-index.ts';
import { heard, judgeRules, strictest, type Verdict } from './verdict.ts';
import { isForeign, isTargetVisible } from './visible.ts';

/**
 * Judges a message (design section 14, Default deny and plumbing). `toClient` are messages of the
 * server, judged for the principal whose exchange they belong to.
 */
export function evaluate(
  policy: CompiledPolicy,
  principal: Principal,
  message: JudgedMessage,
  direction: Direction,
): Decision {
  const asked = questionsOf(principal, message, direction);
  if (!asked.ok) return { effect: 'Deny', reason: asked.reason, visible: !asked.hidden };
  const verdicts = asked.questions.flatMap((question) =>
    heard(policy.layers.map((layer) => judgeLayer(layer, question))),
  );
  const verdict = strictest(verdicts);
  switch (verdict.kind) {
    case 'plumbing':
      return { effect: 'Allow', rule: 'plumbing', obligations: obligationsOf(asked.questions) };
    case 'allow':
      return { effect: 'Allow', rule: verdict.rule.id, obligations: {} };
    case 'approve':
      return {
        effect: 'RequireApproval',
        rule: verdict.rule.id,
        approval: verdict.rule.approval,
        asks: asksOf(verdicts),
      };
    case 'stepUp':
      return denial(verdict, {
        visible: isVisible(policy, asked.questions),
        missingScopes: scopesOf(verdicts),
      });
    case 'deny':
    case 'failed':
    case 'unmatched':
    case 'abstained':
    case 'foreign':
      return denial(verdict, { visible: isVisible(policy, asked.questions) });
  }
}

/** What one document says to one question. */
export function judgeLayer(layer: PolicyLayer, question: Question): Verdict {
  if (isForeign(layer, question.facing.principal)) return { kind: 'foreign' };
  const silent = layer.abstains ? 'abstained' : 'unmatched';
  const byDefault: Verdict = { kind: question.isOpen ? 'plumbing' : silent };
  return judgeRules(rulesOn(layer, question), question.facing, byDefault);
}

/** The rules of a document that speak on a question, in the order of judging. */
export function rulesOn(layer: PolicyLayer, { method, facts, target }: Question) {
  return facts === undefined
    ? (layer.index.named.get(method) ?? [])
    : rulesFor(layer.index, method, target);
}

function obligationsOf(questions: readonly Question[]): Obligations {
  return questions.some(({ facts }) => facts?.list !== undefined) ? { filterList: true } : {};
}

/** A method of no revision is as hidden as a name that no rule mentions. */
function isVisible(policy: CompiledPolicy, questions: readonly Question[]): boolean {
  return questions.every(({ facts, target, facing }) =>
    target === undefined ? facts !== undefined : isTargetVisible(policy, facing.principal, target),
  );
}

/** All that the call needs, held ones too: a client may ask for exactly these (MCP authorization). */
function scopesOf(verdicts: readonly Verdict[]): readonly string[] {
  return [
    ...new Set(verdicts.flatMap((verdict) => ('rule' in verdict ? verdict.rule.scopes : []))),
  ];
}

/** The rules of all documents that ask, each once. */
function asksOf(verdicts: readonly Verdict[]): readonly string[] {
  const rules = verdicts.flatMap((verdict) => (verdict.kind === 'approve' ? verdict.rules : []));
  return [...new Set(rules.map(({ id }) => id))];
}

/**
 * Of what is hidden the reason says nothing, so that a name which a rule mentions cannot be told from
 * an invented one; `rule` is then for the record alone.
 */
function denial(verdict: Verdict, more: Pick<Deny, 'visible' | 'missingScopes'>): Deny {
  return {
    effect: 'Deny',
    ...('rule' in verdict ? { rule: verdict.rule.id } : {}),
    reason: more.visible ? reasonOf(verdict) : 'not known to this caller',
    ...more,
  };
}

function reasonOf(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'deny':
      return verdict.rule.message ?? `rule ${verdict.rule.id} denies it`;
    case 'failed':
      return `rule ${verdict.rule.id}: when[${verdict.expression}] cannot be evaluated (${verdict.code})`;
    case 'stepUp':
      return `rule ${verdict.rule.id} needs scopes that the token lacks`;
    case 'foreign':
      return 'this issuer is not accepted here';
    case 'unmatched':
    case 'abstained':
    case 'allow':
    case 'approve':
    case 'plumbing':
      return 'no rule allows it';
  }
}
