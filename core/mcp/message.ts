// Reads the JSON-RPC envelope and the target of one message, strictly, because both are judged.
// Everything else in the message passes as it came.

import {
  isArray,
  isObject,
  type JsonObject,
  type JsonValue,
  type Message,
  type NotificationMessage,
  type RequestId,
  type RequestMessage,
  type ResponseMessage,
  type Target,
  type TargetKind,
} from './messages.ts';
import { claimedRevision } from './meta.ts';
import { METHODS, type MethodFacts, type TargetMember } from './methods.ts';
import { isRevision } from './revisions.ts';

export type ParsedMessage =
  | { readonly ok: true; readonly message: Message }
  | {
      readonly ok: false;
      readonly code: 'message_invalid' | 'batch_refused';
      readonly reason: string;
    };

// What a peer may make us hold, match and record per message. Real methods stay under 50
// characters, ids under 40, names under 64 (server/tools, "Tool Names"); URIs carry queries.
export const MAX_METHOD_LENGTH = 256;
export const MAX_ID_LENGTH = 1024;
export const MAX_NAME_LENGTH = 1024;
export const MAX_URI_LENGTH = 4096;
/** Clients carry the ids of tasks sealed, with what they belong to. */
export const MAX_TASK_ID_LENGTH = 4096;

/**
 * Members that are judged, mirrored or bound. A parser that matches names in any case (Go's encoding/json does, and
 * takes the last that fits) would read `Name` for `name`: another message than the one that was judged.
 */
const ENVELOPE_MEMBERS = new Set(['jsonrpc', 'id', 'method', 'params', 'result', 'error']);
const PARAMS_MEMBERS = new Set([
  ...['name', 'arguments', 'uri', 'ref', 'taskId', 'task', '_meta'],
  ...['requestState', 'inputResponses'],
]);
const REF_MEMBERS = new Set(['type', 'name', 'uri']);

export function parseMessage(value: JsonValue): ParsedMessage {
  if (isArray(value)) {
    return {
      ok: false,
      code: 'batch_refused',
      reason: 'JSON-RPC arrays are refused: send one message per request',
    };
  }
  if (!isObject(value)) return invalid('body is not a JSON-RPC object');
  const misspelt = likenessOf(ENVELOPE_MEMBERS, value);
  if (misspelt !== undefined) return invalid(`${misspelt} must be written in just this case`);
  if (value.jsonrpc !== '2.0') return invalid('jsonrpc must be "2.0"');
  if (value.method === undefined) return parseResponse(value);
  if (value.result !== undefined || value.error !== undefined) {
    return invalid('a message has either method, or result or error');
  }
  return parseCall(value);
}

function parseCall(envelope: JsonObject): ParsedMessage {
  const { id, method, params = {} } = envelope;
  if (typeof method !== 'string' || method === '' || method.length > MAX_METHOD_LENGTH) {
    return invalid(`method must be a string of 1 to ${MAX_METHOD_LENGTH} characters`);
  }
  if (!isObject(params)) return invalid('params must be an object or absent');
  if (id !== undefined && !isRequestId(id)) return invalid(BAD_ID);
  const facts = METHODS.get(method);
  const misspelt = facts === undefined ? undefined : likenessOf(PARAMS_MEMBERS, params);
  if (misspelt !== undefined) {
    return invalid(`params.${misspelt} must be written in just this case`);
  }
  const kind = id === undefined ? 'notification' : 'request';
  if (facts !== undefined && facts.kind !== kind) {
    return invalid(
      facts.kind === 'request'
        ? 'this method is a request: it needs an id'
        : 'this method is a notification: it has no id',
    );
  }
  const found = findTarget(facts, params);
  if (!found.ok) return invalid(found.reason);
  const call = { method, params, ...(found.target === undefined ? {} : { target: found.target }) };
  const message: RequestMessage | NotificationMessage =
    id === undefined ? { kind: 'notification', ...call } : { kind: 'request', id, ...call };
  return { ok: true, message };
}

function parseResponse(envelope: JsonObject): ParsedMessage {
  const { id, result, error } = envelope;
  if (result !== undefined && error !== undefined) {
    return invalid('a response has either result or error');
  }
  if (error !== undefined) {
    if (!isObject(error)) return invalid('error must be an object');
    // null answers a request that could not be read (JSON-RPC 2.0 section 5)
    if (id !== undefined && id !== null && !isRequestId(id)) return invalid(BAD_ID);
    return response({ ...(id === undefined || id === null ? {} : { id }), body: { error } });
  }
  if (result === undefined) return invalid('a message needs method, result or error');
  if (!isRequestId(id)) return invalid(BAD_ID);
  return response({ id, body: { result } });
}

function response(fields: Omit<ResponseMessage, 'kind'>): ParsedMessage {
  return { ok: true, message: { kind: 'response', ...fields } };
}

type Found =
  | { readonly ok: true; readonly target?: Target }
  | { readonly ok: false; readonly reason: string };

function findTarget(facts: MethodFacts | undefined, params: JsonObject): Found {
  if (facts?.targetMember === undefined) return { ok: true };
  if (isOutsideItsRevision(facts, params)) return { ok: true };
  return targetAt(facts.targetMember, facts.targetKind ?? 'tool', params);
}

function targetAt(place: TargetMember, kind: TargetKind, params: JsonObject): Found {
  switch (place) {
    case 'ref':
      return refTarget(params.ref);
    case 'uri':
    case 'name':
    case 'taskId':
      return target(kind, `params.${place}`, params[place]);
  }
}

/**
 * A method that the message's own revision does not have is answered as unknown, by checkHeaders,
 * whatever its parameters: there, they have no meaning.
 */
function isOutsideItsRevision(facts: MethodFacts, params: JsonObject): boolean {
  const claimed = claimedRevision(params);
  return typeof claimed === 'string' && isRevision(claimed) && !facts.revisions.includes(claimed);
}

function refTarget(ref: JsonValue | undefined): Found {
  if (!isObject(ref)) return { ok: false, reason: 'params.ref must be an object' };
  const misspelt = likenessOf(REF_MEMBERS, ref);
  if (misspelt !== undefined) {
    return { ok: false, reason: `params.ref.${misspelt} must be written in just this case` };
  }
  switch (ref.type) {
    case 'ref/prompt':
      return target('prompt', 'params.ref.name', ref.name);
    case 'ref/resource':
      return target('resource', 'params.ref.uri', ref.uri);
    default:
      return { ok: false, reason: 'params.ref.type must be ref/prompt or ref/resource' };
  }
}

function target(kind: TargetKind, member: string, name: JsonValue | undefined): Found {
  const limit = LIMITS[kind];
  if (typeof name !== 'string' || name === '' || name.length > limit) {
    return { ok: false, reason: `${member} must be a string of 1 to ${limit} characters` };
  }
  return { ok: true, target: { kind, name } };
}

/** The member of `known` that a member of `object` would be taken for, though it is not written so. */
function likenessOf(known: ReadonlySet<string>, object: JsonObject): string | undefined {
  const strangers = new Set(
    Object.keys(object)
      .filter((name) => !known.has(name))
      .map(folded),
  );
  return strangers.size === 0 ? undefined : [...known].find((name) => strangers.has(folded(name)));
}

/** Upper case first: the long s has S there, and the Kelvin sign has k in lower case. */
function folded(name: string): string {
  return name.toUpperCase().toLowerCase();
}

const LIMITS = {
  tool: MAX_NAME_LENGTH,
  prompt: MAX_NAME_LENGTH,
  resource: MAX_URI_LENGTH,
  task: MAX_TASK_ID_LENGTH,
} as const satisfies Record<TargetKind, number>;

const BAD_ID = `id must be an integer or a string of at most ${MAX_ID_LENGTH} characters`;

function isRequestId(id: JsonValue | undefined): id is RequestId {
  return typeof id === 'string' ? id.length <= MAX_ID_LENGTH : Number.isSafeInteger(id);
}

function invalid(reason: string): ParsedMessage {
  return { ok: false, code: 'message_invalid', reason };
}
