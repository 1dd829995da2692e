// From what the policy says of an approval to the terms of a request: whose word it takes, how long
// it may wait and what a grant will allow.

import { APPROVAL } from '#crds/defaults.ts';
import type { ApprovalConfig, IssuerConfig } from '#crds/policy.ts';
import { type Closing, isTimeZone } from './closing.ts';
import type { Allowance, ApprovalTerms, Pool } from './request.ts';

export interface TermsProblem {
  /** Inside the entry of `spec.approvals`, such as `approvers.issuer`. */
  readonly field: string;
  /** What must be so, for a person: completes "<path>: …". */
  readonly message: string;
}

export type ReadTerms =
  | { readonly ok: true; readonly terms: ApprovalTerms }
  | { readonly ok: false; readonly problems: readonly TermsProblem[] };

/** `config` has passed crds/validate.ts; `issuers` are those of all policies together. */
export function approvalTerms(config: ApprovalConfig, issuers: readonly IssuerConfig[]): ReadTerms {
  const approvers = readPool('approvers', config.approvers, issuers);
  const breakers =
    config.breakGlass === undefined
      ? undefined
      : readPool('breakGlass', config.breakGlass, issuers);
  const problems = [
    ...('problems' in approvers ? approvers.problems : poolProblems(config)),
    ...zoneProblems(config),
    ...(breakers !== undefined && 'problems' in breakers ? breakers.problems : []),
  ];
  if ('problems' in approvers || problems.length > 0) return { ok: false, problems };
  const terms = {
    needs: [
      {
        approval: config.name,
        ...approvers,
        quorum: config.quorum ?? APPROVAL.quorum,
        ...(breakers === undefined || 'problems' in breakers ? {} : { breakGlass: breakers }),
      },
    ],
    pendingTtlSeconds: seconds(config.pendingTtl ?? APPROVAL.pendingTtl),
    allowance: allowanceOf(config),
  };
  return { ok: true, terms };
}

/** Several policies that each ask for an approval: all are needed, and every bound is the tightest. */
export function joinTerms(
  first: ApprovalTerms,
  ...others: readonly ApprovalTerms[]
): ApprovalTerms {
  return others.reduce(
    (joined, terms) => ({
      needs: [...joined.needs, ...terms.needs],
      pendingTtlSeconds: Math.min(joined.pendingTtlSeconds, terms.pendingTtlSeconds),
      allowance: tightest(joined.allowance, terms.allowance),
    }),
    first,
  );
}

/** For one call beats for a while, however short the while. */
function tightest(a: Allowance, b: Allowance): Allowance {
  if (a.scope !== b.scope) return a.scope === 'Call' ? a : b;
  return {
    scope: a.scope,
    maxUses: Math.min(a.maxUses, b.maxUses),
    ttlSeconds: Math.min(a.ttlSeconds, b.ttlSeconds),
    ...closingsOf([...(a.closings ?? []), ...(b.closings ?? [])]),
  };
}

type People = ApprovalConfig['approvers'];
type PoolField = 'approvers' | 'breakGlass';

function readPool(
  field: PoolField,
  people: People,
  issuers: readonly IssuerConfig[],
): Pool | { readonly problems: readonly TermsProblem[] } {
  const from = issuerOf(people, issuers);
  if (from === undefined) {
    const message = 'must be the name of an entry of spec.identity.issuers';
    return { problems: [{ field: `${field}.issuer`, message }] };
  }
  const problems = personProblems(field, from, issuers);
  if (problems.length > 0) return { problems };
  const { groups = [], subjects = [] } = people;
  return { issuer: from.issuer, groups, subjects };
}

/** People of one pool come from one issuer: the one it names, or the only one there is. */
function issuerOf({ issuer }: People, issuers: readonly IssuerConfig[]) {
  return issuer === undefined
    ? issuers.length === 1
      ? issuers[0]
      : undefined
    : issuers.find(({ name }) => name === issuer);
}

/** One human must have one name at every issuer, or a second account could approve for the first. */
function personProblems(
  people: PoolField,
  issuer: IssuerConfig,
  issuers: readonly IssuerConfig[],
): readonly TermsProblem[] {
  const field = `${people}.issuer`;
  const claim = issuer.claims?.person;
  if (claim === undefined) {
    const message = `needs claims.person on issuer ${issuer.name}: without it nobody can tell an approver from the requester`;
    return [{ field, message }];
  }
  return issuers
    .filter(({ claims }) => claims?.person !== undefined && claims.person !== claim)
    .map(({ name }) => ({
      field,
      message: `needs the same claims.person on issuers ${issuer.name} and ${name}: people could not be compared`,
    }));
}

function poolProblems({ approvers, quorum = APPROVAL.quorum }: ApprovalConfig) {
  const { groups = [], subjects = [] } = approvers;
  return groups.length === 0 && subjects.length < quorum
    ? [
        {
          field: 'quorum',
          message: `must not be more than the ${subjects.length} approvers listed`,
        },
      ]
    : [];
}

function allowanceOf({ window, grantTtl }: ApprovalConfig): Allowance {
  return window === undefined
    ? { scope: 'Call', maxUses: 1, ttlSeconds: seconds(grantTtl ?? APPROVAL.grantTtl) }
    : {
        scope: 'Window',
        maxUses: window.maxUses ?? APPROVAL.windowMaxUses,
        ttlSeconds: seconds(window.ttl),
        ...closingsOf(
          window.closesAt === undefined || window.timeZone === undefined
            ? []
            : [{ time: window.closesAt, timeZone: window.timeZone }],
        ),
      };
}

function closingsOf(closings: readonly Closing[]): Pick<Allowance, 'closings'> {
  return closings.length === 0 ? {} : { closings };
}

function zoneProblems({ window }: ApprovalConfig): readonly TermsProblem[] {
  const { timeZone } = window ?? {};
  const message = 'must be the name of a time zone in the IANA database, such as Europe/Berlin';
  return timeZone === undefined || isTimeZone(timeZone)
    ? []
    : [{ field: 'window.timeZone', message }];
}

const SECONDS: ReadonlyMap<string, number> = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3600],
]);

/** `90s`, `15m` or `2h`: the schema lets nothing else through. */
function seconds(duration: string): number {
  const unit = SECONDS.get(duration.slice(-1));
  const count = Number(duration.slice(0, -1));
  if (unit === undefined || !Number.isSafeInteger(count)) {
    throw new RangeError('a duration is a whole number with the unit s, m or h');
  }
  return count * unit;
}
