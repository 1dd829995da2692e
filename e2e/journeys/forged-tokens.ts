// Tokens that no issuer made, or not for this server: each is a real token changed in one way.

import { createHmac } from 'node:crypto';

interface Parts {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly signature: string;
}

/** RFC 7518 section 3.6: `none`, and nothing where the signature stands. */
export function unsigned(token: string): string {
  const { header, claims } = read(token);
  return `${encode({ ...header, alg: 'none' })}.${encode(claims)}.`;
}

/** Signed with what everybody knows: the issuer's public key, taken for a shared secret. */
export function signedWithPublicKey(token: string, publicKey: string): string {
  const { header, claims } = read(token);
  const input = `${encode({ ...header, alg: 'HS256' })}.${encode(claims)}`;
  return `${input}.${createHmac('sha256', publicKey).update(input).digest('base64url')}`;
}

/** Other claims under the signature of the real ones. */
export function withClaims(token: string, changed: Readonly<Record<string, unknown>>): string {
  const { header, claims, signature } = read(token);
  return `${encode(header)}.${encode({ ...claims, ...changed })}.${signature}`;
}

/** Another header under the signature of the real one. */
export function withHeader(token: string, changed: Readonly<Record<string, unknown>>): string {
  const { header, claims, signature } = read(token);
  return `${encode({ ...header, ...changed })}.${encode(claims)}.${signature}`;
}

/** One bit of the signature, in its middle. */
export function withSpoiltSignature(token: string): string {
  const at = token.lastIndexOf('.') + 20;
  return `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
}

function read(token: string): Parts {
  const [header = '', claims = '', signature = ''] = token.split('.');
  return { header: decode(header), claims: decode(claims), signature };
}

function decode(segment: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(segment, 'base64url').toString('utf8'));
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
