// Records read back as sessions: who called what, what was decided, how it ended.

import { expect } from 'chai';
import { intentDraft, outcomeDraft } from './drafts.fixture.ts';
import type { StoredRecord } from './parse-record.ts';
import type { RecordDraft } from './record.ts';
import { SessionIndex } from './sessions.ts';
import { NO_HASH } from './signature.ts';

const T1 = '2026-03-01T12:00:01.000000Z';
const T2 = '2026-03-01T12:00:02.000000Z';
const T3 = '2026-03-02T00:00:03.000000Z';

describe('SessionIndex', () => {
  function indexOf(drafts: readonly RecordDraft[]): SessionIndex {
    const index = new SessionIndex(() => true);
    for (const [place, draft] of drafts.entries()) {
      const record: StoredRecord = { ...draft, v: 1, lane: 'l', seq: place + 1, prev: NO_HASH };
      index.add(record);
    }
    return index;
  }

  it('joins intent and outcome into one entry', () => {
    const index = indexOf([intentDraft('x1', T1), outcomeDraft('x1', T2)]);

    expect(index.timeline('session-1')).to.deep.equal([
      {
        ts: T1,
        type: 'intent',
        lane: 'l',
        seq: 1,
        exchange: 'x1',
        principal: { issuer: 'https://idp.example', subject: 'alice', client: 'agent' },
        direction: 'toServer',
        method: 'tools/call',
        target: 'tool:echo',
        effect: 'Allow',
        rule: 'demo/read',
        outcome: 'ok',
        durationMicros: 1500,
      },
    ]);
  });

  it('says unknown of an intent without outcome', () => {
    const index = indexOf([intentDraft('x1', T1)]);

    expect(index.timeline('session-1')[0]?.outcome).to.equal('unknown');
    expect(index.summaries[0]).to.deep.include({ calls: 1, unknown: 1 });
  });

  it('counts what was denied, but not what Observe let go', () => {
    const denied = { effect: 'Deny', reason: 'no', policy: 'p' } as const;
    const observed = { ...denied, observed: true } as const;

    const index = indexOf([
      { ...intentDraft('x1', T1), decision: denied },
      { ...intentDraft('x2', T1), decision: observed },
    ]);

    expect(index.summaries[0]).to.deep.include({ calls: 2, denied: 1 });
  });

  it('gives a session its first and last time and its principal', () => {
    const index = indexOf([intentDraft('x1', T1), outcomeDraft('x1', T3)]);

    expect(index.summaries).to.deep.equal([
      {
        id: 'session-1',
        principal: { issuer: 'https://idp.example', subject: 'alice', client: 'agent' },
        startedAt: T1,
        lastAt: T3,
        calls: 1,
        denied: 0,
        unknown: 0,
      },
    ]);
  });

  it('groups calls without a session by principal, client and day', () => {
    const { session: _, ...call } = intentDraft('x1', T1);
    const other = { issuer: 'https://idp.example', subject: 'bob' };

    const { summaries } = indexOf([
      call,
      { ...call, exchange: 'x2', ts: T2 },
      { ...call, exchange: 'x3', ts: T3 },
      { ...call, exchange: 'x4', principal: other },
    ]);

    expect(summaries.map(({ calls }) => calls)).to.deep.equal([2, 1, 1]);
    expect(summaries.every(({ id }) => id.startsWith('stateless-'))).to.equal(true);
  });

  it('finds the session of an outcome by its exchange', () => {
    const { session: _, ...outcome } = outcomeDraft('x1', T2);

    const index = indexOf([intentDraft('x1', T1), outcome]);

    expect(index.summaries).to.have.lengthOf(1);
    expect(index.timeline('session-1')[0]?.outcome).to.equal('ok');
  });

  it('keeps failed sign-ins, though nobody is known', () => {
    const index = indexOf([
      {
        type: 'auth.failed',
        ts: T1,
        source: { address: '203.0.113.7' },
        outcome: { status: 'refused', refusal: 'token_invalid', reason: 'exp: expired' },
      },
    ]);

    expect(index.summaries[0]).to.deep.include({ id: 'unproven-2026-03-01', calls: 1, denied: 1 });
    expect(index.timeline('unproven-2026-03-01')[0]).to.deep.include({
      address: '203.0.113.7',
      outcome: 'refused',
      refusal: 'token_invalid',
    });
  });

  it('leaves life-cycle records out', () => {
    const index = indexOf([
      { type: 'lane.heartbeat', ts: T1 },
      { type: 'policy.loaded', ts: T1, detail: { digest: 'p' } },
    ]);

    expect(index.summaries).to.deep.equal([]);
  });

  it('holds entries only of the sessions that are wanted', () => {
    const index = new SessionIndex((id) => id === 'other');
    index.add({ ...intentDraft('x1', T1), v: 1, lane: 'l', seq: 1, prev: NO_HASH });

    expect(index.timeline('session-1')).to.deep.equal([]);
    expect(index.summaries).to.have.lengthOf(1);
  });
});
