// A real OpenID provider for tests and the demo: oidc-provider with discovery, registration, PKCE and
// resource indicators. Its tokens come from real logins, driven over HTTP; its keys really rotate.

import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { Provider } from 'oidc-provider';
import { createMemoryAdapter } from 'oidc-provider/lib/adapters/memory_adapter.js';
import { browse } from './oidc/browser.ts';
import { CALLBACK, configuration, type TokenWishes } from './oidc/configuration.ts';
import { SIGN_IN_PATH, signIn } from './oidc/sign-in.ts';
import { DEFAULT_USERS, type OidcUser } from './oidc/users.ts';

export interface OidcProviderOptions {
  /** Default: alice of `engineering`, bob of `support`, carol and dave of `finance`. */
  readonly users?: readonly OidcUser[];
  /** Resources that tokens may be asked for; default: any. */
  readonly resources?: readonly string[];
  /** Scopes that can be granted; those that `token` is asked for are added. */
  readonly scopes?: readonly string[];
  /** Ids of public clients; others can register themselves. */
  readonly clients?: readonly string[];
  /** Where browsers may be sent back to, for any of the clients. */
  readonly redirectUris?: readonly string[];
  readonly alg?: 'RS256' | 'PS256' | 'ES256' | 'EdDSA';
  /** 0 takes a free one. */
  readonly port?: number;
  /** Address that it listens on and is known by; default: 127.0.0.1. */
  readonly host?: string;
}

export interface TokenRequest {
  /** Default: the first user. */
  readonly sub?: string;
  readonly audience: string;
  readonly scope?: string;
  /** In place of the user's own. */
  readonly groups?: readonly string[];
  readonly expiresInSeconds?: number;
  /** Becomes the `act` claim. */
  readonly actor?: { readonly sub: string; readonly [claim: string]: unknown };
  readonly extraClaims?: Readonly<Record<string, unknown>>;
  readonly clientId?: string;
}

export interface OidcProvider {
  readonly issuer: string;
  /** The same; what other fixtures call their address. */
  readonly url: string;
  /** An access token from an authorization code login with PKCE. */
  token(request: TokenRequest): Promise<string>;
  /** Signs `sub` in at an authorization URL that a client made; gives where that client is sent. */
  signIn(authorizationUrl: string | URL, sub?: string): Promise<URL>;
  /** New tokens are signed with a new key; `forgetOld` withdraws the old ones at once. */
  rotateKeys(options?: { readonly forgetOld?: boolean }): Promise<void>;
  /** Goes off the air; `resume` brings it back at the same address. */
  stop(): Promise<void>;
  resume(): Promise<void>;
  close(): Promise<void>;
}

export async function startOidcProvider(options: OidcProviderOptions = {}): Promise<OidcProvider> {
  const provider = new RunningProvider(options);
  await provider.resume();
  return provider;
}

const DEFAULT_SCOPES = ['mcp:read', 'mcp:write', 'mcp:admin'];
const DEFAULT_CLIENT = 'demo-client';

class RunningProvider implements OidcProvider {
  readonly #options: OidcProviderOptions;
  readonly #users: ReadonlyMap<string, OidcUser>;
  readonly #scopes: Set<string>;
  readonly #wishes = new Map<string, TokenWishes>();
  readonly #adapter = createMemoryAdapter();
  readonly #alg: string;
  #keys: readonly JWK[] = [];
  #provider: Provider | undefined;
  #server: Server | undefined;
  readonly #host: string;
  #port: number;

  constructor(options: OidcProviderOptions) {
    this.#options = options;
    this.#users = new Map((options.users ?? DEFAULT_USERS).map((user) => [user.sub, user]));
    this.#scopes = new Set(options.scopes ?? DEFAULT_SCOPES);
    this.#alg = options.alg ?? 'RS256';
    this.#port = options.port ?? 0;
    this.#host = options.host ?? '127.0.0.1';
  }

  get issuer(): string {
    return `http://${this.#host}:${this.#port}`;
  }

  get url(): string {
    return this.issuer;
  }

  async resume(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer((req, res) => {
      this.#answer(req, res).catch((error: unknown) => {
        res.writeHead(500).end(error instanceof Error ? error.message : 'unknown fault');
      });
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(this.#port, this.#host, resolve);
    });
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
    if (this.#provider === undefined) await this.rotateKeys();
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  close(): Promise<void> {
    return this.stop();
  }

  async rotateKeys({ forgetOld = false } = {}): Promise<void> {
    const { privateKey } = await generateKeyPair(this.#alg, { extractable: true });
    const kid = randomBytes(8).toString('hex');
    const fresh = { ...(await exportJWK(privateKey)), kid, alg: this.#alg, use: 'sig' };
    // The provider signs with the first key that fits.
    this.#keys = forgetOld ? [fresh] : [fresh, ...this.#keys];
    this.#configure();
  }

  async signIn(authorizationUrl: string | URL, sub?: string): Promise<URL> {
    return browse(new URL(authorizationUrl), sub ?? this.#firstUser());
  }

  async token(request: TokenRequest): Promise<string> {
    const { sub = this.#firstUser(), scope, clientId = DEFAULT_CLIENT } = request;
    if (!this.#users.has(sub)) throw new Error(`the provider has no user ${sub}`);
    this.#allowScopes(scope?.split(' ') ?? []);
    const verifier = randomBytes(32).toString('base64url');
    this.#wishes.set(verifier, wishesOf(request));
    try {
      const code = await this.#login({ request, sub, clientId, verifier });
      return await this.#redeem({ code, clientId, verifier, resource: request.audience });
    } finally {
      this.#wishes.delete(verifier);
    }
  }

  async #login(login: {
    readonly request: TokenRequest;
    readonly sub: string;
    readonly clientId: string;
    readonly verifier: string;
  }): Promise<string> {
    const url = new URL('/auth', this.issuer);
    url.search = new URLSearchParams({
      client_id: login.clientId,
      response_type: 'code',
      redirect_uri: CALLBACK,
      scope: ['openid', login.request.scope ?? ''].join(' ').trim(),
      resource: login.request.audience,
      code_challenge: createHash('sha256').update(login.verifier).digest('base64url'),
      code_challenge_method: 'S256',
    }).toString();
    const { searchParams } = await browse(url, login.sub);
    const code = searchParams.get('code');
    if (code === null) {
      throw new Error(`login failed: ${searchParams.get('error_description') ?? 'no code'}`);
    }
    return code;
  }

  async #redeem(grant: {
    readonly code: string;
    readonly clientId: string;
    readonly verifier: string;
    readonly resource: string;
  }): Promise<string> {
    const response = await fetch(new URL('/token', this.issuer), {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: grant.code,
        client_id: grant.clientId,
        code_verifier: grant.verifier,
        redirect_uri: CALLBACK,
        resource: grant.resource,
      }),
    });
    const answer = (await response.json()) as { access_token?: string; error_description?: string };
    if (answer.access_token === undefined) {
      throw new Error(`no token: ${answer.error_description ?? response.status}`);
    }
    return answer.access_token;
  }

  async #answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const provider = this.#provider;
    if (provider === undefined) throw new Error('the provider is not ready');
    if (req.url?.startsWith(SIGN_IN_PATH)) return signIn(req, res, provider, this.#users);
    provider.callback()(req, res);
  }

  #allowScopes(scopes: readonly string[]): void {
    if (scopes.every((scope) => this.#scopes.has(scope))) return;
    for (const scope of scopes) this.#scopes.add(scope);
    this.#configure();
  }

  /** A provider cannot change; a new one takes over its clients, sessions and codes. */
  #configure(): void {
    const { clients = [DEFAULT_CLIENT], redirectUris = [], resources } = this.#options;
    const state = {
      users: this.#users,
      clients,
      redirectUris,
      resources: resources === undefined ? undefined : new Set(resources),
      scopes: this.#scopes,
      wishes: this.#wishes,
      alg: this.#alg,
      adapter: this.#adapter,
    };
    this.#provider = new Provider(this.issuer, configuration(state, this.#keys));
  }

  #firstUser(): string {
    const [first] = this.#users.keys();
    if (first === undefined) throw new Error('the provider has no users');
    return first;
  }
}

function wishesOf(request: TokenRequest): TokenWishes {
  return {
    claims: {
      ...(request.groups === undefined ? {} : { groups: request.groups }),
      ...(request.actor === undefined ? {} : { act: request.actor }),
      ...request.extraClaims,
    },
    ...(request.expiresInSeconds === undefined
      ? {}
      : { expiresInSeconds: request.expiresInSeconds }),
  };
}
