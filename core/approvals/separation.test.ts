import { expect } from 'chai';
import { approver, CORP, FINANCE, principal, TERMS } from './approvals.testkit.ts';
import type { Approver } from './approver.ts';
import { requesterOf } from './request.ts';
import { needsServedBy, type SeparationRefusal, separationRefusal } from './separation.ts';

const OTHER = 'https://other.example';

const alice = principal('alice', {
  actors: [{ subject: 'dave' }, { subject: 'erin', issuer: OTHER }],
});

function refusalFor(by: Approver, needs = [FINANCE]): SeparationRefusal | undefined {
  const read = requesterOf(alice);
  if (!read.ok) throw new Error(read.reason);
  return separationRefusal(by, { requester: read.requester, terms: { ...TERMS, needs } });
}

const cases: readonly {
  readonly name: string;
  readonly by: Approver;
  readonly refusal: SeparationRefusal | undefined;
}[] = [
  { name: 'a colleague in the group', by: approver('bob'), refusal: undefined },
  { name: 'the requester', by: approver('alice'), refusal: 'requester' },
  {
    name: 'the requester, whose person claim has changed meanwhile',
    by: approver('alice', { person: 'alice@new.example' }),
    refusal: 'requester',
  },
  {
    name: 'another account of the requester',
    by: approver('alice-admin', { person: 'alice@example.com' }),
    refusal: 'same_person',
  },
  {
    name: 'another account of the requester, written in capitals',
    by: approver('alice-admin', { person: 'ALICE@Example.com' }),
    refusal: 'same_person',
  },
  {
    name: 'another account of the requester, written in full-width letters',
    by: approver('alice-admin', { person: 'ａｌｉｃｅ@example.com' }),
    refusal: 'same_person',
  },
  {
    name: 'an account of the requester at another issuer',
    by: approver('a-17', { issuer: OTHER, person: 'alice@example.com' }),
    refusal: 'same_person',
  },
  { name: 'an actor of no named issuer', by: approver('dave'), refusal: 'acts_for_requester' },
  {
    name: 'an actor named by their person claim',
    by: approver('d-4', { person: 'Dave' }),
    refusal: 'acts_for_requester',
  },
  {
    name: 'a namesake of an actor of another issuer',
    by: approver('erin'),
    refusal: undefined,
  },
  {
    name: 'somebody of another issuer',
    by: approver('bob', { issuer: OTHER }),
    refusal: 'other_issuer',
  },
  {
    name: 'somebody without the group',
    by: approver('bob', { groups: ['engineering'] }),
    refusal: 'not_an_approver',
  },
  {
    name: 'somebody without any group',
    by: approver('bob', { groups: [] }),
    refusal: 'not_an_approver',
  },
];

describe('who has a say on a request', () => {
  for (const { name, by, refusal } of cases) {
    it(`${refusal === undefined ? 'is' : 'is not'} ${name}`, () => {
      expect(refusalFor(by)).to.equal(refusal);
    });
  }

  it('is never the requester, however the pool is written', () => {
    const needs = [{ ...FINANCE, groups: [], subjects: ['alice', 'dave'] }];

    expect(refusalFor(approver('alice'), needs)).to.equal('requester');
    expect(refusalFor(approver('dave'), needs)).to.equal('acts_for_requester');
  });

  it('may be somebody listed by subject', () => {
    const needs = [{ ...FINANCE, groups: [], subjects: ['carol'] }];

    expect(refusalFor(approver('carol', { groups: [] }), needs)).to.equal(undefined);
    expect(refusalFor(approver('bob'), needs)).to.equal('not_an_approver');
  });

  it('serves each pool of their issuer that they belong to', () => {
    const needs = [
      FINANCE,
      { ...FINANCE, groups: ['legal'] },
      { ...FINANCE, issuer: OTHER },
      { ...FINANCE, groups: [], subjects: ['bob'] },
    ];

    expect(needsServedBy(approver('bob'), needs)).to.deep.equal([0, 3]);
    expect(CORP).to.equal(FINANCE.issuer);
  });
});
