// Signs the tokens by which the MCP server learns who is calling: short-lived JWTs for that server
// alone, which it verifies with the keys we publish.

import { createPublicKey, hash, type KeyObject, sign } from 'node:crypto';
import type { Actor, Principal } from '#core/identity/principal.ts';

export interface PublicJwk {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
  readonly kid: string;
  readonly alg: 'ES256';
  readonly use: 'sig';
}

/** RFC 7517 section 5. */
export interface JwkSet {
  readonly keys: readonly PublicJwk[];
}

export interface UpstreamSignerOptions {
  /** A P-256 private key. */
  readonly key: KeyObject;
  /** `iss`: the public URL, beside which the keys are published. */
  readonly issuer: string;
  /** `aud`: the URL of the MCP server. */
  readonly audience: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly newId: () => string;
}

export const TOKEN_SECONDS = 60;
/**
 * One signature costs more than all else we do for a small call, so a principal's token is used
 * again for this long. Its `jti` then repeats, as that of any access token does (RFC 9068 2.2): it
 * names the token. What names the call is the exchange id, in a header beside it.
 */
export const REUSE_SECONDS = 10;

interface Issued {
  readonly token: string;
  readonly atMs: number;
}

export class UpstreamSigner {
  readonly jwks: JwkSet;
  readonly #options: UpstreamSignerOptions;
  readonly #header: string;
  /** By the principal itself: one object per verified client token, gone when that is forgotten. */
  readonly #issued = new WeakMap<Principal, Issued>();

  constructor(options: UpstreamSignerOptions) {
    const jwk = publicJwk(options.key);
    this.jwks = { keys: [jwk] };
    this.#options = options;
    this.#header = encode({ alg: jwk.alg, typ: 'at+jwt', kid: jwk.kid });
  }

  tokenFor(principal: Principal): string {
    const nowMs = this.#options.now();
    const issued = this.#issued.get(principal);
    if (issued !== undefined && isReusable(issued, nowMs)) return issued.token;
    const token = this.#sign(this.#claimsOf(principal, Math.floor(nowMs / 1000)));
    this.#issued.set(principal, { token, atMs: nowMs });
    return token;
  }

  #claimsOf(principal: Principal, nowSeconds: number) {
    const { issuer, audience, newId } = this.#options;
    return {
      iss: issuer,
      aud: audience,
      sub: principal.subject,
      client_id: principal.clientId,
      scope: principal.scopes.length === 0 ? undefined : principal.scopes.join(' '),
      act: actorChain(principal.actors),
      // A subject is unique within its issuer only.
      'gatehouse:issuer': principal.issuer,
      iat: nowSeconds,
      exp: nowSeconds + TOKEN_SECONDS,
      jti: newId(),
    };
  }

  #sign(claims: object): string {
    const input = `${this.#header}.${encode(claims)}`;
    const { key } = this.#options;
    // RFC 7518 section 3.4: the two numbers side by side, not DER.
    const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
    return `${input}.${signature.toString('base64url')}`;
  }
}

function isReusable({ atMs }: Issued, nowMs: number): boolean {
  return nowMs >= atMs && nowMs < atMs + REUSE_SECONDS * 1000;
}

type ActClaim = { readonly sub: string; readonly iss?: string; readonly act?: ActClaim };

/** RFC 8693 section 4.1: the nearest actor outermost. */
function actorChain(actors: readonly Actor[]): ActClaim | undefined {
  return actors.reduceRight<ActClaim | undefined>(
    (inner, actor) => ({
      sub: actor.subject,
      ...(actor.issuer === undefined ? {} : { iss: actor.issuer }),
      ...(inner === undefined ? {} : { act: inner }),
    }),
    undefined,
  );
}

function publicJwk(key: KeyObject): PublicJwk {
  const { x, y } = createPublicKey(key).export({ format: 'jwk' });
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1' || !x || !y) {
    throw new TypeError('the upstream signing key must be a P-256 private key');
  }
  // RFC 7638: the required members in this order, nothing else.
  const thumbprint = JSON.stringify({ crv: 'P-256', kty: 'EC', x, y });
  const kid = hash('sha256', thumbprint, 'base64url');
  return { kty: 'EC', crv: 'P-256', x, y, kid, alg: 'ES256', use: 'sig' };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
