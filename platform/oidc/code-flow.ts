// Signing a person in: the authorization code flow with PKCE, as openid-client does it. What comes back
// is a token; whether it proves anybody is the TokenVerifier's question.

import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  ClientError,
  type Configuration,
  type CustomFetch,
  calculatePKCECodeChallenge,
  customFetch,
  discovery,
  None,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
import { Agent, fetch } from 'undici';

export interface CodeFlowOptions {
  /** Absent: a public client, which PKCE alone protects. */
  readonly clientSecret?: string | undefined;
  /** Where the issuer sends the browser back to; registered there exactly so. */
  readonly redirectUri: string;
  /** Whether plain http is taken to this issuer. */
  readonly allowsPlainHttp: (issuer: string) => boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What is asked of the issuer. */
export interface Wish {
  readonly issuer: string;
  readonly clientId: string;
  /**
   * The audience the token must have. Where it is the id of the client itself, the ID token is meant;
   * else the access token for this resource (RFC 8707).
   */
  readonly audience: string;
  readonly maxAgeSeconds: number;
}

/** Kept, sealed, by the browser that began; `finish` needs it. */
export interface Begun extends Wish {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** `reason` is of our making: what an issuer says is not repeated. */
export class CodeFlowFault extends Error {
  override readonly name = 'CodeFlowFault';
  readonly code: 'issuer_unavailable' | 'refused';

  constructor(code: CodeFlowFault['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const TIMEOUT_SECONDS = 10;
/** Endpoints of an issuer hardly ever change; one that did is found after this. */
const METADATA_MILLIS = 5 * 60_000;

interface Known {
  readonly until: number;
  readonly configuration: Promise<Configuration>;
}

export class CodeFlow {
  readonly #options: CodeFlowOptions;
  readonly #known = new Map<string, Known>();

  constructor(options: CodeFlowOptions) {
    this.#options = options;
  }

  /**
   * Where to send the browser; `anew`: to sign in once more, however fresh the issuer's own session is.
   * `ca`: PEM of the authorities by which alone its server is believed. Rejects with CodeFlowFault when the issuer
   * cannot be asked.
   */
  async begin(
    wish: Wish,
    anew: boolean,
    ca?: string,
  ): Promise<{ readonly url: URL; readonly begun: Begun }> {
    const configuration = await this.#configurationOf(wish, ca);
    const begun = {
      ...wish,
      state: randomState(),
      nonce: randomNonce(),
      verifier: randomPKCECodeVerifier(),
    };
    const url = buildAuthorizationUrl(configuration, {
      redirect_uri: this.#options.redirectUri,
      scope: scopeOf(configuration),
      state: begun.state,
      nonce: begun.nonce,
      code_challenge: await calculatePKCECodeChallenge(begun.verifier),
      code_challenge_method: 'S256',
      max_age: String(wish.maxAgeSeconds),
      ...resourceOf(wish),
      ...(anew ? { prompt: 'login' } : {}),
    });
    return { url, begun };
  }

  /** The token that is to prove who came back. `query`: what the issuer appended, with its `?`. */
  async finish(begun: Begun, query: string, ca?: string): Promise<string> {
    const configuration = await this.#configurationOf(begun, ca);
    const tokens = await authorizationCodeGrant(
      configuration,
      new URL(query, this.#options.redirectUri),
      {
        pkceCodeVerifier: begun.verifier,
        expectedState: begun.state,
        expectedNonce: begun.nonce,
        maxAge: begun.maxAgeSeconds,
      },
      resourceOf(begun),
    ).catch((cause: unknown) => {
      throw unfinished(cause);
    });
    const token = isOwn(begun) ? tokens.id_token : tokens.access_token;
    if (token === undefined) throw new CodeFlowFault('refused', 'the issuer gave no such token');
    return token;
  }

  async #configurationOf({ issuer, clientId }: Wish, ca = ''): Promise<Configuration> {
    const now = this.#options.now();
    const name = JSON.stringify([issuer, clientId, ca]);
    const known = this.#known.get(name);
    if (known !== undefined && known.until > now) return known.configuration;
    const configuration = this.#discover(issuer, clientId, ca).catch((cause: unknown) => {
      this.#known.delete(name);
      throw new CodeFlowFault('issuer_unavailable', 'the issuer cannot be reached', { cause });
    });
    this.#known.set(name, { until: now + METADATA_MILLIS, configuration });
    return configuration;
  }

  #discover(issuer: string, clientId: string, ca: string): Promise<Configuration> {
    const { clientSecret, allowsPlainHttp } = this.#options;
    return discovery(
      new URL(issuer),
      clientId,
      clientSecret,
      clientSecret === undefined ? None() : undefined,
      {
        timeout: TIMEOUT_SECONDS,
        execute: allowsPlainHttp(issuer) ? [allowInsecureRequests] : [],
        ...(ca === '' ? {} : { [customFetch]: fetchBy(ca) }),
      },
    );
  }
}

/** As `fetch` does it, with these authorities alone. */
function fetchBy(ca: string): CustomFetch {
  const dispatcher = new Agent({ connect: { ca }, keepAliveTimeout: 1_000 });
  // The same standard in two type declarations.
  return (url, options) => fetch(url, { ...options, dispatcher } as never) as never;
}

/** `fetch` says with a TypeError that nobody was there; whatever else is wrong is with the answer. */
function unfinished(cause: unknown): CodeFlowFault {
  const isUnreached =
    cause instanceof TypeError || (cause instanceof ClientError && cause.code === 'OAUTH_TIMEOUT');
  return isUnreached
    ? new CodeFlowFault('issuer_unavailable', 'the issuer cannot be reached', { cause })
    : new CodeFlowFault('refused', 'the issuer did not complete the sign-in', { cause });
}

function isOwn({ audience, clientId }: Wish): boolean {
  return audience === clientId;
}

function resourceOf(wish: Wish): Readonly<Record<string, string>> {
  return isOwn(wish) ? {} : { resource: wish.audience };
}

/** Some issuers give groups only to those who ask for that scope, and others refuse what they do not know. */
function scopeOf(configuration: Configuration): string {
  const { scopes_supported: supported = [] } = configuration.serverMetadata();
  const wanted = WANTED_SCOPES.filter((scope) => supported.includes(scope));
  return ['openid', ...wanted].join(' ');
}

const WANTED_SCOPES = ['profile', 'email', 'groups'];
