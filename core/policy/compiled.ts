// What compilation makes of policy documents: the snapshot that judges messages, ready to use.
// Made whole by compile.ts and never changed; evaluation reads it and nothing else.

import type { CompiledMasking } from '#core/masking/compile.ts';
import type { CompiledApproval } from './approvals.ts';
import type { Condition } from './cel.ts';
import type { CompiledNotifications } from './notifications.ts';
import type { PinSet } from './pins.ts';
import type { RuleIndex } from './rule-index.ts';
import type { SubjectTest } from './subjects.ts';
import type { IssuerSettings, ServiceAccountTrust } from './trust.ts';

export type Effect = 'Allow' | 'Deny' | 'RequireApproval';

export type CompiledRule = RuleCore &
  (
    | { readonly effect: 'Allow' | 'Deny' }
    /** `approval` names an entry of `spec.approvals` of the same policy. */
    | { readonly effect: 'RequireApproval'; readonly approval: string }
  );

export type AskingRule = Extract<CompiledRule, { readonly effect: 'RequireApproval' }>;

interface RuleCore {
  /** `policy/rule`: what decisions and records say. */
  readonly id: string;
  /**
   * Place in the order of judging: Deny, RequireApproval, Allow, by name within each. The document's
   * order has no part in it, so it cannot change which rule a decision names.
   */
  readonly ordinal: number;
  readonly subjects: SubjectTest;
  /** Scopes the token must have, all of them. Apart from `subjects`: lacking them asks for a step-up. */
  readonly scopes: readonly string[];
  readonly conditions: readonly Condition[];
  /** What the caller is told; of Deny and RequireApproval. */
  readonly message?: string;
}

/** One policy document, judged alone. */
export interface PolicyLayer {
  readonly name: string;
  /** Names of the issuers it accepts; a principal of any other is denied. Absent: of a baseline, any. */
  readonly issuerNames?: ReadonlySet<string>;
  /** Subjects of the ServiceAccounts that it accepts. Absent: it lists none. */
  readonly serviceAccounts?: ReadonlySet<string>;
  /** Says nothing where no rule of its speaks, instead of no: a baseline without Allow rules. */
  readonly abstains: boolean;
  readonly rules: readonly CompiledRule[];
  readonly index: RuleIndex;
}

/** Durations in seconds, sizes in bytes; an absent limit is off. Defaults: crds/defaults.ts. */
export interface PolicyLimits {
  /** Per principal and tool. */
  readonly requestsPerMinute?: number;
  readonly maxBodyBytes: number;
  readonly maxReplyBytes: number;
  readonly maxDepth: number;
  readonly callSeconds: number;
  readonly streamIdleSeconds?: number;
  /** Per principal. */
  readonly maxStreams: number;
}

export interface ServerSettings {
  readonly path: string;
  readonly publicUrls: readonly string[];
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
}

/** As whom a call reaches the server. */
export type UpstreamCredential =
  | { readonly mode: 'GatehouseToken' }
  | { readonly mode: 'None' }
  | { readonly mode: 'Static'; readonly header: string; readonly from: CredentialSource };

export type CredentialSource =
  /** Of the namespace of the pod. */
  | { readonly kind: 'secret'; readonly name: string; readonly key: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'env'; readonly name: string };

export interface CompiledPolicy {
  /** Observe only when every document says so. */
  readonly mode: 'Enforce' | 'Observe';
  /** False only while observing: masking is computed and recorded, and what leaves is left as it is. */
  readonly appliesMasking: boolean;
  /** Full when any document says so: the masked messages are recorded too. */
  readonly record: 'Metadata' | 'Full';
  readonly issuers: readonly IssuerSettings[];
  /** Absent: none are taken. Apart from `issuers`, since nobody signs in there and none of them approves. */
  readonly serviceAccounts?: ServiceAccountTrust;
  readonly limits: PolicyLimits;
  readonly server: ServerSettings;
  readonly upstream: UpstreamCredential;
  /** What is hidden in messages, and from the recorded copies of those that are not changed. */
  readonly masking: CompiledMasking;
  /** Of the policies that pin tool definitions; a tool must satisfy all of them. */
  readonly pinSets: readonly PinSet[];
  /** What each rule that asks for an approval asks for, by its id: `policy/rule`. */
  readonly approvals: ReadonlyMap<string, CompiledApproval>;
  /** Audience of the tokens that approve; there is one where anything asks. */
  readonly approvalAudience?: string;
  /** Who is told of what. */
  readonly notifications: CompiledNotifications;
  /** Digest of the documents, as the caller gave it. */
  readonly digest?: string;
  /** Each is judged alone; the strictest decision wins. In the order of their names. */
  readonly layers: readonly PolicyLayer[];
}
