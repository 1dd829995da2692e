// What the approvals API answers: JSON, never cached, and for each way of saying no one status.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { APPROVER_REFUSALS, MAX_SIGN_IN_AGE_SECONDS } from '#core/approvals/approver.ts';
import type { DeskRefusalCode } from '#core/approvals/desk-refusal.ts';
import { SEPARATION_REFUSALS } from '#core/approvals/separation.ts';

export type ApiErrorCode =
  | DeskRefusalCode
  | 'path_unknown'
  | 'approvals_off'
  | 'decided_elsewhere'
  | 'method_not_allowed'
  | 'host_not_allowed'
  | 'origin_not_allowed'
  | 'transport_plain'
  | 'token_missing'
  | 'token_invalid'
  | 'issuer_unavailable'
  | 'media_type_not_accepted'
  | 'body_too_large'
  | 'input_invalid'
  | 'rate_limited'
  | 'fault';

export interface ApiError {
  readonly code: ApiErrorCode;
  /** Names fields and claims, never a value that a peer or a token supplied. */
  readonly reason: string;
  /** Which part of the input is wrong. */
  readonly field?: string;
  readonly retryAfterSeconds?: number;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
}

export function badInput(field: string, reason: string): ApiError {
  return { code: 'input_invalid', reason: `${field}: ${reason}`, field };
}

export function methodNotAllowed(allow: 'GET' | 'POST'): ApiAnswer {
  const answer = answerTo({ code: 'method_not_allowed', reason: `use ${allow}` });
  return { ...answer, headers: { allow } };
}

export function answerTo({ code, reason, field, retryAfterSeconds }: ApiError): ApiAnswer {
  const named = field ?? FIELDS.get(code);
  const status = statusOf(code);
  const retry = retryAfterSeconds ?? (status === 503 ? RETRY_SECONDS : undefined);
  const challenge = challengeFor(code);
  return {
    status,
    body: { code, reason, ...(named === undefined ? {} : { field: named }) },
    headers: {
      ...(retry === undefined ? {} : { 'retry-after': String(retry) }),
      ...(challenge === undefined ? {} : { 'www-authenticate': challenge }),
    },
  };
}

export function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, body, headers }: ApiAnswer,
): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    // What was not read would be taken for the next request.
    ...(request.complete ? {} : { connection: 'close' }),
    ...headers,
  });
  response.end(text);
}

const FIELDS: ReadonlyMap<ApiErrorCode, string> = new Map([
  ['reason_invalid', 'reason'],
  ['verdict_missing', 'verdict'],
]);

const RETRY_SECONDS = 5;

const STATUSES: ReadonlyMap<number, readonly ApiErrorCode[]> = new Map<
  number,
  readonly ApiErrorCode[]
>([
  [400, ['reason_invalid', 'verdict_missing', 'input_invalid']],
  [401, ['token_missing', 'token_invalid']],
  [
    403,
    [
      'host_not_allowed',
      'origin_not_allowed',
      'transport_plain',
      ...APPROVER_REFUSALS,
      ...SEPARATION_REFUSALS,
      'not_the_requester',
      'glass_not_yours',
      'broke_it',
    ],
  ],
  [404, ['unknown', 'path_unknown', 'approvals_off']],
  [405, ['method_not_allowed']],
  [413, ['body_too_large']],
  [415, ['media_type_not_accepted']],
  [421, ['decided_elsewhere']],
  [429, ['rate_limited']],
  [500, ['fault']],
  [503, ['issuer_unavailable', 'store_unavailable', 'evidence_unavailable']],
]);

/** All others are of how the approval stands: not_pending, expired, already_voted and the like. */
const CONFLICT = 409;

function statusOf(code: ApiErrorCode): number {
  for (const [status, codes] of STATUSES) if (codes.includes(code)) return status;
  return CONFLICT;
}

/** RFC 6750 section 3; for a sign-in that is too old, RFC 9470 says what would do. */
function challengeFor(code: ApiErrorCode): string | undefined {
  switch (code) {
    case 'token_missing':
      return `Bearer realm="${REALM}"`;
    case 'token_invalid':
      return `Bearer realm="${REALM}", error="invalid_token"`;
    case 'sign_in_unknown':
    case 'sign_in_stale':
      return `Bearer realm="${REALM}", error="insufficient_user_authentication", max_age="${MAX_SIGN_IN_AGE_SECONDS}"`;
    default:
      return undefined;
  }
}

const REALM = 'gatehouse approvals';
