// Whatever happens in whatever order: what must never be is never.

import { expect } from 'chai';
import fc from 'fast-check';
import { type Approval, approvingVotes, TERMINAL_STATES } from './approval.ts';
import { approver, ballot, FINANCE, principal, request, T0, TERMS } from './approvals.testkit.ts';
import { isSameHuman, personKey } from './identity.ts';
import { isQuorate } from './quorum.ts';
import type { ApprovalRequest } from './request.ts';
import { type ApprovalEvent, requested, transition } from './states.ts';

/** Signatures cost too much for thousands of runs, and grant.test.ts proves them. */
const trusted = [{ verifies: () => true }];
const signer = { publicKey: '', sign: () => 'signature' };

/** Some are the requester or act for them under one name or another, some are no approvers. */
const PEOPLE = [
  approver('alice'),
  approver('alice-admin', { person: 'Alice@Example.com' }),
  approver('alice', { person: 'other@example.com' }),
  approver('bot'),
  approver('b-1', { person: 'bot' }),
  approver('bob'),
  approver('bob', { groups: ['legal', 'finance'] }),
  approver('bob-admin', { person: 'BOB@example.com', groups: ['legal'] }),
  approver('carol', { groups: ['legal'] }),
  approver('dave'),
  approver('erin', { groups: ['engineering'] }),
  approver('frank', { issuer: 'https://other.example' }),
];

const requests = fc
  .record({
    finance: fc.integer({ min: 1, max: 2 }),
    legal: fc.integer({ min: 0, max: 1 }),
    maxUses: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ finance, legal, maxUses }) =>
    request('p', {
      by: principal('alice', { actors: [{ subject: 'bot' }] }),
      terms: {
        ...TERMS,
        needs: [
          { ...FINANCE, quorum: finance },
          ...(legal === 0 ? [] : [{ ...FINANCE, approval: 'legal', groups: ['legal'] }]),
        ],
        allowance: { scope: maxUses === 1 ? 'Call' : 'Window', maxUses, ttlSeconds: 300 },
      },
    }),
  );

type Happening = (asked: ApprovalRequest, nowMillis: number) => ApprovalEvent;

const person = fc.constantFrom(...PEOPLE);
const exchange = fc.constantFrom('x-1', 'x-2', 'x-3');
const happenings: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(person, fc.constantFrom('approve', 'approve', 'approve', 'deny')).map(
      ([by, choice]): Happening =>
        (asked, nowMillis) => ({
          kind: 'vote',
          ...ballot(asked, by, choice, { nowMillis, signer }),
        }),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(exchange, fc.boolean()).map(
      ([name, isBound]): Happening =>
        ({ binding }) => ({
          kind: 'consume',
          binding: isBound ? binding : '0'.repeat(64),
          nonce: 'a'.repeat(32),
          exchange: name,
        }),
    ),
  },
  exchange.map(
    (name): Happening =>
      () => ({ kind: 'settle', exchange: name }),
  ),
  person.map(
    (by): Happening =>
      () => ({ kind: 'revoke', approver: by, reason: 'no' }),
  ),
  person.map(
    (by): Happening =>
      () => ({ kind: 'cancel', by }),
  ),
  fc.constant<Happening>(() => ({ kind: 'expire' })),
);
/** Clocks are set back at times. */
const steps = fc.array(
  fc.tuple(happenings, fc.constantFrom(0, 0, 0, 0, 0, 1_000, 60_000, 400_000, -120_000)),
  { maxLength: 40, size: 'max' },
);

interface Step {
  readonly before: Approval;
  readonly event: ApprovalEvent;
  readonly after: Approval;
  readonly nowMillis: number;
}

function run(asked: ApprovalRequest, happened: readonly (readonly [Happening, number])[]): Step[] {
  const history: Step[] = [];
  let approval: Approval = requested(asked, T0);
  let nowMillis = T0;
  for (const [happening, laterMillis] of happened) {
    nowMillis += laterMillis;
    const event = happening(asked, nowMillis);
    const moved = transition(approval, event, { nowMillis, trusted });
    if (!moved.ok) continue;
    history.push({ before: approval, event, after: moved.approval, nowMillis });
    approval = moved.approval;
  }
  return history;
}

function always(holds: (history: Step[], asked: ApprovalRequest) => void): void {
  fc.assert(
    fc.property(requests, steps, (asked, happened) => holds(run(asked, happened), asked)),
    { numRuns: 3000 },
  );
}

describe('any sequence of events', () => {
  it('consumes a grant at most as often as it says, and one of a call once', () => {
    always((history, asked) => {
      const spent = history.filter(({ event }) => event.kind === 'consume');
      const consumed = history.filter(({ after }) => after.state === 'CONSUMED');
      const becameConsumed = consumed.filter(({ before }) => before.state !== 'CONSUMED');

      expect(spent.length).to.be.at.most(asked.terms.allowance.maxUses);
      expect(becameConsumed.length).to.be.at.most(1);
    });
  });

  it('spends only what was granted, in time, for the call it was granted for', () => {
    always((history, asked) => {
      for (const { event, before, nowMillis } of history) {
        if (event.kind !== 'consume') continue;
        expect(before.state).to.equal('GRANTED');
        expect(event.binding).to.equal(asked.binding);
        expect(before.state === 'GRANTED' && before.grant.expiresAtMillis).to.be.above(nowMillis);
      }
    });
  });

  it('grants only with a quorum of distinct people', () => {
    always((history, asked) => {
      for (const { before, after } of history) {
        if (after.state !== 'GRANTED' || before.state === 'GRANTED') continue;
        const approvals = approvingVotes(after);
        const places = asked.terms.needs.reduce((sum, { quorum }) => sum + quorum, 0);

        expect(isQuorate(approvals, asked.terms.needs)).to.equal(true);
        expect(new Set(approvals.map((vote) => personKey(vote.person))).size)
          .to.be.at.least(places)
          .and.to.equal(approvals.length);
        expect(after.votes.every(({ choice }) => choice === 'approve')).to.equal(true);
      }
    });
  });

  it('never counts the requester, those who act for them, or somebody from outside the pools', () => {
    always((history, asked) => {
      for (const vote of history.flatMap(({ after }) => after.votes)) {
        expect(isSameHuman(vote, asked.requester)).to.equal(false);
        expect(['bot', 'b-1', 'erin', 'frank']).to.not.include(vote.subject);
        expect(vote.serves).to.not.have.length(0);
      }
    });
  });

  it('leaves no terminal state', () => {
    always((history) => {
      for (const { before, after } of history) {
        if (TERMINAL_STATES.has(before.state)) expect(after.state).to.equal(before.state);
      }
    });
  });

  it('moves along the arrows of the design alone, one version at a time', () => {
    const arrows = new Set([
      'PENDING PENDING',
      'PENDING GRANTED',
      'PENDING DENIED',
      'PENDING EXPIRED',
      'PENDING CANCELLED',
      'GRANTED GRANTED',
      'GRANTED CONSUMED',
      'GRANTED REVOKED',
      'GRANTED EXPIRED',
      'CONSUMED CONSUMED',
      'CONSUMED DONE',
      // A call of a window settles after that has closed.
      'REVOKED REVOKED',
      'EXPIRED EXPIRED',
    ]);

    always((history) => {
      for (const { before, after } of history) {
        expect([...arrows]).to.include(`${before.state} ${after.state}`);
        expect(after.version).to.equal(before.version + 1);
        expect(after.request).to.equal(before.request);
      }
    });
  });

  it('forgets and rewrites no vote', () => {
    always((history) => {
      for (const { before, after } of history) {
        expect(after.votes.slice(0, before.votes.length)).to.deep.equal(before.votes);
      }
    });
  });

  it('reaches every state, so that the others prove something', () => {
    const reached = new Set<string>();

    always((history) => {
      for (const { after } of history) reached.add(after.state);
    });

    expect([...reached].sort()).to.include.members([
      'CANCELLED',
      'CONSUMED',
      'DENIED',
      'DONE',
      'EXPIRED',
      'GRANTED',
      'REVOKED',
    ]);
  });
});
