// Messages from the server are judged too: what answers a request is checked against that request,
// what the server asks or tells the client is judged by policy (design section 4).

import type { Principal } from '#core/identity/principal.ts';
import { readToolPage } from '#core/mcp/definitions.ts';
import { filterList, privatise } from '#core/mcp/lists.ts';
import {
  isObject,
  type JsonObject,
  type JsonValue,
  type NotificationMessage,
  type RequestMessage,
  type ResponseMessage,
} from '#core/mcp/messages.ts';
import { METHODS } from '#core/mcp/methods.ts';
import { eraOf, isRevision } from '#core/mcp/revisions.ts';
import { locate } from '#core/mcp/spans.ts';
import { setMember, splice } from '#core/mcp/splice.ts';
import { declareTasks } from '#core/mcp/tasks.ts';
import type { Decision } from '#core/policy/decision.ts';
import { evaluate } from '#core/policy/evaluate.ts';
import { quarantine } from '#core/policy/pins.ts';
import { isVisible } from '#core/policy/visible.ts';
import type { Refusal } from '#core/refusal.ts';
import type { Snapshot } from './activation.ts';
import type { Definitions, KnownDefinition } from './definitions.ts';
import type { Exchange } from './exchange.ts';
import { refuseElicitations, refuseInputRequests } from './judge-input.ts';
import { sealTasks } from './server-tasks.ts';
import type { RequestStates, ServerState } from './state.ts';
import type { TaskIds } from './task-ids.ts';

/** An answer from the server, as it came. */
export interface Outbound {
  readonly message: ResponseMessage;
  readonly bytes: Uint8Array;
  readonly value: JsonValue;
}

export type OutboundVerdict =
  | { readonly kind: 'pass'; readonly bytes: Uint8Array; readonly hidden: number }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export interface OutboundContext {
  readonly definitions: Definitions;
  readonly states: RequestStates;
  readonly taskIds: TaskIds;
  /** Calls that need an approval may wait as tasks. */
  readonly offersTasks: boolean;
  readonly nowSeconds: number;
  readonly newId: () => string;
}

/** What the server asks or tells the client, under the snapshot current for its stream. */
export function judgeOutbound(
  message: RequestMessage | NotificationMessage,
  principal: Principal,
  { policy }: Snapshot,
): Decision {
  return evaluate(policy, principal, message, 'toClient');
}

/** What answers the client's own request: filtered, sealed, or withheld when it cannot be judged. */
export function judgeAnswer(
  outbound: Outbound,
  asked: Exchange,
  context: OutboundContext,
): OutboundVerdict {
  const { request } = asked.facts;
  const denied = refuseElicitations(outbound.message, asked);
  if (denied !== undefined) return { kind: 'refused', refusal: denied };
  const result = resultOf(outbound.message);
  if (request === undefined || result === undefined) return pass(outbound.bytes);
  if (request.method === 'initialize') return judgeHandshake(outbound.bytes, result);
  if (METHODS.get(request.method)?.list !== undefined) {
    return judgeList(outbound, asked, context.definitions);
  }
  if (result.resultType === 'input_required') {
    return judgeInputRequired(outbound.bytes, result, asked, context);
  }
  if (request.method === 'resources/read') return judgeRead(outbound, asked);
  if (request.method === 'server/discover') return judgeDiscovery(outbound, result, asked, context);
  return judgeTasks(outbound, result, asked, context);
}

/** Clients need not look for tasks where nobody says that there are any. */
function judgeDiscovery(
  { bytes }: Outbound,
  { capabilities }: JsonObject,
  { facts: { snapshot } }: Exchange,
  { offersTasks }: OutboundContext,
): OutboundVerdict {
  if (!offersTasks || snapshot.policy.approvals.size === 0 || !isObject(capabilities)) {
    return pass(bytes);
  }
  return pass(splice(bytes, declareTasks(bytes, capabilities)));
}

/** A task's ids leave sealed, and what it asks of the client is judged as a question of the server's. */
function judgeTasks(
  { bytes, value }: Outbound,
  result: JsonObject,
  asked: Exchange,
  { taskIds }: OutboundContext,
): OutboundVerdict {
  const isAbout = asked.facts.task !== undefined;
  const denied = isAbout ? refuseInputRequests(result.inputRequests, asked) : undefined;
  if (denied !== undefined) return { kind: 'refused', refusal: denied };
  // Of ours we said all else ourselves.
  if (asked.facts.task?.kind === 'own') return pass(bytes);
  const sealed = sealTasks({ bytes, value, result }, asked, taskIds);
  return sealed.ok
    ? { kind: 'pass', bytes: sealed.bytes, hidden: sealed.hidden }
    : refused('upstream_invalid', sealed.reason);
}

/** Who may read it is a matter of policy: no cache may hand it to somebody else. */
function judgeRead({ bytes, value }: Outbound, { facts }: Exchange): OutboundVerdict {
  const { snapshot, revision } = facts;
  if (snapshot.policy.mode === 'Observe') return pass(bytes);
  const shaped = privatise({ bytes, value, revision });
  return shaped.ok ? pass(shaped.bytes) : refused('upstream_invalid', shaped.reason);
}

function judgeHandshake(bytes: Uint8Array, result: JsonObject): OutboundVerdict {
  const revision = result.protocolVersion;
  // A handshake negotiates sessions; revisions without them are named on each request instead.
  const isKnown = typeof revision === 'string' && isRevision(revision);
  if (isKnown && eraOf(revision) === 'legacy') return pass(bytes);
  const named = typeof revision === 'string' && /^[\w.-]{1,32}$/.test(revision) ? revision : '?';
  return refused(
    'upstream_invalid',
    `the MCP server chose protocol version ${named}, which Gatehouse does not support`,
  );
}

function judgeList(outbound: Outbound, asked: Exchange, definitions: Definitions): OutboundVerdict {
  const { snapshot, principal, request, revision } = asked.facts;
  const kind = METHODS.get(request?.method ?? '')?.list;
  if (kind === undefined) return pass(outbound.bytes);
  const { policy } = snapshot;
  // Learnt before anything is left out: what one principal may not see is there all the same.
  const tools = kind === 'tools' ? learnPage(outbound.message, asked, definitions) : [];
  const approves = (name: string, index: number): boolean =>
    kind !== 'tools' || quarantine(policy, name, tools[index]?.digest) === undefined;
  const filtered = filterList({
    bytes: outbound.bytes,
    value: outbound.value,
    list: kind,
    keep: (name, index) =>
      isVisible(policy, principal, { kind: TARGET_OF_LIST[kind], name }) && approves(name, index),
    revision,
  });
  if (!filtered.ok) return refused('upstream_invalid', filtered.reason);
  return policy.mode === 'Observe'
    ? { kind: 'pass', bytes: outbound.bytes, hidden: filtered.hidden }
    : { kind: 'pass', bytes: filtered.bytes, hidden: filtered.hidden };
}

/** The definitions in the order of the page; none when it cannot be read, and then nothing is kept. */
function learnPage(
  { body }: ResponseMessage,
  asked: Exchange,
  definitions: Definitions,
): readonly KnownDefinition[] {
  const page = 'result' in body ? readToolPage(body.result) : undefined;
  if (!page?.ok) return [];
  const isLast = page.nextCursor === undefined;
  return definitions.learn({ tools: page.tools, isLast, exchange: asked.facts.id });
}

const TARGET_OF_LIST = {
  tools: 'tool',
  prompts: 'prompt',
  resources: 'resource',
  resourceTemplates: 'resource',
} as const;

/** MRTR: each question to the client is judged as one, and the server's state travels sealed. */
function judgeInputRequired(
  bytes: Uint8Array,
  result: JsonObject,
  asked: Exchange,
  context: OutboundContext,
): OutboundVerdict {
  const denied = refuseInputRequests(result.inputRequests, asked);
  if (denied !== undefined) return { kind: 'refused', refusal: denied };
  const state = result.requestState;
  if (state !== undefined && typeof state !== 'string') {
    return refused('upstream_invalid', 'result.requestState of the MCP server is not a string');
  }
  const { request, principal } = asked.facts;
  const carried = carriedOn(state, asked, context.newId);
  const object = locate(bytes, ['result']);
  if (carried === undefined || request === undefined || object === undefined) return pass(bytes);
  const sealed = context.states.seal(carried, request, principal, context.nowSeconds);
  if (sealed === undefined) {
    return refused('upstream_invalid', 'result.requestState of the MCP server is too long');
  }
  const edit = setMember(bytes, object, 'requestState', JSON.stringify(sealed));
  return pass(splice(bytes, [edit]));
}

/** An approval that covers input goes on with the client, once; undefined: there is nothing to carry. */
function carriedOn(
  state: string | undefined,
  { approval }: Exchange,
  newId: () => string,
): ServerState | undefined {
  const goesOn = approval?.coversInput === true;
  if (state === undefined && !goesOn) return undefined;
  return {
    kind: 'server',
    ...(state === undefined ? {} : { state }),
    ...(goesOn ? { approved: { approvalId: approval.id, nonce: newId() } } : {}),
  };
}

function resultOf(message: ResponseMessage): JsonObject | undefined {
  if (!('result' in message.body)) return undefined;
  return isObject(message.body.result) ? message.body.result : undefined;
}

function pass(bytes: Uint8Array): OutboundVerdict {
  return { kind: 'pass', bytes, hidden: 0 };
}

function refused(code: Refusal['code'], reason: string): OutboundVerdict {
  return { kind: 'refused', refusal: { code, reason } };
}
