// A verifier in front of a small issuer, with the clock in the test's hand.

import { expect } from 'chai';
import type { JWTPayload } from 'jose';
import type { TokenVerification } from '#core/identity/token-verifier.ts';
import type { IssuerConfig } from '#crds/policy.ts';
import { LocalIssuer, type Signing } from './local-issuer.fixture.ts';
import { createTokenVerifier, type OidcTokenVerifier } from './token-verifier.ts';

export const AUDIENCE = 'https://mcp.example/mcp';
export const START_SECONDS = 1_800_000_000;

/** A claim set to undefined is left out of the token. */
export type Claims = { readonly [name: string]: unknown };

export class VerifierRig {
  readonly issuer: LocalIssuer;
  verifier: OidcTokenVerifier;
  #nowMs = START_SECONDS * 1000;

  private constructor(issuer: LocalIssuer) {
    this.issuer = issuer;
    this.verifier = this.#create({});
  }

  static async start(): Promise<VerifierRig> {
    return new VerifierRig(await LocalIssuer.start());
  }

  config(more: Partial<IssuerConfig> = {}): IssuerConfig {
    return { name: 'corp', issuer: this.issuer.url, ...more };
  }

  /** A fresh verifier that knows nothing yet, with other settings for the issuer. */
  async configure(more: Partial<IssuerConfig>): Promise<void> {
    await this.verifier.close();
    this.verifier = this.#create(more);
  }

  claims(more: Claims = {}): JWTPayload {
    const times = { iat: START_SECONDS, exp: START_SECONDS + 3600 };
    return { sub: 'u-1', aud: AUDIENCE, ...times, ...more };
  }

  token(more: Claims = {}, signing: Signing = {}): Promise<string> {
    return this.issuer.sign(this.claims(more), signing);
  }

  verify(token: string, audiences = [AUDIENCE]): Promise<TokenVerification> {
    return this.verifier.verify(token, { audiences });
  }

  async judge(more: Claims = {}, signing: Signing = {}): Promise<TokenVerification> {
    return this.verify(await this.token(more, signing));
  }

  later(milliseconds: number): void {
    this.#nowMs += milliseconds;
  }

  async stop(): Promise<void> {
    await this.verifier.close();
    await this.issuer.stop();
  }

  #create(more: Partial<IssuerConfig>): OidcTokenVerifier {
    return createTokenVerifier({
      issuers: [this.config(more)],
      allowPlainHttp: false,
      now: () => this.#nowMs,
    });
  }
}

export function expectInvalid(verdict: TokenVerification, reason: RegExp): void {
  expect(verdict).to.have.property('code', 'token_invalid');
  expect(verdict).to.have.property('reason').that.matches(reason);
}
