// What an MCP host does for sign-in, without a human: it registers itself, opens the authorization
// URL as a given user, and keeps the tokens. Fits the OAuthClientProvider of both SDK generations.

import type { OidcProvider } from '../oidc-provider.ts';
import { CALLBACK } from './configuration.ts';

/** What both SDKs hand over for keeping; they give it a meaning, we do not. */
interface StoredTokens {
  access_token: string;
  token_type: string;
  issuer?: string;
}
interface StoredDiscovery {
  authorizationServerUrl: string;
}
interface StoredClient {
  client_id: string;
  issuer?: string;
}

export class ScriptedOAuthClient {
  readonly redirectUrl = CALLBACK;
  readonly clientMetadata = {
    client_name: 'scripted host',
    redirect_uris: [CALLBACK],
    grant_types: ['authorization_code'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
  /** Authorization URLs that were opened, oldest first. */
  readonly opened: URL[] = [];
  readonly #provider: OidcProvider;
  readonly #sub: string | undefined;
  #client: StoredClient | undefined;
  #tokens: StoredTokens | undefined;
  #discovery: StoredDiscovery | undefined;
  #verifier = '';
  #callback: URL | undefined;

  constructor(provider: OidcProvider, sub?: string) {
    this.#provider = provider;
    this.#sub = sub;
  }

  /** What came back with the browser: `code`, `iss`. For the transport's `finishAuth`. */
  get callback(): URLSearchParams {
    if (this.#callback === undefined) throw new Error('nobody was asked to sign in');
    return this.#callback.searchParams;
  }

  async redirectToAuthorization(url: URL): Promise<void> {
    this.opened.push(url);
    this.#callback = await this.#provider.signIn(url, this.#sub);
  }

  clientInformation(): StoredClient | undefined {
    return this.#client;
  }

  saveClientInformation(client: StoredClient): void {
    this.#client = client;
  }

  tokens(): StoredTokens | undefined {
    return this.#tokens;
  }

  saveTokens(tokens: StoredTokens): void {
    this.#tokens = tokens;
  }

  codeVerifier(): string {
    return this.#verifier;
  }

  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier;
  }

  discoveryState(): StoredDiscovery | undefined {
    return this.#discovery;
  }

  saveDiscoveryState(discovery: StoredDiscovery): void {
    this.#discovery = discovery;
  }
}
