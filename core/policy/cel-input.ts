// What the conditions of rules see of one call: args, params, method, target, principal. JSON is
// brought in so that only its own keys count. cel-js compares maps with `key in map` and tells types
// by `.constructor`: left as it is, `{"__proto__": {}}` would equal any map of one entry.

import type { Principal } from '#core/identity/principal.ts';
import {
  isArray,
  isObject,
  type JsonObject,
  type JsonValue,
  type NotificationMessage,
  type RequestMessage,
} from '#core/mcp/messages.ts';

export interface CelInput {
  readonly bindings: { readonly [variable: string]: unknown };
  readonly volume: Volume;
}

/** How much data there is; bounds what an expression may cost. */
export interface Volume {
  /** Values, those inside lists and objects included. */
  readonly values: number;
  /** Characters of all texts and keys. */
  readonly characters: number;
}

/** Why a call cannot be put before an expression: never a value, only its kind. */
export class UnjudgeableValue extends Error {
  override readonly name = 'UnjudgeableValue';
  readonly code: 'reserved_key' | 'arguments_not_an_object';

  constructor(code: UnjudgeableValue['code']) {
    super(code);
    this.code = code;
  }
}

/** Throws UnjudgeableValue for a key `__proto__` at any depth, and for arguments that are no object. */
export function celInput(
  principal: Principal,
  message: RequestMessage | NotificationMessage,
): CelInput {
  const scale = new Scale();
  const params = scale.weighObject(message.params);
  const bindings = {
    args: argumentsIn(params, message),
    params,
    method: message.method,
    target: message.target ?? {},
    principal: {
      issuer: principal.issuer,
      issuerName: principal.issuerName,
      subject: principal.subject,
      groups: principal.groups,
      scopes: principal.scopes,
      claims: scale.weigh(principal.claims),
      actors: principal.actors.map((actor) => new Map(Object.entries(actor))),
      ...(principal.clientId === undefined ? {} : { clientId: principal.clientId }),
      ...(principal.person === undefined ? {} : { person: principal.person }),
    },
  };
  return { bindings, volume: scale };
}

/** `params.arguments`, or the one argument that a completion is about; empty elsewhere. */
function argumentsIn(
  params: ReadonlyMap<string, unknown>,
  { method }: RequestMessage | NotificationMessage,
): ReadonlyMap<unknown, unknown> {
  const value = params.get(method === 'completion/complete' ? 'argument' : 'arguments');
  if (value === undefined) return new Map();
  if (!(value instanceof Map)) throw new UnjudgeableValue('arguments_not_an_object');
  return value;
}

/** Converts and counts. A Map cannot lend an expression anything it does not hold itself. */
class Scale implements Volume {
  values = 0;
  characters = 0;

  weigh(value: JsonValue): unknown {
    this.values++;
    if (typeof value === 'string') this.characters += value.length;
    if (isArray(value)) return value.map((item) => this.weigh(item));
    return isObject(value) ? this.weighObject(value) : value;
  }

  weighObject(object: JsonObject): ReadonlyMap<string, unknown> {
    const map = new Map<string, unknown>();
    for (const key of Object.keys(object)) {
      if (key === '__proto__') throw new UnjudgeableValue('reserved_key');
      this.characters += key.length;
      const value = object[key];
      if (value !== undefined) map.set(key, this.weigh(value));
    }
    return map;
  }
}
