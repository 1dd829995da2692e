// The port through which the data path learns who is calling. Adapter: platform/oidc, for tokens of issuers and of
// Kubernetes ServiceAccounts.

import type { Principal } from './principal.ts';

export type TokenVerification =
  | { readonly ok: true; readonly principal: Principal }
  | {
      readonly ok: false;
      /** `issuer_unavailable` is our side's fault: HTTP 503, not 401. */
      readonly code: 'token_invalid' | 'issuer_unavailable';
      /** Names the claim or header parameter, never its value. */
      readonly reason: string;
    };

export interface TokenVerifier {
  /**
   * Judges one bearer token. `audiences` are this resource's public URLs; what the policy lists per
   * issuer is accepted besides. Never rejects: a fault of the issuer is a verification too.
   */
  verify(
    token: string,
    expected: { readonly audiences: readonly string[] },
  ): Promise<TokenVerification>;
}
