// What the console answers, and the headers that go with every answer: nothing is kept by caches, framed
// by other pages, or run that does not come from a file of ours.

import { hash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Html } from './html.ts';

export type Answer = {
  /** Whole `Set-Cookie` values. */
  readonly cookies?: readonly string[];
} & (
  | { readonly kind: 'page'; readonly status: number; readonly page: Html }
  /** 303, so that a form that was sent is not sent again. */
  | { readonly kind: 'redirect'; readonly to: string }
  | { readonly kind: 'file'; readonly type: string; readonly bytes: Uint8Array }
);

/**
 * `form-action` without other origins is enough because no form leads to the identity provider: a link
 * does. `connect-src` is for the script that keeps a page up to date.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS: readonly (readonly [name: string, value: string])[] = [
  ['content-security-policy', CONTENT_SECURITY_POLICY],
  ['x-frame-options', 'DENY'],
  ['x-content-type-options', 'nosniff'],
  // `no-referrer` would make browsers send `Origin: null` with our own forms.
  ['referrer-policy', 'same-origin'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['permissions-policy', 'camera=(), geolocation=(), microphone=(), payment=()'],
];

/** The address of a file holds a digest of it, so a changed one has another address. */
const FILES_ARE_KEPT = 'public, max-age=31536000, immutable';

export function send(response: ServerResponse, answer: Answer, isHttps: boolean): void {
  for (const [name, value] of HEADERS) response.setHeader(name, value);
  if (isHttps) response.setHeader('strict-transport-security', 'max-age=31536000');
  if (answer.cookies !== undefined) response.setHeader('set-cookie', answer.cookies);
  response.setHeader('cache-control', answer.kind === 'file' ? FILES_ARE_KEPT : 'no-store');
  switch (answer.kind) {
    case 'page':
      response.writeHead(answer.status, { 'content-type': 'text/html; charset=utf-8' });
      response.end(`<!doctype html>\n${answer.page}`);
      return;
    case 'redirect':
      response.writeHead(303, { location: answer.to, 'content-length': 0 }).end();
      return;
    case 'file':
      response.writeHead(200, { 'content-type': answer.type }).end(answer.bytes);
      return;
  }
}

export function fileDigest(bytes: Uint8Array): string {
  return hash('sha256', bytes).slice(0, 16);
}
