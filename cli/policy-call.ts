// Reads the principal and the call that `policy test` and `policy explain` put before a policy, in a
// short form. The call goes through the parser of real messages, so that its target is theirs.

import type { Actor, Principal } from '#core/identity/principal.ts';
import { parseMessage } from '#core/mcp/message.ts';
import type { JsonObject } from '#core/mcp/messages.ts';
import { METHODS } from '#core/mcp/methods.ts';
import type { Direction, JudgedMessage } from '#core/policy/question.ts';
import type { Path } from '#crds/path.ts';
import type { IssuerConfig } from '#crds/policy.ts';
import {
  ANYTHING,
  checkFields,
  type FieldKind,
  failed,
  type Input,
  OBJECT,
  oneOf,
  TEXT,
  TEXTS,
} from './policy-input.ts';

export interface Call {
  readonly message: JudgedMessage;
  readonly direction: Direction;
}

interface PrincipalFields {
  /** Name or URL. */
  readonly issuer?: string;
  readonly issuerName?: string;
  readonly subject?: string;
  readonly groups?: readonly string[];
  readonly scopes?: readonly string[];
  readonly claims?: JsonObject;
  readonly clientId?: string;
  readonly person?: string;
  readonly actors?: readonly (string | Actor)[];
}

const ACTOR_FIELDS = { subject: TEXT, issuer: TEXT };
const PRINCIPAL_FIELDS: { readonly [Field in keyof PrincipalFields]-?: FieldKind } = {
  issuer: TEXT,
  issuerName: TEXT,
  subject: TEXT,
  groups: TEXTS,
  scopes: TEXTS,
  claims: OBJECT,
  clientId: TEXT,
  person: TEXT,
  actors: {
    holds: (value) => Array.isArray(value) && value.every(isActor),
    must: 'must be a list of subjects, or of objects with subject and issuer',
  },
};

/** A principal from the fields that matter; the issuer by its name or URL, or the only one there is. */
export function readPrincipal(
  value: unknown,
  path: Path,
  issuers: readonly IssuerConfig[],
): Input<Principal> {
  const problems = checkFields(value, path, PRINCIPAL_FIELDS);
  if (problems.length > 0) return { ok: false, problems };
  // checkFields has just proven it.
  const given = value as PrincipalFields;
  const { issuer: url, issuerName, actors = [], subject = 'someone', ...fields } = given;
  const issuer = issuerName ?? url;
  if (issuer === undefined && issuers.length !== 1) {
    return failed([...path, 'issuer'], 'must be given, since the policy accepts several');
  }
  const known =
    issuer === undefined
      ? issuers[0]
      : issuers.find((one) => one.name === issuer || one.issuer === issuer);
  return {
    ok: true,
    value: {
      groups: [],
      scopes: [],
      claims: {},
      ...fields,
      issuer: known?.issuer ?? issuer ?? '',
      issuerName: known?.name ?? issuer ?? '',
      subject,
      actors: actors.map((actor) => (typeof actor === 'string' ? { subject: actor } : actor)),
      expiresAtSeconds: Number.MAX_SAFE_INTEGER,
    },
  };
}

function isActor(value: unknown): boolean {
  if (TEXT.holds(value)) return true;
  return (
    checkFields(value, [], ACTOR_FIELDS).length === 0 && Object.hasOwn(Object(value), 'subject')
  );
}

interface CallFields {
  readonly method?: string;
  readonly tool?: string;
  readonly prompt?: string;
  readonly resource?: string;
  readonly arguments?: JsonObject;
  readonly params?: JsonObject;
  readonly direction?: Direction;
  /** So that a message can be pasted as it was sent. */
  readonly jsonrpc?: unknown;
  readonly id?: unknown;
}

const CALL_FIELDS: { readonly [Field in keyof CallFields]-?: FieldKind } = {
  method: TEXT,
  tool: TEXT,
  prompt: TEXT,
  resource: TEXT,
  arguments: OBJECT,
  params: OBJECT,
  direction: oneOf('toServer', 'toClient'),
  jsonrpc: ANYTHING,
  id: ANYTHING,
};

/** A message from `tool`, `prompt`, `resource` or `method`; a resource may have another method. */
export function readCall(value: unknown, path: Path): Input<Call> {
  const problems = checkFields(value, path, CALL_FIELDS);
  if (problems.length > 0) return { ok: false, problems };
  // checkFields has just proven it.
  const fields = value as CallFields;
  const short = shortForm(fields);
  if (short === undefined) {
    return failed(path, 'must have exactly one of tool, prompt, resource and method');
  }
  if (fields.arguments !== undefined && fields.tool === undefined && fields.prompt === undefined) {
    return failed([...path, 'arguments'], 'go with a tool or a prompt; write params otherwise');
  }
  const facts = METHODS.get(short.method);
  const parsed = parseMessage({
    jsonrpc: '2.0',
    ...(facts?.kind === 'notification' ? {} : { id: 1 }),
    method: short.method,
    params: { ...fields.params, ...short.params },
  });
  if (!parsed.ok) return failed(path, parsed.reason);
  if (parsed.message.kind === 'response')
    return failed(path, 'must be a request or a notification');
  const direction = fields.direction ?? (facts?.direction === 'toClient' ? 'toClient' : 'toServer');
  return { ok: true, value: { message: parsed.message, direction } };
}

interface ShortForm {
  readonly method: string;
  readonly params: JsonObject;
}

function shortForm(fields: CallFields): ShortForm | undefined {
  const { tool, prompt, resource, method } = fields;
  const given = fields.arguments === undefined ? {} : { arguments: fields.arguments };
  const forms: ShortForm[] = [];
  if (tool !== undefined) forms.push({ method: 'tools/call', params: { name: tool, ...given } });
  if (prompt !== undefined) {
    forms.push({ method: 'prompts/get', params: { name: prompt, ...given } });
  }
  if (resource !== undefined) {
    forms.push({ method: method ?? 'resources/read', params: { uri: resource } });
  }
  if (method !== undefined && resource === undefined) forms.push({ method, params: {} });
  return forms.length === 1 ? forms[0] : undefined;
}
