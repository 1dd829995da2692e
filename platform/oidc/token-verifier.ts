// Verifies bearer tokens of the policy's OIDC issuers: the signature once per token, its time and
// audience on every use. Nothing about a token is logged, kept in clear or repeated in a reason.

import { hash } from 'node:crypto';
import { type CryptoKey, compactVerify } from 'jose';
import { Agent, type Dispatcher } from 'undici';
import type { ClaimRead } from '#core/identity/claim-path.ts';
import {
  audienceProblem,
  readAudiences,
  readWindow,
  windowProblem,
} from '#core/identity/token-claims.ts';
import type { TokenVerification, TokenVerifier } from '#core/identity/token-verifier.ts';
import type { JsonObject } from '#core/mcp/messages.ts';
import type { IssuerSettings, ServiceAccountTrust } from '#core/policy/trust.ts';
import { type CompactToken, MAX_TOKEN_CHARS, readCompactToken } from './compact-token.ts';
import { issuerDocuments } from './issuer-document.ts';
import type { KeySet } from './key-set.ts';
import type { KeySourceDeps, SecretReader } from './key-source.ts';
import { type ProvenToken, ProvenTokens } from './proven-tokens.ts';
import { type TrustedIssuer, trustIssuers, withServiceAccounts } from './trusted-issuer.ts';

export interface TokenVerifierOptions {
  readonly issuers: readonly IssuerSettings[];
  readonly serviceAccounts?: ServiceAccountTrust | undefined;
  /** Accept issuers on plain http beyond loopback. */
  readonly allowPlainHttp: boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly readSecret?: SecretReader | undefined;
  /** Sockets to the issuers; the verifier's own when absent, closed by `close`. */
  readonly dispatcher?: Dispatcher;
}

export interface IssuerStatus {
  readonly name: string;
  readonly issuer: string;
  /** There are keys to verify with. */
  readonly ready: boolean;
  /** Why the last fetch failed, without any value of a peer. */
  readonly problem?: string;
}

/** Throws IssuerConfigFault when the entries contradict each other. */
export function createTokenVerifier(options: TokenVerifierOptions): OidcTokenVerifier {
  const dispatcher =
    options.dispatcher ?? new Agent({ connect: { timeout: CONNECT_TIMEOUT_MS }, connections: 4 });
  const deps: KeySourceDeps = {
    documents: issuerDocuments(dispatcher),
    allowPlainHttp: options.allowPlainHttp,
    now: options.now,
    readSecret: options.readSecret,
  };
  return new OidcTokenVerifier({
    issuers: withServiceAccounts(trustIssuers(options.issuers, deps), options.serviceAccounts),
    deps,
    proven: new ProvenTokens(),
    close: async () => {
      if (options.dispatcher === undefined) await dispatcher.destroy();
    },
  });
}

const CONNECT_TIMEOUT_MS = 5_000;

interface Parts {
  readonly issuers: ReadonlyMap<string, TrustedIssuer>;
  readonly deps: KeySourceDeps;
  readonly proven: ProvenTokens;
  readonly close: () => Promise<void>;
}

type Refused = Extract<TokenVerification, { readonly ok: false }>;
type Proof = { readonly ok: true; readonly token: ProvenToken } | Refused;

export class OidcTokenVerifier implements TokenVerifier {
  readonly #parts: Parts;
  /** Proofs under way, so that a burst with one new token checks its signature once. */
  readonly #proving = new Map<string, Promise<Proof>>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async verify(
    token: string,
    expected: { readonly audiences: readonly string[] },
  ): Promise<TokenVerification> {
    // Before hashing: how much a stranger makes us hash is bounded too.
    if (token.length > MAX_TOKEN_CHARS) {
      return invalid(`token: is over ${MAX_TOKEN_CHARS} characters`);
    }
    const digest = hash('sha256', token, 'base64');
    const recalled = this.#recall(digest);
    const proof = recalled ?? (await this.#prove(token, digest));
    if (!proof.ok) return proof;
    const problem = this.#problemNow(proof.token, expected.audiences);
    if (problem !== undefined) return invalid(problem);
    if (recalled === undefined) this.#parts.proven.set(digest, proof.token);
    return { ok: true, principal: proof.token.principal };
  }

  /** Fetches the keys of every issuer that has none in force; never rejects for an issuer's fault. */
  async warm(): Promise<readonly IssuerStatus[]> {
    const issuers = [...this.#parts.issuers.values()];
    await Promise.all(issuers.map((issuer) => issuer.keys.ready()));
    return Promise.all(issuers.map(statusOf));
  }

  /**
   * A verifier for other issuers that shares sockets, and the keys and proven tokens of the issuers
   * that stay as they are. This one keeps working; `close` of either closes the sockets of both.
   */
  withIssuers(
    issuers: readonly IssuerSettings[],
    serviceAccounts?: ServiceAccountTrust,
  ): OidcTokenVerifier {
    const { deps, issuers: before } = this.#parts;
    const trusted = trustIssuers(issuers, deps, before);
    return new OidcTokenVerifier({
      ...this.#parts,
      issuers: withServiceAccounts(trusted, serviceAccounts, before),
    });
  }

  close(): Promise<void> {
    return this.#parts.close();
  }

  /** A proof holds while its issuer is trusted as it was, with the keys that made it. */
  #recall(digest: string): Proof | undefined {
    const token = this.#parts.proven.get(digest);
    if (token === undefined) return undefined;
    const { issuer, keySet } = token;
    const holds =
      this.#parts.issuers.get(issuer.config.issuer) === issuer && issuer.keys.current === keySet;
    return holds ? { ok: true, token } : undefined;
  }

  #prove(token: string, digest: string): Promise<Proof> {
    const underWay = this.#proving.get(digest);
    if (underWay !== undefined) return underWay;
    const proof = this.#checkSignature(token).finally(() => this.#proving.delete(digest));
    this.#proving.set(digest, proof);
    return proof;
  }

  async #checkSignature(token: string): Promise<Proof> {
    const compact = readCompactToken(token);
    if (!compact.ok) return invalid(compact.reason);
    const { header, claims } = compact.value;
    const issuer = typeof claims.iss === 'string' ? this.#parts.issuers.get(claims.iss) : undefined;
    if (issuer === undefined) return invalid('iss: is not an issuer this server trusts');
    if (!issuer.algorithms.has(header.alg)) {
      return invalid('alg: is not accepted from this issuer');
    }
    const keys = await findKey(issuer, compact.value);
    if (!keys.ok) return keys;
    if (!(await isSignedBy(token, keys.key, header.alg))) {
      return invalid('signature: does not match');
    }
    const facts = readFacts(claims, issuer);
    return facts.ok
      ? {
          ok: true,
          token: { ...facts.value, issuer, keySet: keys.keySet, sizeChars: token.length },
        }
      : invalid(facts.reason);
  }

  #problemNow(token: ProvenToken, audiences: readonly string[]): string | undefined {
    const { issuer, window } = token;
    const nowSeconds = this.#parts.deps.now() / 1000;
    const accepted = [...audiences, ...(issuer.config.audiences ?? [])];
    return (
      windowProblem(window, nowSeconds, issuer.skewSeconds) ??
      audienceProblem(token.audiences, accepted)
    );
  }
}

type FoundKey = { readonly ok: true; readonly key: CryptoKey; readonly keySet: KeySet } | Refused;

async function findKey(issuer: TrustedIssuer, token: CompactToken): Promise<FoundKey> {
  const found = await issuer.keys.find(token.header);
  switch (found.kind) {
    case 'key':
      return { ok: true, key: found.key, keySet: found.keySet };
    case 'none':
      return invalid('kid: is not a key of the issuer for this alg');
    case 'ambiguous':
      return invalid('kid: is missing, and the issuer has several keys for this alg');
    case 'unavailable':
      return {
        ok: false,
        code: 'issuer_unavailable',
        reason: 'iss: the keys of the issuer cannot be had',
      };
  }
}

async function isSignedBy(token: string, key: CryptoKey, alg: string): Promise<boolean> {
  try {
    await compactVerify(token, key, { algorithms: [alg] });
    return true;
  } catch {
    // jose says no by throwing: a bad signature, a key too short, a key for something else.
    return false;
  }
}

type Facts = Pick<ProvenToken, 'principal' | 'window' | 'audiences'>;

function readFacts(claims: JsonObject, issuer: TrustedIssuer): ClaimRead<Facts> {
  const window = readWindow(claims);
  if (!window.ok) return window;
  const audiences = readAudiences(claims);
  if (!audiences.ok) return audiences;
  const principal = issuer.principalOf(claims);
  if (!principal.ok) return principal;
  return {
    ok: true,
    value: { window: window.value, audiences: audiences.value, principal: principal.value },
  };
}

async function statusOf({ config, keys }: TrustedIssuer): Promise<IssuerStatus> {
  const ready = await keys.ready();
  const { problem } = keys;
  return {
    name: config.name,
    issuer: config.issuer,
    ready,
    ...(problem === undefined ? {} : { problem }),
  };
}

function invalid(reason: string): Refused {
  return { ok: false, code: 'token_invalid', reason };
}
