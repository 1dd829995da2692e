// The evidence record: what an auditor reads and a verifier recomputes. docs/audit-format.md is its
// byte-level specification. A draft becomes a record when its lane gives it a place in the chain.

import type { Actor } from '#core/identity/principal.ts';
import type { RefusalCode } from '#core/refusal.ts';

export const RECORD_TYPES = [
  'lane.open',
  'lane.certified',
  'lane.heartbeat',
  'lane.close',
  'auth.failed',
  'message.refused',
  'intent',
  'outcome',
  'stream.message',
  'redelivery',
  'session.open',
  'session.close',
  'policy.loaded',
  'policy.rejected',
  'policy.observed',
  'drift.found',
  'drift.cleared',
  'lane.refused',
  'policy.admitted',
  'injection.changed',
  'catalog.learnt',
  'catalog.changed',
  'approval.requested',
  'approval.voted',
  'approval.granted',
  'approval.denied',
  'approval.expired',
  'approval.consumed',
  'approval.revoked',
  'approval.cancelled',
  'approval.glass_broken',
  'approval.glass_reviewed',
  'approval.glass_overdue',
  'recording.viewed',
  'alert.raised',
  'notification.failed',
  'listeners.exposed',
  'install.removed',
  'degraded.enter',
  'degraded.exit',
] as const;
export type RecordType = (typeof RECORD_TYPES)[number];

/** What `catalog.changed` says became of the definition of a tool. */
export const DEFINITION_EFFECTS = ['quarantined', 'observed', 'released'] as const;
export type DefinitionEffect = (typeof DEFINITION_EFFECTS)[number];

/** The principal as recorded: identity only, no claims beyond those a rule matched. */
export interface RecordedPrincipal {
  readonly issuer: string;
  readonly subject: string;
  readonly actors?: readonly Actor[];
  readonly client?: string;
}

export interface RecordedMessage {
  readonly method: string;
  readonly target?: string;
  /** The JSON-RPC id as text; absent on notifications. */
  readonly requestId?: string;
  readonly revision?: string;
  readonly direction: 'toServer' | 'toClient';
  readonly sizeBytes: number;
}

export interface RecordedDecision {
  readonly effect: 'Allow' | 'Deny' | 'RequireApproval';
  readonly rule?: string;
  readonly reason?: string;
  /** SHA-256 of the policy snapshot that judged it. */
  readonly policy: string;
  /** Observe: what Enforce would have said; the message went on all the same. */
  readonly observed?: true;
  /** Id of the approval that the message was let through by, or waits for. */
  readonly approval?: string;
}

/** How an exchange ended. `unknown`: the call was forwarded and no answer could be had. */
export const OUTCOME_STATUSES = [
  'ok',
  'tool_error',
  'rpc_error',
  'refused',
  'delivered',
  'cancelled',
  'disconnected',
  'timeout',
  'withheld',
  'unknown',
] as const;
export type OutcomeStatus = (typeof OUTCOME_STATUSES)[number];

export interface RecordedOutcome {
  readonly status: OutcomeStatus;
  readonly refusal?: RefusalCode;
  readonly reason?: string;
  readonly httpStatus?: number;
  /** JSON-RPC error code, when the answer was an error. */
  readonly errorCode?: number;
  readonly sizeBytes?: number;
  /** Whole microseconds since the intent. */
  readonly durationMicros?: number;
  /** Whole microseconds from the intent until the message went upstream; absent when it did not. */
  readonly sentMicros?: number;
  /** Whole microseconds from the intent until the server's answer was there, still unmasked. */
  readonly answeredMicros?: number;
  /** Items removed from a list because the principal may not see them. */
  readonly hidden?: number;
}

/** A recorded message: the chain holds no byte of it, only what binds the chain to the recording. */
export interface RecordedPayload {
  /** SHA-256 over purpose, salt and the recorded bytes, lower-case hex; the salt is in the blob alone. */
  readonly commitment: string;
  /** SHA-256 of the encrypted blob, lower-case hex. */
  readonly blob: string;
  /** Recorded bytes: the masked message, up to its first 16 MiB. */
  readonly sizeBytes: number;
  /** The message was longer than what is recorded of it. */
  readonly truncated?: true;
}

/** One kind of value that masking hid, or that kept the message back; never the value. */
export interface RecordedRedaction {
  /** The detector, or the entry of `spec.masking`, that found it. */
  readonly detector: string;
  /** JSON pointer into the masked message; empty for places beyond those that are listed. */
  readonly pointer: string;
  readonly action: string;
  readonly count: number;
}

/** What masking did to the message that the record is about. */
export interface RecordedMasking {
  readonly redactions: readonly RecordedRedaction[];
  /** The message was kept back: by a rule, because no masked value fits the schema, or by a fault. */
  readonly withheld?: 'blocked' | 'unmaskable' | 'failed';
  /** Observe: what was found went on all the same; the recorded copy is masked. */
  readonly observed?: true;
}

/** What became of a call that waits for people. The record's principal is who asked. */
export interface RecordedApproval {
  readonly id: string;
  /** SHA-256 that names the call, lower-case hex. */
  readonly binding: string;
  readonly state: string;
  readonly rule: string;
  readonly scope: string;
  readonly target: string;
  /** Who decided, voted or tried to: their issuer and subject. */
  readonly approverIssuer?: string;
  readonly approver?: string;
  readonly choice?: 'approve' | 'deny';
  /** Why a vote or a revocation was not taken: it changed nothing. */
  readonly refusal?: string;
  readonly reason?: string;
  /** Subjects of all whose approval made the grant. */
  readonly approvers?: readonly string[];
  /** Names the grant; with `use`, its spending. No two records of `approval.consumed` share both. */
  readonly nonce?: string;
  readonly use?: number;
  readonly maxUses?: number;
  /** With `approval.granted`: when it was asked for. Whole milliseconds since 1970. */
  readonly requestedAtMillis?: number;
  /** When the request or the grant runs out: whole milliseconds since 1970. */
  readonly expiresAtMillis?: number;
  /** The grant that is spent was made by breaking glass, not by votes. */
  readonly breakGlass?: true;
  /** Glass was broken: somebody else must have reviewed that by then. Whole milliseconds since 1970. */
  readonly reviewUntilMillis?: number;
  /** What the reviewer thinks of broken glass. */
  readonly verdict?: 'justified' | 'unjustified';
}

/** Everything a writer says; the lane adds v, lane, seq, prev. Integers only, no floats. */
export interface RecordDraft {
  readonly type: RecordType;
  /** RFC 3339 UTC with microseconds. */
  readonly ts: string;
  /** UUIDv7 shared by the intent and outcome of one exchange. */
  readonly exchange?: string;
  /** Opaque id that groups the exchanges of one session; never the wire's session id. */
  readonly session?: string;
  /** The caller's trace, its span in it, and whether the caller asked not to be traced. */
  readonly trace?: string;
  readonly span?: string;
  readonly unsampled?: true;
  readonly principal?: RecordedPrincipal;
  readonly source?: { readonly address: string };
  readonly message?: RecordedMessage;
  readonly decision?: RecordedDecision;
  readonly outcome?: RecordedOutcome;
  readonly masking?: RecordedMasking;
  readonly payload?: RecordedPayload;
  readonly approval?: RecordedApproval;
  /** Facts of life-cycle types (lane, policy, degraded); flat, JCS-safe. */
  readonly detail?: { readonly [key: string]: string | number | boolean | readonly string[] };
}

export interface EvidenceRecord extends RecordDraft {
  readonly v: 1;
  readonly lane: string;
  /** 1, 2, 3 … without gaps inside the lane. */
  readonly seq: number;
  /** SHA-256 of the record before it, lower-case hex; 64 zeros for seq 1. */
  readonly prev: string;
}
