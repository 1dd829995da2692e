// One issuer of the policy, made ready to verify with: its algorithms, its clock, its keys.

import { isDeepStrictEqual } from 'node:util';
import { CLOCK_SKEW_SECONDS } from '#crds/defaults.ts';
import type { IssuerConfig } from '#crds/policy.ts';
import { documentUrl, IssuerFault } from './issuer-document.ts';
import { KeySource, type KeySourceDeps } from './key-source.ts';

/** RFC 8725 section 3.1: what the policy does not list, from this list; never `none` or HMAC. */
export const DEFAULT_ALGORITHMS: readonly string[] = ['RS256', 'PS256', 'ES256', 'EdDSA'];
const ASYMMETRIC = /^(?:(?:RS|PS|ES)(?:256|384|512)|EdDSA|Ed25519)$/;

export interface TrustedIssuer {
  readonly config: IssuerConfig;
  readonly algorithms: ReadonlySet<string>;
  readonly skewSeconds: number;
  readonly keys: KeySource;
}

/** Entries that cannot both hold, an algorithm that proves nothing, or plain http. */
export class IssuerConfigFault extends Error {
  override readonly name = 'IssuerConfigFault';
  readonly code = 'issuer_config';
}

/** By issuer URL. An issuer of `before` that did not change is taken over with its keys. */
export function trustIssuers(
  configs: readonly IssuerConfig[],
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

function trustIssuer(
  config: IssuerConfig,
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
  const sameKeys = before?.config.jwksUri === jwksUri ? before?.keys : undefined;
  return {
    config,
    algorithms: new Set(algorithms),
    skewSeconds: config.clockSkewSeconds ?? CLOCK_SKEW_SECONDS,
    keys:
      sameKeys ?? new KeySource({ issuer, ...(jwksUri === undefined ? {} : { jwksUri }) }, deps),
  };
}

/** At load, so that the policy is refused instead of every caller. */
function checkTransport(config: IssuerConfig, flag: boolean): void {
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
