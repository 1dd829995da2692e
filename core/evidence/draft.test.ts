// A draft is refused loudly or fixed as text: what no reader would accept never reaches the chain.

import { expect } from 'chai';
import { canonicalize } from './canonical.ts';
import { DraftFault, MAX_RECORD_BYTES, prepareDraft, sealRecord } from './draft.ts';
import { intentDraft, outcomeDraft } from './drafts.fixture.ts';
import { parseRecord } from './parse-record.ts';
import type { RecordDraft } from './record.ts';
import { digest, NO_HASH } from './signature.ts';

const TS = '2026-03-01T12:00:00.000001Z';
const PLACE = { lane: 'l'.repeat(26), seq: 1, prev: NO_HASH };

describe('a draft', () => {
  it('becomes the canonical text of the record, and its hash', () => {
    const draft = intentDraft('x1', TS);

    const { text, hash } = sealRecord(prepareDraft(draft), PLACE);

    expect(text).to.equal(canonicalize({ ...draft, v: 1, ...PLACE }));
    expect(hash).to.equal(digest('record', text));
    expect(parseRecord(JSON.parse(text))).to.deep.equal({ ...draft, v: 1, ...PLACE });
  });

  const good = intentDraft('x1', TS);
  const bad: readonly { name: string; draft: object; field: string }[] = [
    { name: 'milliseconds', draft: { ...good, ts: '2026-03-01T12:00:00.000Z' }, field: 'ts' },
    {
      name: 'a local time',
      draft: { ...good, ts: '2026-03-01T12:00:00.000000+01:00' },
      field: 'ts',
    },
    { name: 'no type', draft: { ts: TS }, field: 'type' },
    { name: 'an undefined field', draft: { ...good, session: undefined }, field: 'session' },
    { name: 'a number for an id', draft: { ...good, exchange: 7 }, field: 'exchange' },
    {
      name: 'a principal without subject',
      draft: { ...good, principal: { issuer: 'i' } },
      field: 'principal',
    },
    {
      name: 'a negative duration',
      draft: { ...outcomeDraft('x1', TS), outcome: { status: 'ok', durationMicros: -1 } },
      field: 'outcome',
    },
    {
      name: 'a fractional duration',
      draft: { ...outcomeDraft('x1', TS), outcome: { status: 'ok', durationMicros: 1.5 } },
      field: 'outcome',
    },
    { name: 'nested detail', draft: { ...good, detail: { a: { b: 1 } } }, field: 'detail' },
    {
      name: 'a lone surrogate',
      draft: { ...good, detail: { name: '\ud800' } },
      field: 'detail.name',
    },
    { name: 'an unknown field with a float', draft: { ...good, extra: [0.5] }, field: 'extra.0' },
    { name: 'a place in the lane', draft: { ...good, seq: 9 }, field: 'seq' },
    {
      name: 'more than a record may hold',
      draft: { ...good, detail: { text: 'x'.repeat(MAX_RECORD_BYTES) } },
      field: 'larger',
    },
  ];
  for (const { name, draft, field } of bad) {
    it(`is refused with ${name}, and the fault names the field`, () => {
      const act = () => prepareDraft(draft as RecordDraft);

      expect(act)
        .to.throw(DraftFault)
        .with.property('message')
        .that.matches(new RegExp(`^${field}`));
    });
  }
});
