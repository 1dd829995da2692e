// Which targets a principal may know of (design section 14, Visible): some rule could let them use it
// if the conditions and scopes were right, and none denies it to them whatever the arguments.

import type { Principal } from '#core/identity/principal.ts';
import type { Target, TargetKind } from '#core/mcp/messages.ts';
import { KUBERNETES_ISSUER } from '#crds/names.ts';
import type { CompiledPolicy, CompiledRule, PolicyLayer } from './compiled.ts';
import { type JudgedTarget, judgedTarget } from './judged-target.ts';
import { rulesFor } from './rule-index.ts';
import { lacksScopes } from './subjects.ts';

/** What one does with a target of each kind; being able to do one of these makes it visible. */
const USES: { readonly [Kind in TargetKind]: readonly string[] } = {
  tool: ['tools/call'],
  prompt: ['prompts/get'],
  resource: ['resources/read', 'resources/subscribe', 'subscriptions/listen'],
  // Tasks are known by their owner alone, which policy cannot tell.
  task: [],
};

/**
 * Whether an item of a list may be shown. A resource template goes by its `uriTemplate` as a resource:
 * it is visible when a rule could let the principal use some URI that it expands to.
 */
export function isVisible(policy: CompiledPolicy, principal: Principal, target: Target): boolean {
  const judged = judgedTarget(target, 'allowed');
  return judged.ok && isTargetVisible(policy, principal, judged.value);
}

export function isTargetVisible(
  policy: CompiledPolicy,
  principal: Principal,
  target: JudgedTarget,
): boolean {
  const views = policy.layers.map((layer) => viewOf(layer, principal, target));
  return views.every((view) => view !== 'hidden') && views.includes('shown');
}

/** Whether the document has nothing for this principal because of who vouches for them. */
export function isForeign(
  { issuerNames, serviceAccounts }: PolicyLayer,
  principal: Principal,
): boolean {
  if (principal.issuerName === KUBERNETES_ISSUER && serviceAccounts !== undefined) {
    return !serviceAccounts.has(principal.subject);
  }
  return issuerNames !== undefined && !issuerNames.has(principal.issuerName);
}

/** `left`: to the other documents. */
function viewOf(
  layer: PolicyLayer,
  principal: Principal,
  target: JudgedTarget,
): 'shown' | 'left' | 'hidden' {
  if (isForeign(layer, principal)) return 'hidden';
  const open = USES[target.kind]
    .map((method) =>
      rulesFor(layer.index, method, target, 'see').filter(
        (rule) => rule.subjects(principal) === undefined,
      ),
    )
    .filter((rules) => !rules.some((rule) => deniesAlways(rule, principal)));
  if (open.some((rules) => rules.some(grants))) return 'shown';
  return layer.abstains && open.length > 0 ? 'left' : 'hidden';
}

function grants(rule: CompiledRule): boolean {
  return rule.effect !== 'Deny';
}

function deniesAlways(rule: CompiledRule, principal: Principal): boolean {
  return (
    rule.effect === 'Deny' && rule.conditions.length === 0 && !lacksScopes(principal, rule.scopes)
  );
}
