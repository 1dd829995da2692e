// What policy says of one message. Evaluation yields a Decision; only `settle` turns it into a Permit.

/** Duties that come with an Allow and that the pipeline must carry out. */
export interface Obligations {
  /** Reply lists are filtered to what this principal may see (design section 14, Visible). */
  readonly filterList?: true;
}

export interface Allow {
  readonly effect: 'Allow';
  /** Name of the rule, `policy/rule`; `plumbing` when the method table allowed it. */
  readonly rule: string;
  readonly obligations: Obligations;
}

export interface Deny {
  readonly effect: 'Deny';
  /** Of what is not visible for the record alone: naming a rule would tell that there is something. */
  readonly rule?: string;
  /** For the peer and the record: names rules and expressions, never values. */
  readonly reason: string;
  /** Whether the target may be known to exist; a hidden one answers as unknown. */
  readonly visible: boolean;
  /** Scopes whose grant would turn this into an Allow (RFC 6750 insufficient_scope). */
  readonly missingScopes?: readonly string[];
}

export interface RequireApproval {
  readonly effect: 'RequireApproval';
  readonly rule: string;
  /** Name of the entry in `spec.approvals`. */
  readonly approval: string;
  /**
   * Every rule that asks, `policy/rule`, the one above among them: all must be satisfied. What they ask
   * for together says core/policy/approval-terms.ts.
   */
  readonly asks: readonly string[];
}

export type Decision = Allow | Deny | RequireApproval;
