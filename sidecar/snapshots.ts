// Makes a snapshot of each loaded policy, over the parts that outlive policies: the verifier's keys, the
// signer of upstream tokens, and where clients dial.

import type { Hmac } from '#core/masking/actions.ts';
import { approvalAudienceProblem } from '#core/policy/approvals.ts';
import type { GoodPolicy } from '#platform/file/load-policy.ts';
import type { OidcTokenVerifier } from '#platform/oidc/token-verifier.ts';
import type { Clock } from '#platform/process/clock.ts';
import type { Logger } from '#platform/process/log.ts';
import type { Activation, Snapshot } from './activation.ts';
import { doorsOf, misplacedUrls, publicUrlsOf } from './doors.ts';
import { createWellKnown, scopesToAskFor, type WellKnown } from './metadata.ts';
import { SettingsFault, type SidecarSettings } from './settings.ts';
import { createUpstreamCredential } from './upstream-credential.ts';
import type { UpstreamSigner } from './upstream-signer.ts';

export interface SnapshotParts {
  readonly settings: SidecarSettings;
  /** The port that was bound; public URLs may be those of the listen address. */
  readonly port: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly verifier: OidcTokenVerifier;
  readonly signer: UpstreamSigner;
  readonly maskingHash: Hmac;
}

/**
 * Rejects with CredentialFault when the credential that the policy names cannot be had, and with
 * SettingsFault when a token for MCP could approve.
 */
export async function makeSnapshot(
  { policy, digest }: GoodPolicy,
  parts: SnapshotParts,
): Promise<Snapshot> {
  const { settings, clock, log, verifier, signer, maskingHash } = parts;
  const publicUrls = dialledUrls({ policy }, parts);
  const misplaced = misplacedUrls(publicUrls, settings.upstream.pathname);
  if (misplaced.length > 0) {
    const path = settings.upstream.pathname;
    log.warn(
      'public URLs have another path than --upstream: a proxy must map it, or clients get 404',
      {
        urls: misplaced,
        path,
      },
    );
  }
  const problem = approvalAudienceProblem(policy, publicUrls);
  if (problem !== undefined) {
    throw new SettingsFault(`spec.identity.approvalAudience: ${problem}`);
  }
  return {
    policy,
    digest,
    publicUrls,
    scopes: scopesToAskFor(policy),
    verifier: verifier.withIssuers(policy.issuers, policy.serviceAccounts),
    maskingHash,
    doors: doorsOf(policy, publicUrls, settings.upstream.pathname),
    credential: await createUpstreamCredential(policy.upstream, {
      signer,
      env: settings.env,
      secretsDir: settings.secretsDir,
      now: () => clock.epochSeconds() * 1000,
      onStale: (problem) => log.warn('upstream credential is stale', { problem }),
    }),
  };
}

export function dialledUrls(
  { policy }: Pick<GoodPolicy, 'policy'>,
  { settings, port }: Pick<SnapshotParts, 'settings' | 'port'>,
): readonly string[] {
  const { publicUrls, listen, upstream, tls } = settings;
  return publicUrlsOf(publicUrls, policy, { ...listen, port, tls }, upstream.pathname);
}

/** What is published without a token, always of the current snapshot. */
export function wellKnownOf(activation: Activation, signer: UpstreamSigner): WellKnown {
  return createWellKnown(() => {
    const { policy, publicUrls, scopes } = activation.current;
    const issuers = policy.issuers.map(({ issuer }) => issuer);
    return { publicUrls, issuers, scopes, jwks: signer.jwks };
  });
}
