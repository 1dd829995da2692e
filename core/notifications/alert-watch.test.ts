import { expect } from 'chai';
import type { DurableRecord } from '#core/evidence/ledger.ts';
import type { RecordDraft, RecordedApproval } from '#core/evidence/record.ts';
import {
  AlertWatch,
  BURST_MS,
  BURST_REFUSALS,
  HASTY_MS,
  PAIR_GRANTS,
  QUIET_MS,
} from './alert-watch.ts';

const ALICE = { issuer: 'https://idp.example', subject: 'alice' };

const TS = '2026-03-01T12:00:00.000000Z';

function durable(draft: Omit<RecordDraft, 'ts'>): DurableRecord {
  const receipt = { lane: 'lane-1', seq: 7, hash: 'c'.repeat(64) };
  return { draft: { ts: TS, ...draft }, receipt, sizeBytes: 100 };
}

function refused(principal = ALICE): DurableRecord {
  return durable({
    type: 'outcome',
    principal,
    outcome: { status: 'refused', refusal: 'denied' },
  });
}

/** Granted so many milliseconds after it was asked for. */
function granted(id: string, afterMillis = HASTY_MS): DurableRecord {
  const about: RecordedApproval = {
    id,
    binding: 'b'.repeat(64),
    state: 'GRANTED',
    rule: 'payments/refunds',
    scope: 'Call',
    target: 'tool:refund',
    approvers: ['carol'],
    requestedAtMillis: Date.parse(TS) - afterMillis,
  };
  return durable({ type: 'approval.granted', principal: ALICE, approval: about });
}

describe('a burst of refusals', () => {
  it('is told of once, and again when it goes on', () => {
    const watch = new AlertWatch();
    const at = (millis: number) => watch.look(refused(), millis)?.event;

    const first = Array.from({ length: BURST_REFUSALS * 2 }, (_, i) => at(i));

    expect(first.filter((event) => event !== undefined)).to.deep.equal(['DenialBurst']);
    expect(first[BURST_REFUSALS - 1]).to.equal('DenialBurst');
    const later = Array.from({ length: BURST_REFUSALS }, (_, i) => at(QUIET_MS + 100 + i));
    expect(later.at(-1)).to.equal('DenialBurst');
  });

  it('is told of again and again while it never pauses', () => {
    const watch = new AlertWatch();
    const seconds = (2 * QUIET_MS) / 1000 + BURST_REFUSALS;

    const told = Array.from({ length: seconds }, (_, i) => watch.look(refused(), i * 1000));

    expect(told.flatMap((notice, i) => (notice === undefined ? [] : [i]))).to.deep.equal(
      [0, 1, 2].map((times) => BURST_REFUSALS - 1 + (times * QUIET_MS) / 1000),
    );
  });

  it('is none when the refusals are far apart, or of many callers', () => {
    const watch = new AlertWatch();
    const events = Array.from({ length: BURST_REFUSALS * 2 }, (_, i) => [
      watch.look(refused(), (i * BURST_MS) / (BURST_REFUSALS / 2)),
      watch.look(refused({ ...ALICE, subject: `user-${i}` }), i),
    ]).flat();

    expect(events.every((event) => event === undefined)).to.equal(true);
  });

  it('is one for an address whose tokens are not taken', () => {
    const watch = new AlertWatch();
    const failed = durable({
      type: 'auth.failed',
      source: { address: '192.0.2.7' },
      outcome: { status: 'refused', refusal: 'token_invalid' },
    });
    const events = Array.from({ length: BURST_REFUSALS }, () => watch.look(failed, 0)?.event);

    expect(events.at(-1)).to.equal('DenialBurst');
  });

  it('counts no call that went through, and one refused call once', () => {
    const watch = new AlertWatch();
    const decision = { effect: 'Deny', policy: 'a'.repeat(64) } as const;
    for (let i = 0; i < BURST_REFUSALS - 1; i += 1) {
      watch.look(durable({ type: 'intent', principal: ALICE, decision }), 0);
      expect(watch.look(refused(), 0)).to.equal(undefined);
      watch.look(durable({ type: 'outcome', principal: ALICE, outcome: { status: 'ok' } }), 0);
    }
  });
});

describe('an unexpected approval', () => {
  it('is one given faster than the request can be read', () => {
    const watch = new AlertWatch();

    expect(watch.look(granted('a1', HASTY_MS - 1), 0)?.event).to.equal('UnexpectedApproval');
    expect(watch.look(granted('a2', HASTY_MS), 0)).to.equal(undefined);
  });

  it('is one too many between the same two people', () => {
    const watch = new AlertWatch();
    const events = Array.from(
      { length: PAIR_GRANTS + 3 },
      (_, i) => watch.look(granted(`a${i}`), i * 1000)?.event,
    );

    expect(events.flatMap((event, i) => (event === undefined ? [] : [i]))).to.deep.equal([
      PAIR_GRANTS - 1,
    ]);
  });
});
