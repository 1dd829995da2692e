// What an approval is bound to, as one digest: who calls, what, under which rule, with which
// arguments. Whatever differs in one of these is another call and needs an approval of its own.

import { digest } from '#core/evidence/signature.ts';
import type { Principal } from '#core/identity/principal.ts';
import { canonicalJson } from '#core/mcp/canonical-json.ts';
import type { JsonObject, JsonValue, Target } from '#core/mcp/messages.ts';

export interface BoundCall {
  readonly principal: Pick<Principal, 'issuer' | 'subject' | 'clientId' | 'actors'>;
  /** Which MCP server: what tells it apart from any other that shares the store. */
  readonly server: string;
  readonly method: string;
  readonly target: Target;
  /** Digest of the tool definition as the server gives it now; a changed tool is another tool. */
  readonly definition: string;
  /** `ruleDigest` of what asks for the approval. */
  readonly rule: string;
  /** What the caller supplies besides the target: all of it that the server will see. */
  readonly arguments: JsonValue;
}

/** Whether a grant is for one call, or for a while whatever the arguments. */
export type ApprovalScope = 'Call' | 'Window';

/**
 * SHA-256 as 64 lower-case hexadecimal digits. The act chain stands in it as part of the principal:
 * who is barred from approving depends on it. The scopes hash under different purposes, so no choice
 * of arguments makes a call look like a window.
 */
export function bindingOf(call: BoundCall, scope: ApprovalScope): string {
  const facts = boundFacts(call);
  return scope === 'Window'
    ? digest('windowBinding', canonicalJson(facts))
    : digest('callBinding', canonicalJson({ ...facts, arguments: call.arguments }));
}

/**
 * Digest of everything in the policy that asks for an approval and says who may give it: when any of
 * that changes, a grant given under the old words no longer fits. Other parts of the policy may change.
 */
export function ruleDigest(words: JsonValue): string {
  return digest('approvalRule', canonicalJson(words));
}

function boundFacts({ principal, server, method, target, definition, rule }: BoundCall) {
  return {
    issuer: principal.issuer,
    subject: principal.subject,
    ...(principal.clientId === undefined ? {} : { client: principal.clientId }),
    actors: principal.actors.map(
      ({ issuer, subject }): JsonObject => ({
        subject,
        ...(issuer === undefined ? {} : { issuer }),
      }),
    ),
    server,
    method,
    target: { kind: target.kind, name: target.name },
    definition,
    rule,
  };
}
