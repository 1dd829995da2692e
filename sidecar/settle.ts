// The one place where a decision becomes a permit. The upstream takes nothing without one, so
// "forwarded but never judged" cannot be written down (design section 1, promise 2).

import type { Decision, Obligations } from '#core/policy/decision.ts';
import type { Refusal } from '#core/refusal.ts';

/** Leave for one message to go upstream once. Only `settle` can make one. */
export class Permit {
  readonly rule: string;
  readonly obligations: Obligations;
  #spent = false;

  constructor(minted: typeof MINT, rule: string, obligations: Obligations) {
    if (minted !== MINT) throw new TypeError('only settle mints a permit');
    this.rule = rule;
    this.obligations = obligations;
  }

  /** Spends the permit; a second spending is a fault in the gateway, and nothing is sent. */
  spend(): void {
    if (this.#spent) throw new Error('a permit is spent once');
    this.#spent = true;
  }
}

/** Not exported: whoever does not hold it cannot construct a Permit. */
const MINT: unique symbol = Symbol('mint');

export type Settlement =
  | { readonly kind: 'permit'; readonly permit: Permit }
  | { readonly kind: 'refusal'; readonly refusal: Refusal };

export interface SettleContext {
  /** Observe: what would be refused goes on, and the record says what Enforce would have done. */
  readonly observe: boolean;
  /** The method is one that the revision knows; denied unknown ones answer -32601. */
  readonly methodKnown: boolean;
}

/** Turns a decision into a permit or the refusal its caller gets. Asynchronous because an approval waits. */
export async function settle(decision: Decision, context: SettleContext): Promise<Settlement> {
  switch (decision.effect) {
    case 'Allow':
      return permit(decision.rule, decision.obligations);
    case 'Deny':
      return context.observe
        ? permit(decision.rule ?? 'observe', {})
        : { kind: 'refusal', refusal: refusalOf(decision, context) };
    case 'RequireApproval':
      // Policies that ask for approval are refused at load (core/policy/unimplemented.ts); should one
      // come this far all the same, unknown means no.
      return context.observe
        ? permit(decision.rule, {})
        : {
            kind: 'refusal',
            refusal: {
              code: 'denied',
              rule: decision.rule,
              reason: 'this call needs an approval, and this gateway has no approval store',
            },
          };
  }
}

function permit(rule: string, obligations: Obligations): Settlement {
  return { kind: 'permit', permit: new Permit(MINT, rule, obligations) };
}

function refusalOf(deny: Extract<Decision, { effect: 'Deny' }>, context: SettleContext): Refusal {
  const rule = deny.rule === undefined ? {} : { rule: deny.rule };
  if (deny.missingScopes !== undefined && deny.missingScopes.length > 0) {
    return {
      code: 'scope_insufficient',
      reason: deny.reason,
      scopes: deny.missingScopes,
      ...rule,
    };
  }
  if (!context.methodKnown) return { code: 'method_unknown', reason: 'unknown method' };
  if (!deny.visible) return { code: 'target_unknown', reason: 'unknown name' };
  return { code: 'denied', reason: `denied by policy: ${deny.reason}`, ...rule };
}
