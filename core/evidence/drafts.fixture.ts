// Drafts and a clock for tests of evidence: a call from intent to outcome, one millisecond per tick.

import type { RecordDraft } from './record.ts';

/** A clock that moves on by one millisecond each time it is read. */
export function tickingClock(start = '2026-03-01T12:00:00.000Z'): () => string {
  let millis = Date.parse(start);
  return () => {
    millis += 1;
    return `${new Date(millis).toISOString().slice(0, -1)}000Z`;
  };
}

export function intentDraft(exchange: string, ts: string): RecordDraft {
  return {
    type: 'intent',
    ts,
    exchange,
    session: 'session-1',
    principal: { issuer: 'https://idp.example', subject: 'alice', client: 'agent' },
    message: {
      method: 'tools/call',
      target: 'tool:echo',
      requestId: '1',
      revision: '2025-11-25',
      direction: 'toServer',
      sizeBytes: 120,
    },
    decision: { effect: 'Allow', rule: 'demo/read', policy: 'a'.repeat(64) },
  };
}

export function outcomeDraft(exchange: string, ts: string): RecordDraft {
  return {
    type: 'outcome',
    ts,
    exchange,
    session: 'session-1',
    outcome: { status: 'ok', sizeBytes: 80, durationMicros: 1500 },
  };
}
