// The model of an MCP message after the wire: what policy judges and evidence records.
// Only the envelope, the target and `_meta` are read; every other field passes as it came.

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** JSON-RPC 2.0 section 4: a string or an integer; MCP forbids null. */
export type RequestId = string | number;

export type TargetKind = 'tool' | 'resource' | 'prompt' | 'task';

/** What a message acts on. For a resource, `name` is the URI; for a completion, that of its `ref`. */
export interface Target {
  readonly kind: TargetKind;
  readonly name: string;
  /** Of a task: the tool whose call it came from, where that is known. */
  readonly tool?: string;
}

export interface RequestMessage {
  readonly kind: 'request';
  readonly id: RequestId;
  readonly method: string;
  readonly params: JsonObject;
  readonly target?: Target;
}

export interface NotificationMessage {
  readonly kind: 'notification';
  readonly method: string;
  readonly params: JsonObject;
  readonly target?: Target;
}

export interface ResponseMessage {
  readonly kind: 'response';
  /** Absent only on an error that answers an unreadable request (JSON-RPC 2.0 section 5). */
  readonly id?: RequestId;
  readonly body: { readonly result: JsonValue } | { readonly error: JsonValue };
}

export type Message = RequestMessage | NotificationMessage | ResponseMessage;

/** One key for an id in a Map: `1` and `"1"` are different requests. */
export function idKey(id: RequestId): string {
  return typeof id === 'number' ? `n${id}` : `s${id}`;
}

/** Narrows to an object of the text: neither null nor an array. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member of its own; undefined for what is no object, and for what objects inherit. */
export function memberOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** Array.isArray does not narrow readonly arrays. */
export function isArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}
