// CORS is answered here, never by the server: origins are ours to allow (design section 14, URLs).

import type { Doors, Head } from './admit-head.ts';
import { only } from './admit-head.ts';
import type { Answer } from './refuse.ts';

const EXPOSED = 'Mcp-Session-Id, WWW-Authenticate';
const ALLOWED_HEADERS = [
  'authorization',
  'content-type',
  'accept',
  'last-event-id',
  'mcp-protocol-version',
  'mcp-session-id',
  'mcp-method',
  'mcp-name',
  'traceparent',
  'tracestate',
];
/** Browsers ask again after this time at the latest. */
const MAX_AGE_SECONDS = 600;

/** The answer to a preflight from an origin that was let in. */
export function preflight(head: Head): Answer {
  // `Mcp-Param-*` names are the server's own: those that are asked for are granted.
  const asked = (only(head.headers['access-control-request-headers']) ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => /^mcp-param-[\w-]{1,64}$/.test(name));
  return {
    status: 204,
    headers: {
      'access-control-allow-methods': 'POST, GET, DELETE, OPTIONS',
      'access-control-allow-headers': [...ALLOWED_HEADERS, ...asked].join(', '),
      'access-control-max-age': String(MAX_AGE_SECONDS),
    },
  };
}

/** On every answer to an allowed origin, so that its page may read it. */
export function corsHeaders(head: Head, doors: Doors): Record<string, string> {
  const origin = only(head.headers.origin);
  if (origin === undefined || !doors.origins.has(origin.toLowerCase())) return {};
  return {
    'access-control-allow-origin': origin,
    'access-control-expose-headers': EXPOSED,
    vary: 'Origin',
  };
}
