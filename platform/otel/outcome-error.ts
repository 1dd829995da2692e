// What of an outcome counts as an error, and its name: by the MCP conventions, which leave what is the
// caller's own mistake unset, and for a refusal by whose business it is.

import type { RecordedOutcome } from '#core/evidence/record.ts';
import type { RefusalCode } from '#core/refusal.ts';

/** Refusals in which something failed, rather than did its work. */
const FAULTS: ReadonlySet<RefusalCode> = new Set([
  'issuer_unavailable',
  'approval_unavailable',
  'evidence_unavailable',
  'upstream_unavailable',
  'upstream_timeout',
  'upstream_invalid',
  'upstream_requires_oauth',
  'content_withheld',
]);

/** `error.type`; undefined when nothing went wrong. */
export function errorType({ status, refusal, errorCode }: RecordedOutcome): string | undefined {
  switch (status) {
    case 'ok':
    case 'delivered':
      return undefined;
    case 'rpc_error':
      return errorCode === undefined ? '_OTHER' : String(errorCode);
    default:
      return refusal ?? status;
  }
}

/** Whether a span's status is Error. */
export function isError(outcome: RecordedOutcome, callerErrors: ReadonlySet<number>): boolean {
  const { status, refusal, errorCode } = outcome;
  switch (status) {
    case 'rpc_error':
      return errorCode === undefined || !callerErrors.has(errorCode);
    case 'refused':
      return refusal !== undefined && FAULTS.has(refusal);
    case 'tool_error':
    case 'timeout':
    case 'withheld':
    case 'unknown':
      return true;
    case 'ok':
    case 'delivered':
    case 'cancelled':
    case 'disconnected':
      return false;
  }
}
