// Requests that the approvals API turns away or does not take, with what it says to each.

import type { Sent } from './approvals-api.testkit.ts';

export interface ApiCase {
  readonly name: string;
  readonly sent: Sent;
  /** Status, code, and the field that is wrong. */
  readonly says: string;
}

export const REASON = { reason: 'checked with the customer' };

/** Who may do what others may not. */
export const TOKENS: ReadonlyMap<string, string> = new Map([
  ['cancel', 'alice'],
  ['break-glass', 'olga'],
]);

/** Before it is looked at what they want. */
export const TURNED_AWAY: readonly ApiCase[] = [
  { name: 'no token', sent: {}, says: '401 token_missing' },
  { name: 'a token nobody trusts', sent: { token: 'mallory' }, says: '401 token_invalid' },
  {
    name: 'two tokens',
    sent: { headers: { authorization: 'Bearer bob, Bearer zoe' } },
    says: '401 token_invalid',
  },
  {
    name: 'another scheme',
    sent: { headers: { authorization: 'Basic Ym9i' } },
    says: '401 token_invalid',
  },
  { name: 'a token for MCP', sent: { token: 'agent' }, says: '403 audience_wrong' },
  { name: 'a sign-in of long ago', sent: { token: 'stale' }, says: '403 sign_in_stale' },
  {
    name: 'a page of another origin',
    sent: { token: 'bob', headers: { origin: 'https://evil.example' } },
    says: '403 origin_not_allowed',
  },
  {
    name: 'a page without an origin',
    sent: { token: 'bob', headers: { origin: 'null' } },
    says: '403 origin_not_allowed',
  },
  {
    name: 'a name that somebody else made ours',
    sent: { token: 'bob', headers: { host: 'evil.example' } },
    says: '403 host_not_allowed',
  },
  {
    name: 'a Host that is none',
    sent: { token: 'bob', headers: { host: 'a@127.0.0.1' } },
    says: '403 host_not_allowed',
  },
  {
    name: 'keys of the issuer that cannot be had',
    sent: { token: 'cold' },
    says: '503 issuer_unavailable',
  },
];

/** Decisions whose body says nothing that can be taken. */
export const NOT_TAKEN: readonly ApiCase[] = [
  { name: 'an empty reason', sent: { body: { reason: '' } }, says: '400 reason_invalid reason' },
  {
    name: 'a reason of two lines',
    sent: { body: { reason: 'a\nb' } },
    says: '400 reason_invalid reason',
  },
  {
    name: 'a reason that is no text',
    sent: { body: { reason: 7 } },
    says: '400 input_invalid reason',
  },
  {
    name: 'another field',
    sent: { body: { ...REASON, id: 'x' } },
    says: '400 input_invalid body',
  },
  {
    name: 'a key twice',
    sent: { body: '{"reason":"a","reason":"b"}' },
    says: '400 input_invalid body',
  },
  { name: 'no JSON', sent: { body: 'reason=yes' }, says: '400 input_invalid body' },
  { name: 'no object', sent: { body: '[]' }, says: '400 input_invalid body' },
  {
    name: 'a form',
    sent: {
      body: 'reason=yes',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    },
    says: '415 media_type_not_accepted',
  },
  {
    name: 'a packed body',
    sent: { body: REASON, headers: { 'content-encoding': 'gzip' } },
    says: '415 media_type_not_accepted',
  },
  {
    name: 'a large body',
    sent: { body: { reason: 'x'.repeat(9000) } },
    says: '413 body_too_large',
  },
  {
    name: 'a large body of unsaid length',
    sent: { body: { reason: 'x'.repeat(9000) }, headers: { 'transfer-encoding': 'chunked' } },
    says: '413 body_too_large',
  },
];
