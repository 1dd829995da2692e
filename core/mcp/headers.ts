// Decides the revision of one POST and checks its headers against its body, in the order in which
// the SDK servers check: what is refused here is what the server itself would have refused.

import { type HeaderValues, readHeader, readMirrors } from './header-values.ts';
import {
  isObject,
  type JsonValue,
  type Message,
  type NotificationMessage,
  type RequestMessage,
} from './messages.ts';
import { CLIENT_CAPABILITIES_KEY, claimedRevision, metaOf, PROTOCOL_VERSION_KEY } from './meta.ts';
import { METHODS } from './methods.ts';
import { mirrorFault } from './mirrors.ts';
import { ERROR_CODES } from './replies.ts';
import {
  ASSUMED_REVISION,
  type Era,
  eraOf,
  isRevision,
  REVISION_NAMES,
  type Revision,
} from './revisions.ts';

export interface HeaderCheck {
  readonly headers: HeaderValues;
  readonly message: Message;
  /** What `initialize` negotiated in the session that the POST names. */
  readonly sessionRevision?: Revision;
}

export interface HeaderRefusal {
  readonly ok: false;
  readonly code: 'header_mismatch' | 'revision_unsupported' | 'message_invalid' | 'method_unknown';
  /** Code and data that the revision prescribes; the HTTP status is 404 for method_unknown, else 400. */
  readonly jsonRpcCode: number;
  readonly reason: string;
  readonly data?: Readonly<Record<string, JsonValue>>;
  /** Set where headers and body agreed on a revision before something else was refused. */
  readonly era?: Era;
}

export type CheckedHeaders =
  | { readonly ok: true; readonly revision: Revision; readonly era: Era }
  | HeaderRefusal;

export function checkHeaders(check: HeaderCheck): CheckedHeaders {
  const version = readHeader(check.headers, 'mcp-protocol-version');
  if (!version.ok) return mismatch(version.reason);
  const { message } = check;
  switch (message.kind) {
    case 'response':
      return checkResponse(version.value, check.sessionRevision);
    case 'notification':
      return checkNotification(message, version.value, check);
    case 'request':
      return checkRequest(message, version.value, check);
  }
}

/** The same for a GET or a DELETE, which have no body. A modern one is known by its `era`. */
export function checkVersionHeader(
  headers: HeaderValues,
  sessionRevision: Revision | undefined,
): CheckedHeaders {
  const version = readHeader(headers, 'mcp-protocol-version');
  if (!version.ok) return mismatch(version.reason);
  return fromHeader(version.value, sessionRevision);
}

function checkRequest(
  message: RequestMessage,
  version: string | undefined,
  check: HeaderCheck,
): CheckedHeaders {
  const claim = claimedRevision(message.params);
  if (claim !== undefined) return checkModernRequest(message, claim, version, check);
  if (message.method === 'initialize') return checkHandshake(message, version);
  const revision = fromHeader(version, check.sessionRevision);
  if (revision.ok && revision.era === 'modern') return missingMeta(message);
  return revision;
}

function checkModernRequest(
  message: RequestMessage,
  claim: JsonValue,
  version: string | undefined,
  { headers }: HeaderCheck,
): CheckedHeaders {
  const capabilities = metaOf(message.params)?.[CLIENT_CAPABILITIES_KEY];
  if (typeof claim !== 'string' || !isObject(capabilities)) return missingMeta(message);
  if (version !== undefined && version !== claim) return mismatch(VERSION_DIFFERS);
  if (!isModern(claim)) return unsupported(MODERN, claim);
  if (version === undefined) return mismatch('MCP-Protocol-Version is missing');
  const mirrors = readMirrors(headers);
  if (!mirrors.ok) return mismatch(mirrors.reason);
  const fault = mirrorFault(message, mirrors);
  if (fault !== undefined) return mismatch(fault);
  if (METHODS.get(message.method)?.revisions.includes(claim) === false) {
    return {
      ok: false,
      code: 'method_unknown',
      jsonRpcCode: ERROR_CODES.methodNotFound,
      reason: `this method does not exist in revision ${claim}`,
      era: 'modern',
    };
  }
  return accepted(claim);
}

/** No header is owed yet; `params.protocolVersion` is an offer that the server answers. */
function checkHandshake(message: RequestMessage, version: string | undefined): CheckedHeaders {
  const revision = fromHeader(version, undefined);
  if (!revision.ok) return revision;
  if (revision.era === 'modern') {
    return mismatch(
      'initialize is a handshake of earlier revisions than MCP-Protocol-Version names',
    );
  }
  const offered = message.params.protocolVersion;
  const isKnown = typeof offered === 'string' && isRevision(offered) && eraOf(offered) === 'legacy';
  return accepted(isKnown ? offered : ASSUMED_REVISION);
}

/** Header rules for posted notifications are open in 2026-07-28: what is there must agree. */
function checkNotification(
  message: NotificationMessage,
  version: string | undefined,
  check: HeaderCheck,
): CheckedHeaders {
  const claim = claimedRevision(message.params);
  if (claim !== undefined && typeof claim !== 'string') return missingMeta(message);
  if (claim !== undefined && version !== undefined && claim !== version) {
    return mismatch(VERSION_DIFFERS);
  }
  if (claim !== undefined && !isModern(claim)) return unsupported(MODERN, claim);
  const revision = fromHeader(claim ?? version, check.sessionRevision);
  if (!revision.ok || revision.era === 'legacy') return revision;
  const mirrors = readMirrors(check.headers);
  if (!mirrors.ok) return mismatch(mirrors.reason);
  if (mirrors.method !== undefined && mirrors.method !== message.method) {
    return mismatch('Mcp-Method differs from the method in the body');
  }
  return revision;
}

/** Clients answer requests of the server only where the server may send any. */
function checkResponse(
  version: string | undefined,
  sessionRevision: Revision | undefined,
): CheckedHeaders {
  const revision = fromHeader(version, sessionRevision);
  if (revision.ok && revision.era === 'modern') {
    return {
      ok: false,
      code: 'message_invalid',
      jsonRpcCode: ERROR_CODES.invalidRequest,
      reason: `responses are not posted in revision ${revision.revision}`,
    };
  }
  return revision;
}

function fromHeader(
  version: string | undefined,
  sessionRevision: Revision | undefined,
): CheckedHeaders {
  if (version === undefined) return accepted(sessionRevision ?? ASSUMED_REVISION);
  if (!isRevision(version)) return unsupported(REVISION_NAMES, version);
  const isLegacy = eraOf(version) === 'legacy';
  if (isLegacy && sessionRevision !== undefined && sessionRevision !== version) {
    return {
      ...mismatch('MCP-Protocol-Version differs from the revision that the session negotiated'),
      jsonRpcCode: ERROR_CODES.invalidRequest,
    };
  }
  return accepted(version);
}

const VERSION_DIFFERS = 'MCP-Protocol-Version differs from the revision named in params._meta';
const MODERN: readonly Revision[] = REVISION_NAMES.filter((name) => eraOf(name) === 'modern');

function isModern(name: string): name is Revision {
  return isRevision(name) && eraOf(name) === 'modern';
}

function accepted(revision: Revision): CheckedHeaders {
  return { ok: true, revision, era: eraOf(revision) };
}

function mismatch(reason: string): HeaderRefusal {
  return { ok: false, code: 'header_mismatch', jsonRpcCode: ERROR_CODES.headerMismatch, reason };
}

/** `requested` echoes the peer's own word, as the revision demands; the caller has bounded it. */
function unsupported(supported: readonly Revision[], requested: string): HeaderRefusal {
  return {
    ok: false,
    code: 'revision_unsupported',
    jsonRpcCode: ERROR_CODES.unsupportedVersion,
    reason: `this protocol version is not supported: use ${supported.join(', ')}`,
    data: { supported, ...(requested.length > MAX_ECHO_LENGTH ? {} : { requested }) },
  };
}

const MAX_ECHO_LENGTH = 64;

function missingMeta(message: RequestMessage | NotificationMessage): HeaderRefusal {
  const meta = metaOf(message.params);
  const missing = [
    ...(typeof meta?.[PROTOCOL_VERSION_KEY] === 'string' ? [] : [PROTOCOL_VERSION_KEY]),
    ...(isObject(meta?.[CLIENT_CAPABILITIES_KEY]) || message.kind === 'notification'
      ? []
      : [CLIENT_CAPABILITIES_KEY]),
  ];
  return {
    ok: false,
    code: 'message_invalid',
    jsonRpcCode: ERROR_CODES.invalidParams,
    reason: `params._meta lacks ${missing.join(' and ')}`,
    data: { missing },
  };
}
