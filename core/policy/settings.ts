// What several documents say together about issuers, limits, addresses and the credential for the
// server. Where documents must agree and do not, they are refused; where one bound is tighter, it holds.

import { LIMITS, RECORD, SERVER_PATH, UPSTREAM_HEADER } from '#crds/defaults.ts';
import type { LimitsConfig, ServerConfig, UpstreamConfig } from '#crds/policy.ts';
import type { PolicyLimits, ServerSettings, UpstreamCredential } from './compiled.ts';
import { credentialSource } from './credential-source.ts';
import type { Joined, PolicyProblem } from './findings.ts';
import { joinIssuers, joinServiceAccounts } from './issuers.ts';
import { isBaseline, type LayerDocument } from './layer-document.ts';
import { isSame } from './same.ts';
import type { IssuerSettings, ServiceAccountTrust, Trust } from './trust.ts';

export interface Settings {
  readonly mode: 'Enforce' | 'Observe';
  readonly appliesMasking: boolean;
  readonly record: 'Metadata' | 'Full';
  readonly issuers: readonly IssuerSettings[];
  readonly serviceAccounts?: ServiceAccountTrust;
  readonly limits: PolicyLimits;
  readonly server: ServerSettings;
  readonly upstream: UpstreamCredential;
}

export interface SettingsCompilation {
  readonly settings: Settings;
  readonly problems: readonly PolicyProblem[];
}

type Documents = readonly LayerDocument[];

export function joinSettings(documents: Documents, trust?: Trust): SettingsCompilation {
  const servers = documents.map(({ spec }) => spec.server ?? {});
  const publicUrls = agree(documents, 'server.publicUrls', ({ spec }) => spec.server?.publicUrls);
  const path = agree(documents, 'server.path', ({ spec }) => spec.server?.path);
  const upstream = agree(documents, 'identity.upstream', ({ spec }) => spec.identity?.upstream);
  const issuers = joinIssuers(documents, trust);
  const serviceAccounts = joinServiceAccounts(documents, trust?.cluster);
  const observes = canObserve(documents);
  const settings: Settings = {
    mode: observes ? 'Observe' : 'Enforce',
    appliesMasking: !observes || documents.some(({ spec }) => spec.observe?.mask === true),
    record: documents.some(({ spec }) => spec.evidence?.record === 'Full') ? 'Full' : RECORD,
    issuers: issuers.value,
    ...(serviceAccounts === undefined ? {} : { serviceAccounts }),
    limits: joinLimits(documents.map(({ spec }) => spec.limits ?? {})),
    server: {
      path: path.value ?? SERVER_PATH,
      publicUrls: publicUrls.value ?? [],
      allowedHosts: common(servers, 'allowedHosts'),
      allowedOrigins: common(servers, 'allowedOrigins'),
    },
    upstream: readUpstream(upstream.value),
  };
  const problems = [publicUrls, path, upstream, issuers].flatMap((part) => part.problems);
  return { settings, problems };
}

/** A baseline that does not say Enforce leaves it to the policies it stands under. */
function canObserve(documents: Documents): boolean {
  const deciding = documents.filter((one) => !isBaseline(one) || one.spec.mode !== undefined);
  return deciding.length > 0 && deciding.every(({ spec }) => spec.mode === 'Observe');
}

/** The one value of those documents that give it. */
function agree<T>(
  documents: Documents,
  field: string,
  read: (document: LayerDocument) => T | undefined,
): Joined<T | undefined> {
  const problems: PolicyProblem[] = [];
  let first: { readonly value: T; readonly name: string } | undefined;
  for (const [document, policy] of documents.entries()) {
    const value = read(policy);
    if (value === undefined) continue;
    first ??= { value, name: policy.metadata.name };
    if (!isSame(value, first.value)) {
      const message = `must be as in policy ${first.name}: it is of the server, which has one`;
      problems.push({ document, path: `spec.${field}`, message });
    }
  }
  return { value: first?.value, problems };
}

/** Lists of what is allowed: only what every document that has the list allows. */
function common(
  servers: readonly ServerConfig[],
  list: 'allowedHosts' | 'allowedOrigins',
): readonly string[] {
  const given = servers.flatMap((server) => (server[list] === undefined ? [] : [server[list]]));
  const [first = [], ...rest] = given;
  return first.filter((entry) => rest.every((other) => other.includes(entry)));
}

function joinLimits(limits: readonly LimitsConfig[]): PolicyLimits {
  const least = (field: keyof LimitsConfig): number | undefined => {
    const given = limits.flatMap((one) => one[field] ?? []);
    return given.length === 0 ? undefined : Math.min(...given);
  };
  const requestsPerMinute = least('requestsPerMinute');
  const streamIdleSeconds = least('streamIdleSeconds');
  return {
    maxBodyBytes: least('maxBodyBytes') ?? LIMITS.maxBodyBytes,
    maxReplyBytes: least('maxReplyBytes') ?? LIMITS.maxReplyBytes,
    maxDepth: least('maxDepth') ?? LIMITS.maxDepth,
    callSeconds: least('callSeconds') ?? LIMITS.callSeconds,
    maxStreams: least('maxStreams') ?? LIMITS.maxStreams,
    ...(requestsPerMinute === undefined ? {} : { requestsPerMinute }),
    ...(streamIdleSeconds === undefined ? {} : { streamIdleSeconds }),
  };
}

/** Modes that are not supported are refused elsewhere (unimplemented.ts); here they carry nothing. */
function readUpstream(config: UpstreamConfig | undefined): UpstreamCredential {
  const from = credentialSource(config?.static?.valueFrom);
  const header = config?.static?.header ?? UPSTREAM_HEADER;
  switch (config?.mode) {
    case undefined:
    case 'GatehouseToken':
      return { mode: 'GatehouseToken' };
    case 'Static':
      return from === undefined ? { mode: 'None' } : { mode: 'Static', header, from };
    case 'None':
    case 'Exchange':
    case 'SameAudience':
      return { mode: 'None' };
  }
}
