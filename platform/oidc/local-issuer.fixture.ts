// A small issuer for tests: real HTTP on loopback, real keys, and any answer a test wants to give
// in place of the honest one. What a whole provider does is tested in e2e with a whole provider.

import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  base64url,
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTPayload,
  SignJWT,
} from 'jose';

export interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

export async function signingKey(kid: string, alg = 'ES256'): Promise<SigningKey> {
  const pair = await generateKeyPair(alg, { extractable: true });
  const publicJwk = { ...(await exportJWK(pair.publicKey)), kid, alg, use: 'sig' };
  return { kid, alg, privateKey: pair.privateKey, publicJwk };
}

export interface Signing {
  readonly key?: SigningKey;
  readonly header?: { readonly [name: string]: unknown };
}

const DISCOVERY = '/.well-known/openid-configuration';
const JWKS = '/keys';

export class LocalIssuer {
  /** Answers in place of the honest document at a path. */
  readonly answers = new Map<string, RequestListener>();
  /** Requests seen, by path. */
  readonly seen = new Map<string, number>();
  keys: readonly SigningKey[];
  #server: Server | undefined;
  #port = 0;

  private constructor(keys: readonly SigningKey[]) {
    this.keys = keys;
  }

  static async start(...keys: readonly SigningKey[]): Promise<LocalIssuer> {
    const issuer = new LocalIssuer(keys.length === 0 ? [await signingKey('k1')] : keys);
    await issuer.resume();
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get keyFetches(): number {
    return this.seen.get(JWKS) ?? 0;
  }

  answerDiscovery(answer: RequestListener): void {
    this.answers.set(DISCOVERY, answer);
  }

  answerKeys(answer: RequestListener): void {
    this.answers.set(JWKS, answer);
  }

  /** Listens, on the same port as before after `stop`. */
  async resume(): Promise<void> {
    const server = createServer((req, res) => {
      const path = req.url ?? '';
      this.seen.set(path, (this.seen.get(path) ?? 0) + 1);
      const answer = this.answers.get(path);
      if (answer !== undefined) return answer(req, res);
      const document = this.#document(path);
      res.writeHead(document === undefined ? 404 : 200, { connection: 'close' });
      res.end(JSON.stringify(document ?? {}));
    });
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  async sign(claims: JWTPayload, signing: Signing = {}): Promise<string> {
    const key = signing.key ?? this.keys[0];
    if (key === undefined) throw new Error('the issuer has no key');
    return new SignJWT({ iss: this.url, ...claims })
      .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'at+jwt', ...signing.header })
      .sign(key.privateKey);
  }

  #document(path: string): unknown {
    if (path === DISCOVERY) return { issuer: this.url, jwks_uri: `${this.url}${JWKS}` };
    if (path === JWKS) return { keys: this.keys.map((key) => key.publicJwk) };
    return undefined;
  }
}

/** A token put together from parts that nobody signed. */
export function assemble(header: unknown, claims: unknown, signature = 'AA'): string {
  const part = (value: unknown) => base64url.encode(JSON.stringify(value));
  return `${part(header)}.${part(claims)}.${signature}`;
}
