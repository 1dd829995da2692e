// What several documents say together about issuers, limits, addresses and the credential for the
// server. Where documents must agree and do not, they are refused; where one bound is tighter, it holds.

import { LIMITS, RECORD, SERVER_PATH, UPSTREAM_HEADER } from '#crds/defaults.ts';
import type { IssuerConfig, LimitsConfig, ServerConfig, UpstreamConfig } from '#crds/policy.ts';
import type { PolicyLimits, ServerSettings, UpstreamCredential } from './compiled.ts';
import { credentialSource } from './credential-source.ts';
import type { PolicyProblem } from './findings.ts';
import { isBaseline, type LayerDocument } from './layer-document.ts';

export interface Settings {
  readonly mode: 'Enforce' | 'Observe';
  readonly appliesMasking: boolean;
  readonly record: 'Metadata' | 'Full';
  readonly issuers: readonly IssuerConfig[];
  readonly limits: PolicyLimits;
  readonly server: ServerSettings;
  readonly upstream: UpstreamCredential;
}

export interface SettingsCompilation {
  readonly settings: Settings;
  readonly problems: readonly PolicyProblem[];
}

type Documents = readonly LayerDocument[];

export function joinSettings(documents: Documents): SettingsCompilation {
  const servers = documents.map(({ spec }) => spec.server ?? {});
  const publicUrls = agree(documents, 'server.publicUrls', ({ spec }) => spec.server?.publicUrls);
  const path = agree(documents, 'server.path', ({ spec }) => spec.server?.path);
  const upstream = agree(documents, 'identity.upstream', ({ spec }) => spec.identity?.upstream);
  const issuers = joinIssuers(documents);
  const observes = canObserve(documents);
  const settings: Settings = {
    mode: observes ? 'Observe' : 'Enforce',
    appliesMasking: !observes || documents.some(({ spec }) => spec.observe?.mask === true),
    record: documents.some(({ spec }) => spec.evidence?.record === 'Full') ? 'Full' : RECORD,
    issuers: issuers.value,
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

interface Joined<T> {
  readonly value: T;
  readonly problems: readonly PolicyProblem[];
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

function joinIssuers(documents: Documents): Joined<readonly IssuerConfig[]> {
  const problems: PolicyProblem[] = [];
  const known: IssuerConfig[] = [];
  for (const [document, policy] of documents.entries()) {
    const issuers = policy.spec.identity?.issuers ?? [];
    if (issuers.length === 0 && !isBaseline(policy)) {
      const message =
        'must list the issuers whose tokens are accepted: without one nobody could call';
      problems.push({ document, path: 'spec.identity.issuers', message });
    }
    for (const [at, issuer] of issuers.entries()) {
      const path = `spec.identity.issuers[${at}]`;
      problems.push(
        ...compareIssuer(issuer, known).map((message) => ({ document, path, message })),
      );
      if (!known.some(({ name }) => name === issuer.name)) known.push(issuer);
    }
  }
  return { value: known, problems };
}

/** A verifier finds the issuer of a token by its URL, and rules find it by its name: one each. */
function compareIssuer(issuer: IssuerConfig, known: readonly IssuerConfig[]): readonly string[] {
  const messages: string[] = [];
  for (const other of known) {
    if (other.name === issuer.name && !isSame(other, issuer)) {
      messages.push(`must be configured as the other issuer ${other.name}: policies share issuers`);
    }
    if (other.name !== issuer.name && other.issuer === issuer.issuer) {
      messages.push(`has the issuer URL of ${other.name}; an issuer has one name`);
    }
  }
  return messages;
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

/** Same content, whatever the order of keys; documents are JSON. */
function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => [key, sorted(item)]);
}
