// Reads a record out of stored evidence: precise where a reader relies on a field, so that nothing
// downstream meets a value it did not expect, and open to fields a later writer may add.

import type {
  EvidenceRecord,
  RecordedApproval,
  RecordedDecision,
  RecordedMasking,
  RecordedMessage,
  RecordedOutcome,
  RecordedPayload,
  RecordedPrincipal,
} from './record.ts';

/** A record as found in a file: `type` may be one that this reader does not know. */
export type StoredRecord = Omit<EvidenceRecord, 'type'> & { readonly type: string };

/** RFC 3339 in UTC with exactly six digits after the second. */
export const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

type Fields = { readonly [name: string]: unknown };
type Check = (value: unknown) => boolean;
type Checks = readonly (readonly [name: string, check: Check])[];

const HASH = /^[0-9a-f]{64}$/;

const LANE_FIELDS: Checks = [
  ['v', (v) => v === 1],
  ['lane', isText],
  ['seq', (seq) => isCount(seq) && seq > 0],
  ['prev', isHash],
];

const REQUIRED: Checks = [
  ['type', isText],
  ['ts', (ts) => typeof ts === 'string' && TIMESTAMP.test(ts)],
];

const OPTIONAL: Checks = [
  ['exchange', isText],
  ['session', isText],
  ['trace', isText],
  ['span', isText],
  ['unsampled', (unsampled) => unsampled === true],
  ['principal', isPrincipal],
  ['source', (source) => hasAll(source, [['address', isText]])],
  ['message', isMessage],
  ['decision', isDecision],
  ['outcome', isOutcome],
  ['masking', isMasking],
  ['payload', isPayload],
  ['approval', isApproval],
  ['detail', isDetail],
];

/** Undefined unless every field that readers use has the form the format gives it. */
export function parseRecord(value: unknown): StoredRecord | undefined {
  return isRecord(value) ? value : undefined;
}

/** The first field of a draft that no reader would accept; undefined when all are well formed. */
export function malformedField(draft: Fields): string | undefined {
  return flawOf(draft, REQUIRED, true) ?? flawOf(draft, OPTIONAL, false);
}

function isRecord(value: unknown): value is StoredRecord {
  return hasAll(value, LANE_FIELDS) && isFields(value) && malformedField(value) === undefined;
}

function isPrincipal(value: unknown): value is RecordedPrincipal {
  return hasForm(
    value,
    [
      ['issuer', isText],
      ['subject', isText],
    ],
    [
      ['client', isText],
      ['actors', (actors) => Array.isArray(actors) && actors.every(isActor)],
    ],
  );
}

function isActor(value: unknown): boolean {
  return hasForm(value, [['subject', isText]], [['issuer', isText]]);
}

function isMessage(value: unknown): value is RecordedMessage {
  return hasForm(
    value,
    [
      ['method', isText],
      ['direction', isText],
      ['sizeBytes', isCount],
    ],
    [
      ['target', isText],
      ['requestId', isText],
      ['revision', isText],
    ],
  );
}

function isDecision(value: unknown): value is RecordedDecision {
  return hasForm(
    value,
    [
      ['effect', isText],
      ['policy', isText],
    ],
    [
      ['rule', isText],
      ['reason', isText],
      ['observed', (observed) => observed === true],
      ['approval', isText],
    ],
  );
}

function isOutcome(value: unknown): value is RecordedOutcome {
  return hasForm(
    value,
    [['status', isText]],
    [
      ['refusal', isText],
      ['reason', isText],
      ['httpStatus', isCount],
      ['errorCode', Number.isSafeInteger],
      ['sizeBytes', isCount],
      ['durationMicros', isCount],
      ['sentMicros', isCount],
      ['answeredMicros', isCount],
      ['hidden', isCount],
    ],
  );
}

function isMasking(value: unknown): value is RecordedMasking {
  return hasForm(
    value,
    [
      [
        'redactions',
        (redactions) => Array.isArray(redactions) && redactions.every((each) => isRedaction(each)),
      ],
    ],
    [
      ['withheld', isText],
      ['observed', (observed) => observed === true],
    ],
  );
}

function isRedaction(value: unknown): boolean {
  return hasAll(value, [
    ['detector', isText],
    ['pointer', isText],
    ['action', isText],
    ['count', isCount],
  ]);
}

function isPayload(value: unknown): value is RecordedPayload {
  return hasForm(
    value,
    [
      ['commitment', isHash],
      ['blob', isHash],
      ['sizeBytes', isCount],
    ],
    [['truncated', (truncated) => truncated === true]],
  );
}

function isApproval(value: unknown): value is RecordedApproval {
  return hasForm(
    value,
    [
      ['id', isText],
      ['binding', isHash],
      ['state', isText],
      ['rule', isText],
      ['scope', isText],
      ['target', isText],
    ],
    [
      ['approverIssuer', isText],
      ['approver', isText],
      ['choice', isText],
      ['refusal', isText],
      ['reason', isText],
      ['approvers', (approvers) => Array.isArray(approvers) && approvers.every(isText)],
      ['nonce', isText],
      ['use', isCount],
      ['maxUses', isCount],
      ['requestedAtMillis', isCount],
      ['expiresAtMillis', isCount],
      ['breakGlass', (breakGlass) => breakGlass === true],
      ['reviewUntilMillis', isCount],
      ['verdict', isText],
    ],
  );
}

function isDetail(value: unknown): boolean {
  return isFields(value) && Object.values(value).every(isDetailValue);
}

function isDetailValue(value: unknown): boolean {
  return (
    isText(value) ||
    Number.isSafeInteger(value) ||
    typeof value === 'boolean' ||
    (Array.isArray(value) && value.every(isText))
  );
}

function hasForm(value: unknown, required: Checks, optional: Checks): boolean {
  return hasAll(value, required) && isFields(value) && flawOf(value, optional, false) === undefined;
}

function hasAll(value: unknown, checks: Checks): boolean {
  return isFields(value) && flawOf(value, checks, true) === undefined;
}

/** `Object.hasOwn` because a stored `__proto__` must not lend fields to the object that holds it. */
function flawOf(fields: Fields, checks: Checks, required: boolean): string | undefined {
  const flaw = checks.find(([name, check]) =>
    Object.hasOwn(fields, name) ? !check(fields[name]) : required,
  );
  return flaw?.[0];
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && HASH.test(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
