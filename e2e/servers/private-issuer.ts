// An issuer whose server is believed by a private authority alone: discovery and keys over https, and tokens that its
// key signs.

import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { SignJWT } from 'jose';
import { type SigningKey, signingKey } from '#platform/oidc/local-issuer.fixture.ts';
import { type TestAuthority, testAuthority } from './certificates.ts';

export class PrivateIssuer {
  readonly authority: TestAuthority;
  readonly url: string;
  readonly #server: Server;
  readonly #key: SigningKey;

  constructor(authority: TestAuthority, server: Server, url: string, key: SigningKey) {
    this.authority = authority;
    this.#server = server;
    this.url = url;
    this.#key = key;
  }

  token(sub: string, audience: string): Promise<string> {
    return new SignJWT({})
      .setProtectedHeader({ alg: this.#key.alg, kid: this.#key.kid, typ: 'at+jwt' })
      .setIssuer(this.url)
      .setSubject(sub)
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(this.#key.privateKey);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

export async function startPrivateIssuer(host = '127.0.0.1'): Promise<PrivateIssuer> {
  const authority = await testAuthority();
  const key = await signingKey('private-1');
  const server = createServer(await authority.issue(`IP:${host}`));
  server.listen(0, host);
  await once(server, 'listening');
  const url = `https://${host}:${(server.address() as AddressInfo).port}`;
  const documents = new Map<string, object>([
    [
      '/.well-known/openid-configuration',
      {
        issuer: url,
        jwks_uri: `${url}/keys`,
        authorization_endpoint: `${url}/auth`,
        token_endpoint: `${url}/token`,
      },
    ],
    ['/keys', { keys: [key.publicJwk] }],
  ]);
  server.on('request', (request, response) => {
    const document = documents.get(request.url ?? '');
    const type = { 'content-type': 'application/json' };
    response.writeHead(document === undefined ? 404 : 200, type);
    response.end(JSON.stringify(document ?? {}));
  });
  return new PrivateIssuer(authority, server, url, key);
}
