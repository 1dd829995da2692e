// First stage: what the request line and headers alone can settle, before a token is looked at or a
// byte of body is read. Host and Origin come first (DNS rebinding; protocol reference P6).

import type { Refusal } from '#core/refusal.ts';

/** The head of one HTTP request; header values that occurred twice stay visible as arrays. */
export interface Head {
  readonly method: string;
  /** Path and query as sent. */
  readonly target: string;
  readonly headers: Readonly<NodeJS.Dict<string[]>>;
  readonly address: string;
}

/** Where this gateway may be addressed, and from which pages; all lower case. */
export interface Doors {
  readonly path: string;
  readonly hosts: ReadonlySet<string>;
  readonly origins: ReadonlySet<string>;
  readonly maxBodyBytes: number;
}

export type HeadAdmission =
  | { readonly kind: 'post' }
  | { readonly kind: 'stream' }
  | { readonly kind: 'sessionEnd' }
  | { readonly kind: 'preflight' }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export function admitHead(head: Head, doors: Doors): HeadAdmission {
  const refusal = refuseHost(head, doors) ?? refuseOrigin(head, doors) ?? refusePath(head, doors);
  if (refusal !== undefined) return { kind: 'refused', refusal };
  switch (head.method) {
    case 'POST': {
      const body = refuseBody(head, doors);
      return body === undefined ? { kind: 'post' } : { kind: 'refused', refusal: body };
    }
    case 'GET':
      return { kind: 'stream' };
    case 'DELETE':
      return { kind: 'sessionEnd' };
    case 'OPTIONS':
      return { kind: 'preflight' };
    default:
      return {
        kind: 'refused',
        refusal: {
          code: 'method_not_allowed',
          reason: 'use POST, GET or DELETE',
          allow: 'POST, GET, DELETE, OPTIONS',
        },
      };
  }
}

/** Host against the allow-list; also guards the well-known paths, which any page may read. */
export function refuseHost(head: Head, doors: Doors): Refusal | undefined {
  const host = only(head.headers.host);
  if (host !== undefined && doors.hosts.has(host.toLowerCase())) return undefined;
  return {
    code: 'host_not_allowed',
    reason:
      'Host is not a name of this gateway; add it with --public-url or spec.server.allowedHosts',
  };
}

function refuseOrigin(head: Head, doors: Doors): Refusal | undefined {
  const origins = head.headers.origin;
  if (origins === undefined) return undefined;
  const origin = only(origins);
  if (origin !== undefined && doors.origins.has(origin.toLowerCase())) return undefined;
  return {
    code: 'origin_not_allowed',
    reason: 'Origin is not allowed; add it with spec.server.allowedOrigins',
  };
}

function refusePath(head: Head, doors: Doors): Refusal | undefined {
  if (head.target === doors.path) return undefined;
  return head.target.startsWith(`${doors.path}?`)
    ? { code: 'path_unknown', reason: 'query strings are not forwarded; call the path without one' }
    : { code: 'path_unknown', reason: 'nothing is served at this path' };
}

function refuseBody(head: Head, doors: Doors): Refusal | undefined {
  const encoding = head.headers['content-encoding'];
  if (encoding !== undefined && only(encoding)?.trim().toLowerCase() !== 'identity') {
    return {
      code: 'encoding_not_accepted',
      reason: 'Content-Encoding is not accepted: a body must be readable to be judged',
    };
  }
  const type = only(head.headers['content-type']);
  if (type === undefined || !isJson(type)) {
    return { code: 'media_type_not_accepted', reason: 'Content-Type must be application/json' };
  }
  const declared = Number(only(head.headers['content-length']) ?? 0);
  if (declared > doors.maxBodyBytes) {
    return {
      code: 'body_too_large',
      reason: `the body may have ${doors.maxBodyBytes} bytes (spec.limits.maxBodyBytes)`,
    };
  }
  return undefined;
}

/** `application/json`, with UTF-8 or no charset: another one would be read differently upstream. */
export function isJson(contentType: string): boolean {
  const [type, ...parameters] = contentType.toLowerCase().split(';');
  if (type?.trim() !== 'application/json') return false;
  return parameters.every((parameter) => {
    const [name = '', value = ''] = parameter.split('=').map((part) => part.trim());
    // Also `charset*`, and what a lenient parser would read past a blank or a quote.
    return !name.includes('charset') || (name === 'charset' && /^"?utf-?8"?$/.test(value));
  });
}

/** The value of a header that occurred exactly once. */
export function only(values: readonly string[] | undefined): string | undefined {
  return values?.length === 1 ? values[0] : undefined;
}
