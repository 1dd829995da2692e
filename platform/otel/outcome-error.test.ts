import { expect } from 'chai';
import { OUTCOME_STATUSES, type RecordedOutcome } from '#core/evidence/record.ts';
import { errorType, isError } from './outcome-error.ts';

const CALLER_ERRORS = new Set([-32601]);

const cases: { outcome: RecordedOutcome; type: string | undefined; failed: boolean }[] = [
  { outcome: { status: 'ok' }, type: undefined, failed: false },
  { outcome: { status: 'delivered', httpStatus: 202 }, type: undefined, failed: false },
  { outcome: { status: 'tool_error' }, type: 'tool_error', failed: true },
  { outcome: { status: 'rpc_error', errorCode: -32603 }, type: '-32603', failed: true },
  { outcome: { status: 'rpc_error', errorCode: -32601 }, type: '-32601', failed: false },
  { outcome: { status: 'rpc_error' }, type: '_OTHER', failed: true },
  { outcome: { status: 'refused', refusal: 'denied' }, type: 'denied', failed: false },
  {
    outcome: { status: 'refused', refusal: 'token_invalid' },
    type: 'token_invalid',
    failed: false,
  },
  {
    outcome: { status: 'refused', refusal: 'upstream_unavailable' },
    type: 'upstream_unavailable',
    failed: true,
  },
  { outcome: { status: 'refused' }, type: 'refused', failed: false },
  {
    outcome: { status: 'withheld', refusal: 'content_withheld' },
    type: 'content_withheld',
    failed: true,
  },
  { outcome: { status: 'cancelled' }, type: 'cancelled', failed: false },
  { outcome: { status: 'disconnected' }, type: 'disconnected', failed: false },
  { outcome: { status: 'timeout' }, type: 'timeout', failed: true },
  { outcome: { status: 'unknown' }, type: 'unknown', failed: true },
];

describe('the error of an outcome', () => {
  for (const { outcome, type, failed } of cases) {
    it(`${JSON.stringify(outcome)} is ${type ?? 'none'}, which ${failed ? 'is' : 'is not'} a failure`, () => {
      expect(errorType(outcome)).to.equal(type);
      expect(isError(outcome, CALLER_ERRORS)).to.equal(failed);
    });
  }

  it('is known for every status', () => {
    expect(new Set(cases.map(({ outcome }) => outcome.status))).to.deep.equal(
      new Set(OUTCOME_STATUSES),
    );
  });
});
