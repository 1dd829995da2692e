// From a call that waits to the request that people see: bound to who, what, under which rule and with
// exactly which arguments; shown as the bytes came, masked.

import { bindingOf } from '#core/approvals/binding.ts';
import { type ApprovalRequest, MAX_PREVIEW_BYTES, requesterOf } from '#core/approvals/request.ts';
import type { JsonObject, JsonValue } from '#core/mcp/messages.ts';
import { locate } from '#core/mcp/spans.ts';
import { askedApproval } from '#core/policy/approval-terms.ts';
import type { RequireApproval } from '#core/policy/decision.ts';
import type { Refusal } from '#core/refusal.ts';
import type { Snapshot } from './activation.ts';
import type { Gate } from './gate.ts';
import { mask, originOf } from './mask.ts';
import type { WaitingCall } from './obtain-approval.ts';

export type AskedApproval =
  | { readonly ok: true; readonly request: ApprovalRequest }
  | { readonly ok: false; readonly refusal: Refusal };

export function approvalRequest(
  decision: RequireApproval,
  call: WaitingCall,
  snapshot: Snapshot,
  gate: Gate,
): AskedApproval {
  const { request } = call;
  const { principal } = call.exchange.facts;
  const requester = requesterOf(principal);
  if (!requester.ok) return refused(requester.reason);
  const { target } = request;
  const asked = askedApproval(snapshot.policy, decision);
  if (target === undefined || asked === undefined) {
    return refused('only a tool, a prompt or a resource can be approved');
  }
  const preview = previewOf(call, snapshot);
  if (preview === undefined) return refused('the arguments cannot be shown to an approver');
  const server = gate.upstream.url.href;
  const definition = definitionOf(call, gate);
  const bound = {
    principal,
    server,
    method: request.method,
    target,
    definition,
    rule: asked.digest,
    arguments: boundArguments(request.params, asked.reapproveOnInput),
  };
  return {
    ok: true,
    request: {
      id: gate.newId(),
      binding: bindingOf(bound, asked.terms.allowance.scope),
      terms: asked.terms,
      requester: requester.requester,
      server,
      method: request.method,
      target,
      rule: decision.rule,
      preview,
    },
  };
}

/** All the server will see besides the target; `_meta` and our own state are of one attempt alone. */
function boundArguments(params: JsonObject, withInput: boolean): JsonValue {
  const { name: _name, uri: _uri, _meta, requestState: _state, inputResponses, ...bound } = params;
  return withInput && inputResponses !== undefined ? { ...bound, inputResponses } : bound;
}

/** A changed definition is another tool; prompts and resources have none. */
function definitionOf({ request }: WaitingCall, gate: Gate): string {
  const { target } = request;
  return target?.kind === 'tool' ? (gate.definitions.digestOf(target.name) ?? '') : '';
}

/** The `params` bytes as they came, masked as a record's copy would be; undefined when withheld. */
function previewOf(call: WaitingCall, snapshot: Snapshot): string | undefined {
  const origin = originOf(call.request);
  const masked = mask({ ...call.admission.received, direction: 'toServer', origin }, snapshot);
  const copy = masked.kind === 'masked' ? masked.recorded : undefined;
  if (copy === undefined) return undefined;
  const span = locate(copy, ['params', 'arguments']) ?? locate(copy, ['params']);
  if (span === undefined || span.end - span.start > MAX_PREVIEW_BYTES) return undefined;
  return Buffer.from(copy.subarray(span.start, span.end)).toString('utf8');
}

function refused(reason: string): AskedApproval {
  return { ok: false, refusal: { code: 'approval_refused', reason } };
}
