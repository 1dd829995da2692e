// Fields of the contract that this build does not carry out. A policy that uses one is refused by
// name: a rule that nothing enforces is worse than no rule. Whoever implements a field deletes its entry.

import { RETENTION_DAYS } from '#crds/defaults.ts';
import type { Problem } from '#crds/validate.ts';
import type { LayerDocument } from './layer-document.ts';

interface Gap {
  /** Dotted path of the field; `[]` stands for each entry of a list. */
  readonly field: string;
  /** What the field would have done. */
  readonly what: string;
  /** The values nobody carries out; absent when it is every value. */
  readonly values?: (value: unknown) => boolean;
  /** Where nobody carries it out; absent: anywhere. */
  readonly place?: Place;
}

/** Where the policy is to be carried out; Anywhere: not by who asks, who wants to know what it says. */
export type Place = 'Alone' | 'Cluster' | 'Anywhere';

const GAPS: readonly Gap[] = [
  {
    field: 'spec.server.transport',
    what: 'the two endpoints of MCP 2024-11-05',
    values: (value) => value !== 'StreamableHTTP',
  },
  {
    field: 'spec.server.capture.mode',
    what: 'any capture of traffic but Auto',
    values: (value) => value !== 'Auto',
    place: 'Alone',
  },
  {
    field: 'spec.server.tls',
    what: 'TLS from a Secret; outside a cluster use --tls-cert',
    place: 'Alone',
  },
  {
    field: 'spec.identity.issuers[].caBundleRef.kind',
    what: 'authorities from a Secret; outside a cluster put a ConfigMap into the file of the policy',
    values: (value) => value === 'Secret',
    place: 'Alone',
  },
  {
    field: 'spec.identity.serviceAccounts',
    what: 'ServiceAccount tokens; outside a cluster list its issuer under issuers, with a jwksUri that can be read, and name the subjects in rules',
    place: 'Alone',
  },
  {
    field: 'spec.identity.upstream.mode',
    what: 'token exchange and passing on the token of the client',
    values: (value) => value === 'Exchange' || value === 'SameAudience',
  },
  {
    field: 'spec.evidence.retentionDays',
    what: 'removal of old evidence',
    values: (value) => value !== RETENTION_DAYS,
  },
  ...[
    'identity.upstream.static.valueFrom',
    'notifications[].webhook.signingSecretFrom',
    'notifications[].slack.urlFrom',
  ].flatMap(valueFromGaps),
];

/** A sidecar has no files and variables but its own, and those must not reach a server or a receiver. */
function valueFromGaps(field: string): readonly Gap[] {
  const outside = 'credentials from a Secret; outside a cluster use file or env';
  const inside = 'credentials from the machine; in a cluster use secretRef';
  return [
    { field: `spec.${field}.secretRef`, what: outside, place: 'Alone' },
    { field: `spec.${field}.file`, what: inside, place: 'Cluster' },
    { field: `spec.${field}.env`, what: inside, place: 'Cluster' },
  ];
}

/** The fields of a valid policy that nothing carries out yet. */
export function findUnimplemented(policy: LayerDocument, place: Place = 'Alone'): Problem[] {
  const gaps = GAPS.filter((gap) => gap.place === undefined || gap.place === place);
  return gaps.flatMap(({ field, what, values }) =>
    occurrences(policy, field.split('.'), '')
      .filter(({ value }) => values === undefined || values(value))
      .map(({ path }) => ({
        path,
        message: `${values === undefined ? 'is' : 'has a value that is'} not carried out by this build yet: ${what}`,
      })),
  );
}

interface Occurrence {
  readonly path: string;
  readonly value: unknown;
}

/** Every place where the field stands. */
function occurrences(value: unknown, steps: readonly string[], path: string): Occurrence[] {
  const [step, ...rest] = steps;
  if (step === undefined) return [{ path, value }];
  const isEach = step.endsWith('[]');
  const name = isEach ? step.slice(0, -2) : step;
  const child = fieldOf(value, name);
  if (child === undefined) return [];
  const at = path === '' ? name : `${path}.${name}`;
  if (!isEach) return occurrences(child, rest, at);
  return Array.isArray(child)
    ? child.flatMap((entry, index) => occurrences(entry, rest, `${at}[${index}]`))
    : [];
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return new Map<string, unknown>(Object.entries(value)).get(name);
}
