// Reads what a store kept: exact in every field that decides something, and bounded in every list, so that what
// somebody edited is refused as a whole and never half believed.

import { MAX_ACTORS } from '#core/identity/claims.ts';
import { APPROVAL_STATES, type Approval } from './approval.ts';
import type { Entry } from './book.ts';
import { VERDICTS } from './break-glass.ts';
import { isTimeZone } from './closing.ts';
import { MAX_NEEDS } from './request.ts';
import { MAX_VOTES } from './voting.ts';

type Fields = { readonly [name: string]: unknown };
type Check = (value: unknown) => boolean;
type Form = readonly (readonly [name: string, check: Check])[];

const HASH = /^[0-9a-f]{64}$/;
/** As many calls may be under way in one window; no other list is longer (crds/spec/approvals.ts). */
const MAX_ENTRIES = 1000;
/** A denial may come on top of as many approvals as are kept. */
const MAX_KEPT_VOTES = MAX_VOTES + 1;

/** Undefined unless every field has the form that a writer gives it. */
export function parseEntry(value: unknown): Entry | undefined {
  return isEntry(value) ? value : undefined;
}

function isEntry(value: unknown): value is Entry {
  if (!isFields(value)) return false;
  return value.kind === 'nonce'
    ? isText(value.nonce) && isCount(value.expiresAtMillis)
    : value.kind === 'approval' && isApproval(value.approval);
}

function isApproval(value: unknown): value is Approval {
  return hasForm(value, STANDING) && hasParts(value) && hasGlass(value);
}

/** Each state comes with exactly the parts that it is made of. */
function hasParts(value: Fields): boolean {
  const { state, grant, spending, ending } = value;
  const isGranted = isGrant(grant) && isSpending(spending);
  const isUngranted = grant === undefined && spending === undefined;
  switch (state) {
    case 'PENDING':
      return isUngranted && ending === undefined;
    case 'GRANTED':
    case 'CONSUMED':
    case 'DONE':
      return isGranted && ending === undefined;
    case 'REVOKED':
      return isGranted && isEnding(ending);
    case 'EXPIRED':
      return (isGranted || isUngranted) && isEnding(ending);
    default:
      return isUngranted && isEnding(ending);
  }
}

/** Glass is broken where the grant says so, and nowhere else. */
function hasGlass({ grant, glass }: Fields): boolean {
  const isBroken = isFields(grant) && grant.kind !== undefined;
  return isBroken ? isGlass(glass) : glass === undefined;
}

function isGlass(value: unknown): boolean {
  return (
    hasForm(value, [
      ...IDENTITY,
      ['reason', isText],
      ['nonce', isText],
      ['reviewUntilMillis', isCount],
      ['atMillis', isCount],
      ['signature', isText],
    ]) &&
    isOptional(value.review, isReview) &&
    isOptional(value.isToldOverdue, (told) => told === true)
  );
}

function isReview(value: unknown): boolean {
  return hasForm(value, [
    ...IDENTITY,
    ['verdict', (verdict) => VERDICTS.some((known) => known === verdict)],
    ['reason', isText],
    ['atMillis', isCount],
    ['signature', isText],
  ]);
}

const STANDING: Form = [
  ['state', (state) => APPROVAL_STATES.some((known) => known === state)],
  ['request', isRequest],
  ['version', isCount],
  ['requestedAtMillis', isCount],
  ['pendingUntilMillis', isCount],
  ['votes', (votes) => isListOf(votes, isVote, MAX_KEPT_VOTES)],
];

const IDENTITY: Form = [
  ['issuer', isText],
  ['subject', isText],
  ['person', isText],
];

function isRequest(value: unknown): boolean {
  return hasForm(value, [
    ['id', isText],
    ['binding', isHash],
    ['terms', isTerms],
    ['requester', isRequester],
    ['server', isString],
    ['method', isText],
    ['target', (target) => hasForm(target, TARGET)],
    ['rule', isText],
    ['preview', isString],
  ]);
}

const TARGET: Form = [
  ['kind', isText],
  ['name', isString],
];

function isTerms(value: unknown): boolean {
  return hasForm(value, [
    ['needs', (needs) => isListOf(needs, isNeed, MAX_NEEDS) && needs.length > 0],
    ['pendingTtlSeconds', isCount],
    [
      'allowance',
      (allowance) => hasForm(allowance, ALLOWANCE) && isOptional(allowance.closings, isClosings),
    ],
  ]);
}

function isClosings(value: unknown): boolean {
  return isListOf(
    value,
    (closing) => hasForm(closing, CLOSING) && isTimeZone(String(closing.timeZone)),
    MAX_NEEDS,
  );
}

const CLOSING: Form = [
  ['time', (time) => typeof time === 'string' && /^\d\d:\d\d$/.test(time)],
  ['timeZone', isText],
];

const ALLOWANCE: Form = [
  ['scope', (scope) => scope === 'Call' || scope === 'Window'],
  ['maxUses', isCount],
  ['ttlSeconds', isCount],
];

function isNeed(value: unknown): boolean {
  return (
    hasForm(value, [
      ...POOL,
      ['approval', isText],
      // A place is made for each, and no more votes than this could fill them.
      ['quorum', (quorum) => isCount(quorum) && quorum > 0 && quorum <= MAX_VOTES],
    ]) && isOptional(value.breakGlass, (pool) => hasForm(pool, POOL))
  );
}

const POOL: Form = [
  ['issuer', isText],
  ['groups', (groups) => isListOf(groups, isText)],
  ['subjects', (subjects) => isListOf(subjects, isText)],
];

function isRequester(value: unknown): boolean {
  return (
    hasForm(value, IDENTITY) &&
    isOptional(value.client, isText) &&
    isListOf(value.actors, isActor, MAX_ACTORS)
  );
}

function isActor(value: unknown): boolean {
  return hasForm(value, [['subject', isText]]) && isOptional(value.issuer, isText);
}

function isVote(value: unknown): boolean {
  return hasForm(value, [
    ...IDENTITY,
    ['serves', (serves) => isListOf(serves, isCount)],
    ['choice', (choice) => choice === 'approve' || choice === 'deny'],
    ['reason', isText],
    ['atMillis', isCount],
    ['signature', isText],
  ]);
}

function isGrant(value: unknown): boolean {
  return (
    hasForm(value, [
      ['approvalId', isText],
      ['binding', isHash],
      ['request', isHash],
      ['nonce', isText],
      ['maxUses', isCount],
      ['expiresAtMillis', isCount],
      ['signature', isText],
    ]) && isOptional(value.kind, (kind) => kind === 'BreakGlass')
  );
}

function isSpending(value: unknown): boolean {
  return hasForm(value, [
    ['uses', isCount],
    ['open', (open) => isListOf(open, isText)],
  ]);
}

function isEnding(value: unknown): boolean {
  return (
    hasForm(value, [['atMillis', isCount]]) &&
    isOptional(value.reason, isText) &&
    isOptional(value.by, (by) =>
      hasForm(by, [
        ['issuer', isText],
        ['subject', isText],
      ]),
    )
  );
}

/** `Object.hasOwn` because a stored `__proto__` must not lend fields to the object that holds it. */
function hasForm(value: unknown, form: Form): value is Fields {
  return (
    isFields(value) &&
    form.every(([name, check]) => Object.hasOwn(value, name) && check(value[name]))
  );
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isListOf(value: unknown, check: Check, most = MAX_ENTRIES): value is readonly unknown[] {
  return Array.isArray(value) && value.length <= most && value.every((entry) => check(entry));
}

function isOptional(value: unknown, check: Check): boolean {
  return value === undefined || check(value);
}

function isHash(value: unknown): boolean {
  return typeof value === 'string' && HASH.test(value);
}

function isString(value: unknown): boolean {
  return typeof value === 'string';
}

function isText(value: unknown): boolean {
  return isString(value) && value !== '';
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
