import { expect } from 'chai';
import fc from 'fast-check';
import { CORP, FINANCE } from './approvals.testkit.ts';
import { type Counted, isQuorate, missingApprovals } from './quorum.ts';

function vote(subject: string, serves: readonly number[], person = subject): Counted {
  return { issuer: CORP, subject, person, serves };
}

function pools(...quorums: readonly number[]) {
  return quorums.map((quorum) => ({ ...FINANCE, quorum }));
}

const cases: readonly {
  readonly name: string;
  readonly votes: readonly Counted[];
  readonly quorums: readonly number[];
  readonly missing: number;
}[] = [
  { name: 'nobody', votes: [], quorums: [1], missing: 1 },
  { name: 'one of one', votes: [vote('bob', [0])], quorums: [1], missing: 0 },
  { name: 'one of two', votes: [vote('bob', [0])], quorums: [2], missing: 1 },
  {
    name: 'one person voting twice',
    votes: [vote('bob', [0]), vote('bob', [0])],
    quorums: [2],
    missing: 1,
  },
  {
    name: 'one person with two accounts',
    votes: [vote('bob', [0]), vote('bob-admin', [0], 'BOB')],
    quorums: [2],
    missing: 1,
  },
  {
    name: 'one account whose person claim changed',
    votes: [vote('bob', [0]), vote('bob', [0], 'robert')],
    quorums: [2],
    missing: 1,
  },
  {
    name: 'two people',
    votes: [vote('bob', [0]), vote('carol', [0])],
    quorums: [2],
    missing: 0,
  },
  {
    name: 'one person in both pools',
    votes: [vote('bob', [0, 1])],
    quorums: [1, 1],
    missing: 1,
  },
  {
    name: 'a person of both pools before one of the first only',
    votes: [vote('bob', [0, 1]), vote('carol', [0])],
    quorums: [1, 1],
    missing: 0,
  },
  {
    name: 'two people of one pool where each pool needs one',
    votes: [vote('bob', [0]), vote('carol', [0])],
    quorums: [1, 1],
    missing: 1,
  },
  {
    name: 'a chain of people who must move up',
    votes: [vote('a', [0, 1]), vote('b', [1, 2]), vote('c', [0])],
    quorums: [1, 1, 1],
    missing: 0,
  },
  { name: 'somebody of no pool', votes: [vote('eve', [])], quorums: [1], missing: 1 },
  { name: 'more than enough', votes: [vote('a', [0]), vote('b', [0])], quorums: [1], missing: 0 },
];

describe('a quorum', () => {
  for (const { name, votes, quorums, missing } of cases) {
    it(`of ${quorums.join(' and ')} lacks ${missing} with ${name}`, () => {
      expect(missingApprovals(votes, pools(...quorums))).to.equal(missing);
      expect(isQuorate(votes, pools(...quorums))).to.equal(missing === 0);
    });
  }

  it('is never there where nobody is asked', () => {
    expect(isQuorate([vote('bob', [0])], [])).to.equal(false);
  });

  it('does not depend on the order of the votes, and equals what trying everything finds', () => {
    const votes = fc
      .array(fc.subarray([0, 1, 2]), { maxLength: 6 })
      .map((serves) => serves.map((pools, index) => vote(`p${index}`, pools)));
    const quorums = fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 1, maxLength: 3 });

    fc.assert(
      fc.property(votes, quorums, (cast, quorums) => {
        const expected = canFill(quorums, cast);

        expect(isQuorate(cast, pools(...quorums))).to.equal(expected);
        expect(isQuorate(cast.toReversed(), pools(...quorums))).to.equal(expected);
      }),
    );
  });
});

/** By trying every person for every place. */
function canFill(quorums: readonly number[], people: readonly Counted[]): boolean {
  const need = quorums.findIndex((left) => left > 0);
  if (need === -1) return true;
  return people.some(
    (person, index) =>
      person.serves.includes(need) &&
      canFill(
        quorums.map((left, at) => (at === need ? left - 1 : left)),
        people.filter((_, other) => other !== index),
      ),
  );
}
