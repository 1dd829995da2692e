// The one place where a decision becomes a permit. The upstream takes nothing without one, so
// "forwarded but never judged" cannot be written down (design section 1, promise 2).

import type { Decision, Obligations, RequireApproval } from '#core/policy/decision.ts';
import type { Refusal } from '#core/refusal.ts';

interface Leave {
  readonly rule: string;
  readonly obligations: Obligations;
  readonly approvalId: string | undefined;
}

/** Leave for one message to go upstream once. Only `settle` can make one. */
export class Permit {
  readonly rule: string;
  readonly obligations: Obligations;
  /** The approval whose grant was spent for it. */
  readonly approvalId: string | undefined;
  #spent = false;

  constructor(minted: typeof MINT, leave: Leave) {
    if (minted !== MINT) throw new TypeError('only settle mints a permit');
    this.rule = leave.rule;
    this.obligations = leave.obligations;
    this.approvalId = leave.approvalId;
  }

  /** Spends the permit; a second spending is a fault in the gateway, and nothing is sent. */
  spend(): void {
    if (this.#spent) throw new Error('a permit is spent once');
    this.#spent = true;
  }
}

const NOT_ASKABLE: Refusal = {
  code: 'approval_refused',
  reason: 'this cannot wait for an approval',
};

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
  /** Gets the approval that a rule asks for, or the refusal its caller hears instead. */
  readonly obtain: (decision: RequireApproval) => Promise<Obtained>;
}

/** For what no policy asks an approval of: streams, and what Gatehouse itself says. */
export const UNASKED: SettleContext = {
  observe: false,
  methodKnown: true,
  obtain: () => Promise.resolve({ kind: 'refused', refusal: NOT_ASKABLE }),
};

export type Obtained =
  | { readonly kind: 'granted'; readonly approvalId: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

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
      return context.observe ? permit(decision.rule, {}) : waitFor(decision, context);
  }
}

async function waitFor(decision: RequireApproval, context: SettleContext): Promise<Settlement> {
  const obtained = await context.obtain(decision);
  return obtained.kind === 'granted'
    ? permit(decision.rule, {}, obtained.approvalId)
    : { kind: 'refusal', refusal: obtained.refusal };
}

function permit(rule: string, obligations: Obligations, approvalId?: string): Settlement {
  return { kind: 'permit', permit: new Permit(MINT, { rule, obligations, approvalId }) };
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
