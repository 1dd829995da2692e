// From a call that waits to the request that people see: bound to who, what, under which rule and with
// exactly which arguments; shown as the bytes came, masked.

import { bindingOf } from '#core/approvals/binding.ts';
import { type ApprovalRequest, requesterOf } from '#core/approvals/request.ts';
import type { JsonObject } from '#core/mcp/messages.ts';
import { locate } from '#core/mcp/spans.ts';
import { removeMember, splice } from '#core/mcp/splice.ts';
import { askedApproval } from '#core/policy/approval-terms.ts';
import type { RequireApproval } from '#core/policy/decision.ts';
import type { Refusal } from '#core/refusal.ts';
import type { Snapshot } from './activation.ts';
import type { KnownDefinition } from './definitions.ts';
import type { Gate } from './gate.ts';
import { mask, originOf } from './mask.ts';
import { maskedTarget } from './masked-target.ts';
import type { KeptCall, WaitingCall } from './obtain-approval.ts';

export interface AskedCall {
  readonly ok: true;
  /** Each attempt makes a request of its own id. */
  readonly request: Omit<ApprovalRequest, 'id'>;
  /** Digest of the tool's definition that it is bound to. */
  readonly definition: string;
  readonly reapproveOnInput: boolean;
  /** What the rule tells the caller. */
  readonly message: string | undefined;
}

export type AskedApproval = AskedCall | NotAsked;

interface NotAsked {
  readonly ok: false;
  readonly kind: 'refused';
  readonly refusal: Refusal;
}

/**
 * What this call asks for as it comes, under its own snapshot. Where people look at one call, the server
 * is asked what its tool is now; a window is for many, and goes by what is known as any call does.
 */
export async function askFor(
  decision: RequireApproval,
  call: WaitingCall,
  gate: Gate,
): Promise<AskedApproval> {
  const { snapshot } = call.exchange.facts;
  const scope = askedApproval(snapshot.policy, decision)?.terms.allowance.scope;
  const found = await definitionOf(call, gate, { anew: scope === 'Call' });
  if ('code' in found) return { ok: false, kind: 'refused', refusal: found };
  return askedBy(decision, call, { snapshot, definition: found.digest }, gate);
}

export function askedBy(
  decision: RequireApproval,
  call: KeptCall,
  { snapshot, definition }: { readonly snapshot: Snapshot; readonly definition: string },
  gate: Gate,
): AskedApproval {
  const { method, params, target } = call.request;
  const { principal } = call.exchange.facts;
  const requester = requesterOf(principal);
  if (!requester.ok) return refused(requester.reason);
  const asked = askedApproval(snapshot.policy, decision);
  if (target === undefined || asked === undefined) {
    return refused('only a tool, a prompt or a resource can be approved');
  }
  const { terms, digest, reapproveOnInput, message } = asked;
  const preview = previewOf(call, snapshot, reapproveOnInput);
  if (preview === undefined) return refused('the arguments cannot be shown to an approver');
  const server = gate.upstream.url.href;
  const bound = boundArguments(params, reapproveOnInput);
  const facts = { principal, server, method, target, definition, rule: digest, arguments: bound };
  const request = {
    binding: bindingOf(facts, terms.allowance.scope),
    terms,
    requester: requester.requester,
    server,
    method,
    target: maskedTarget(target, 'toServer', snapshot),
    rule: decision.rule,
    preview,
  };
  return { ok: true, request, definition, reapproveOnInput, message };
}

/** Of one attempt alone, or said beside the arguments already. */
const UNBOUND = ['name', 'uri', '_meta', 'requestState'];

/** All the server will see besides the target. */
function boundArguments(params: JsonObject, withInput: boolean): JsonObject {
  const unbound = withInput ? UNBOUND : [...UNBOUND, 'inputResponses'];
  return Object.fromEntries(Object.entries(params).filter(([name]) => !unbound.includes(name)));
}

/**
 * Digest of the tool's definition: a changed one is another tool. Prompts and resources have none.
 * `anew`: as the server gives it now, whatever is known.
 */
export async function definitionOf(
  { request, exchange, head }: WaitingCall,
  gate: Gate,
  { anew }: { readonly anew: boolean },
): Promise<{ readonly digest: string } | Refusal> {
  const { target } = request;
  if (target?.kind !== 'tool') return { digest: '' };
  const { name } = target;
  const known = anew ? undefined : gate.definitions.find(name);
  if (known !== undefined) return digestIn(known);
  const caller = { exchange, message: request, head };
  const found = anew
    ? await gate.inquiries.askAnew(name, caller, gate)
    : await gate.inquiries.ask(name, caller, gate);
  switch (found.kind) {
    case 'known':
      return digestIn(found.definition);
    case 'unknown':
      return GONE;
    case 'refused':
      return found.refusal;
  }
}

function digestIn({ digest }: KnownDefinition): { readonly digest: string } | Refusal {
  return digest === undefined ? UNBINDABLE : { digest };
}

const GONE: Refusal = {
  code: 'approval_refused',
  reason: 'the server lists no tool of this name to this caller any more',
};

const UNBINDABLE: Refusal = {
  code: 'approval_refused',
  reason:
    'the definition that the server gives of this tool cannot be approved: it has no canonical form',
};

/**
 * The bytes as they came, masked as a record's copy would be: the arguments, or all of `params` that is
 * bound where there is more. Undefined when masking withholds them.
 */
function previewOf(call: KeptCall, snapshot: Snapshot, withInput: boolean): string | undefined {
  const origin = originOf(call.request);
  const masked = mask({ ...call.admission.received, direction: 'toServer', origin }, snapshot);
  const recorded = masked.kind === 'masked' ? masked.recorded : undefined;
  if (recorded === undefined) return undefined;
  const bound = Object.keys(boundArguments(call.request.params, withInput));
  const isPlain = bound.length === 1 && bound[0] === 'arguments';
  const copy = isPlain ? recorded : withoutUnbound(recorded);
  const span = locate(copy, isPlain ? ['params', 'arguments'] : ['params']);
  return span === undefined
    ? '{}'
    : Buffer.from(copy.subarray(span.start, span.end)).toString('utf8');
}

function withoutUnbound(bytes: Uint8Array): Uint8Array {
  return UNBOUND.reduce((rest, name) => {
    const params = locate(rest, ['params']);
    const edit = params && removeMember(rest, params, name);
    return edit === undefined ? rest : splice(rest, [edit]);
  }, bytes);
}

function refused(reason: string): NotAsked {
  return { ok: false, kind: 'refused', refusal: { code: 'approval_refused', reason } };
}
