// One issuer of the policy, made ready to verify with: its algorithms, its clock, its keys.

import { isDeepStrictEqual } from 'node:util';
import type { ClaimRead } from '#core/identity/claim-path.ts';
import { readPrincipal } from '#core/identity/claims.ts';
import type { Principal } from '#core/identity/principal.ts';
import { readServiceAccount } from '#core/identity/service-account.ts';
import type { JsonObject } from '#core/mcp/messages.ts';
import type { IssuerSettings, ServiceAccountTrust } from '#core/policy/trust.ts';
import { CLOCK_SKEW_SECONDS } from '#crds/defaults.ts';
import { KUBERNETES_ISSUER } from '#crds/names.ts';
import { readCaBundle } from './ca-bundle.ts';
import { GivenKeys } from './given-keys.ts';
import { documentUrl, IssuerFault, privateDocuments } from './issuer-document.ts';
import { type IssuerKeys, KeySource, type KeySourceDeps } from './key-source.ts';

/** RFC 8725 section 3.1: what the policy does not list, from this list; never `none` or HMAC. */
export const DEFAULT_ALGORITHMS: readonly string[] = ['RS256', 'PS256', 'ES256', 'EdDSA'];
const ASYMMETRIC = /^(?:(?:RS|PS|ES)(?:256|384|512)|EdDSA|Ed25519)$/;

export interface TrustedIssuer {
  readonly config: IssuerSettings;
  readonly algorithms: ReadonlySet<string>;
  readonly skewSeconds: number;
  readonly keys: IssuerKeys;
  /** From the claims of a token whose signature holds. */
  readonly principalOf: (claims: JsonObject) => ClaimRead<Principal>;
  /** Where it is the issuer of the cluster. */
  readonly serviceAccounts?: ServiceAccountTrust;
}

/** Entries that cannot both hold, an algorithm that proves nothing, or plain http. */
export class IssuerConfigFault extends Error {
  override readonly name = 'IssuerConfigFault';
  readonly code = 'issuer_config';
}

/** By issuer URL. An issuer of `before` that did not change is taken over with its keys. */
export function trustIssuers(
  configs: readonly IssuerSettings[],
  deps: KeySourceDeps,
  before: ReadonlyMap<string, TrustedIssuer> = new Map(),
): ReadonlyMap<string, TrustedIssuer> {
  const issuers = new Map<string, TrustedIssuer>();
  for (const config of configs) {
    const twin = issuers.get(config.issuer);
    if (twin === undefined) {
      issuers.set(config.issuer, trustIssuer(config, deps, before.get(config.issuer)));
    } else if (!isDeepStrictEqual(twin.config, config)) {
      throw new IssuerConfigFault(
        `identity.issuers: ${twin.config.name} and ${config.name} name the same issuer URL differently; make the entries equal`,
      );
    }
  }
  return issuers;
}

/** What the API server signs tokens of ServiceAccounts with: RSA or EC, as the cluster was set up. */
const CLUSTER_ALGORITHMS: ReadonlySet<string> = new Set(['RS256', 'ES256', 'ES384', 'ES512']);

/** The issuers with that of the cluster among them. One of `before` that did not change is taken over. */
export function withServiceAccounts(
  issuers: ReadonlyMap<string, TrustedIssuer>,
  trust: ServiceAccountTrust | undefined,
  before: ReadonlyMap<string, TrustedIssuer> = new Map(),
): ReadonlyMap<string, TrustedIssuer> {
  if (trust === undefined) return issuers;
  const { issuer, keys, audiences } = trust;
  const known = before.get(issuer);
  const trusted: TrustedIssuer = isDeepStrictEqual(known?.serviceAccounts, trust)
    ? (known as TrustedIssuer)
    : {
        config: { name: KUBERNETES_ISSUER, issuer, audiences },
        algorithms: CLUSTER_ALGORITHMS,
        skewSeconds: CLOCK_SKEW_SECONDS,
        keys: new GivenKeys(keys),
        principalOf: (claims) => readServiceAccount(claims, trust),
        serviceAccounts: trust,
      };
  // An issuer of that URL was refused when the policies were joined.
  return new Map([...issuers, [issuer, trusted]]);
}

function trustIssuer(
  config: IssuerSettings,
  deps: KeySourceDeps,
  before: TrustedIssuer | undefined,
): TrustedIssuer {
  if (before !== undefined && isDeepStrictEqual(before.config, config)) return before;
  const algorithms = config.algorithms ?? DEFAULT_ALGORITHMS;
  if (!algorithms.every((name) => ASYMMETRIC.test(name))) {
    throw new IssuerConfigFault(
      `identity.issuers.${config.name}.algorithms: only asymmetric signatures prove an issuer`,
    );
  }
  const { issuer, jwksUri } = config;
  checkTransport(config, deps.allowPlainHttp);
  const bundle = checkedBundle(config, deps);
  const sameKeys = isSamePlace(before, config) ? before?.keys : undefined;
  return {
    config,
    algorithms: new Set(algorithms),
    skewSeconds: config.clockSkewSeconds ?? CLOCK_SKEW_SECONDS,
    principalOf: (claims) => readPrincipal(claims, config),
    keys:
      sameKeys ??
      new KeySource(
        { issuer, ...(jwksUri === undefined ? {} : { jwksUri }) },
        { ...deps, ...bundle },
      ),
  };
}

/** Keys that came from elsewhere, or from a server that is not believed any more, are fetched anew. */
function isSamePlace(
  before: TrustedIssuer | undefined,
  { jwksUri, caBundle }: IssuerSettings,
): boolean {
  return (
    before?.serviceAccounts === undefined &&
    before?.config.jwksUri === jwksUri &&
    isDeepStrictEqual(before?.config.caBundle, caBundle)
  );
}

/** Its documents by its own authorities, where it has any; throws when they are none. */
function checkedBundle(
  { name, caBundle }: IssuerSettings,
  { readSecret }: KeySourceDeps,
): Partial<Pick<KeySourceDeps, 'documents'>> {
  if (caBundle === undefined) return {};
  if (caBundle.kind === 'secret') {
    return { documents: privateDocuments(async () => pemOf(await readSecret?.(caBundle))) };
  }
  const read = readCaBundle(caBundle.text);
  if (read.ok) return { documents: privateDocuments(async () => read.pem) };
  throw new IssuerConfigFault(`identity.issuers.${name}.caBundleRef: ${read.problem}`);
}

function pemOf(text = ''): string {
  const read = readCaBundle(text);
  if (read.ok) return read.pem;
  throw new IssuerFault(`caBundleRef: ${read.problem}`);
}

/** At load, so that the policy is refused instead of every caller. */
function checkTransport(config: IssuerSettings, flag: boolean): void {
  const plainHttp = flag ? 'anywhere' : 'loopback';
  const field = `identity.issuers.${config.name}`;
  try {
    documentUrl(config.issuer, `${field}.issuer`, plainHttp);
    if (config.jwksUri !== undefined) documentUrl(config.jwksUri, `${field}.jwksUri`, plainHttp);
  } catch (cause) {
    if (!(cause instanceof IssuerFault)) throw cause;
    throw new IssuerConfigFault(
      `${cause.message}; plain http is taken on loopback, elsewhere only with a flag`,
      { cause },
    );
  }
}
