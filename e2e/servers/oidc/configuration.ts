// How the fixture provider is set up: JWT access tokens for the resource a client asks for
// (RFC 8707), dynamic registration (RFC 7591), PKCE, and consent given by having signed in.

import type { JWK } from 'jose';
import { errors, type IssuedToken, type OidcContext } from 'oidc-provider';
import { claimsOf, type OidcUser } from './users.ts';

/** What one scripted login wants in its token, found again by its PKCE verifier. */
export interface TokenWishes {
  readonly claims: Readonly<Record<string, unknown>>;
  readonly expiresInSeconds?: number;
}

export interface ProviderState {
  readonly users: ReadonlyMap<string, OidcUser>;
  readonly clients: readonly string[];
  /** Where browsers may be sent back to besides `CALLBACK`, for any of the clients. */
  readonly redirectUris: readonly string[];
  /** Absent: any resource may be asked for. */
  readonly resources: ReadonlySet<string> | undefined;
  readonly scopes: ReadonlySet<string>;
  readonly wishes: ReadonlyMap<string, TokenWishes>;
  readonly alg: string;
  readonly adapter: (model: string) => object;
}

/** Where a scripted browser stops; nothing listens there. */
export const CALLBACK = 'http://localhost/callback';
const TOKEN_SECONDS = 3600;
const LONG_SECONDS = 86_400;

export function configuration(state: ProviderState, keys: readonly JWK[]): object {
  return {
    adapter: state.adapter,
    jwks: { keys },
    cookies: { keys: ['fixture'] },
    clients: state.clients.map((clientId) => publicClient(clientId, state.redirectUris)),
    clientDefaults: { id_token_signed_response_alg: state.alg },
    clientBasedCORS: () => true,
    scopes: ['openid', 'offline_access', ...state.scopes],
    claims: { openid: ['sub', 'groups', 'email', 'email_verified'] },
    // As most providers do it: what is asked for stands in the ID token, not behind another request.
    conformIdTokenClaims: false,
    findAccount: (_: OidcContext, sub: string) => account(state.users.get(sub)),
    loadExistingGrant: (ctx: OidcContext) => grantAll(ctx, state),
    extraTokenClaims: (ctx: OidcContext, token: IssuedToken) => tokenClaims(ctx, token, state),
    interactions: { url: (_: OidcContext, { uid }: { uid: string }) => `/interaction/${uid}` },
    ttl: {
      AccessToken: (ctx: OidcContext) => wishesOf(ctx, state)?.expiresInSeconds ?? TOKEN_SECONDS,
      AuthorizationCode: 60,
      Grant: LONG_SECONDS,
      IdToken: TOKEN_SECONDS,
      Interaction: TOKEN_SECONDS,
      RefreshToken: LONG_SECONDS,
      Session: LONG_SECONDS,
    },
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: true },
      rpInitiatedLogout: { enabled: false },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        defaultResource: () => undefined,
        getResourceServerInfo: (_: OidcContext, resource: string) =>
          resourceServer(resource, state),
      },
    },
  };
}

function publicClient(clientId: string, redirectUris: readonly string[]): object {
  return {
    client_id: clientId,
    token_endpoint_auth_method: 'none',
    redirect_uris: [CALLBACK, ...redirectUris],
    grant_types: ['authorization_code'],
    response_types: ['code'],
  };
}

function resourceServer(resource: string, state: ProviderState): object {
  if (state.resources !== undefined && !state.resources.has(resource)) {
    throw new errors.InvalidTarget();
  }
  return {
    audience: resource,
    scope: [...state.scopes].join(' '),
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: state.alg } },
  };
}

async function account(user: OidcUser | undefined): Promise<object | undefined> {
  if (user === undefined) return undefined;
  return { accountId: user.sub, claims: () => ({ sub: user.sub, ...claimsOf(user) }) };
}

async function grantAll(ctx: OidcContext, state: ProviderState) {
  const { client, session, params, provider } = ctx.oidc;
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  const all = ['openid', 'offline_access', ...state.scopes].join(' ');
  grant.addOIDCScope(all);
  for (const resource of [params?.resource].flat()) {
    if (typeof resource === 'string') grant.addResourceScope(resource, all);
  }
  await grant.save();
  return grant;
}

async function tokenClaims(ctx: OidcContext, token: IssuedToken, state: ProviderState) {
  const user = state.users.get(token.accountId ?? '');
  const { authTime } = ctx.oidc.entities.AuthorizationCode ?? {};
  return {
    ...(user === undefined ? {} : claimsOf(user)),
    // RFC 9068 section 2.2.1: when the person last signed in.
    ...(authTime === undefined ? {} : { auth_time: authTime }),
    ...wishesOf(ctx, state)?.claims,
  };
}

function wishesOf(ctx: OidcContext, state: ProviderState): TokenWishes | undefined {
  return state.wishes.get(String(ctx.oidc.params?.code_verifier));
}
