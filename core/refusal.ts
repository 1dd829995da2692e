// A refusal is an answer, not a fault: a value that says why a message goes no further.
// sidecar/refuse.ts is the one place that turns a code into HTTP and JSON-RPC.

import type { TaskWords } from '#core/mcp/tasks.ts';

/** Every way Gatehouse says no. Closed: a new code needs its mapping, its metric label and its test. */
export const REFUSAL_CODES = [
  // admit head
  'host_not_allowed',
  'origin_not_allowed',
  'path_unknown',
  'method_not_allowed',
  'body_too_large',
  'encoding_not_accepted',
  'media_type_not_accepted',
  // authenticate
  'token_missing',
  'token_invalid',
  'scope_insufficient',
  'issuer_unavailable',
  // admit body
  'json_invalid',
  'message_invalid',
  'batch_refused',
  'header_mismatch',
  'revision_unsupported',
  'session_unknown',
  'response_uncorrelated',
  'state_invalid',
  'capability_missing',
  // evaluate
  'denied',
  'target_unknown',
  'method_unknown',
  // settle: the waiting ladder
  'approval_task',
  'approval_round',
  'approval_pending',
  'approval_refused',
  'approval_unavailable',
  // limit
  'rate_limited',
  'streams_exhausted',
  // intend, conclude
  'evidence_unavailable',
  // forward
  'upstream_unavailable',
  'upstream_timeout',
  'upstream_invalid',
  'upstream_requires_oauth',
  // mask
  'content_withheld',
  // life cycle
  'draining',
] as const;

export type RefusalCode = (typeof REFUSAL_CODES)[number];

/** What a caller may know of an approval: enough to follow it, nothing to decide it. */
export interface ApprovalNotice {
  readonly id: string;
  readonly url: string;
  /** RFC 3339 in UTC. */
  readonly expiresAt: string;
  /** With `approval_round`: what the client sends back to go on waiting (MRTR). */
  readonly requestState?: string;
}

/**
 * `reason` is shown to the peer and recorded: it names fields and rules, never a value that a peer
 * or a token supplied.
 */
export interface Refusal {
  readonly code: RefusalCode;
  readonly reason: string;
  readonly rule?: string;
  /** Seconds after which the same message may succeed; sent as Retry-After. */
  readonly retryAfterSeconds?: number;
  /** The approval that the call waits for, or was refused by. */
  readonly approval?: ApprovalNotice;
  /** With `approval_task`: what the call goes on as. */
  readonly task?: TaskWords;
  /** With `method_not_allowed`: the methods that are, as the header Allow has them. */
  readonly allow?: string;
  /** Scopes to ask for: with `scope_insufficient` all that are needed now (MCP authorization). */
  readonly scopes?: readonly string[];
}
