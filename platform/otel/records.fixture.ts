// Records as a lane tells of them once they are durable, for the tests of what is made from them.

import { resourceFromAttributes } from '@opentelemetry/resources';
import type { DurableRecord } from '#core/evidence/ledger.ts';
import type { RecordDraft } from '#core/evidence/record.ts';
import type { AuditItem } from './audit-trail.ts';
import type { Origin } from './spans.ts';

export const EXCHANGE = '0199a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b';
export const APPROVAL = '0199a1b2-ffff-7e5f-9a6b-7c8d9e0f1a2b';
export const CALLER = { trace: 'c'.repeat(32), span: 'd'.repeat(16) };
export const HASH = '0123456789abcdef'.repeat(4);

export const ORIGIN: Origin = {
  resource: resourceFromAttributes({ 'service.name': 'gatehouse' }),
  scope: { name: 'gatehouse', version: '1.2.3' },
  callerErrors: new Set([-32601]),
};

export function durable(draft: Partial<RecordDraft> & Pick<RecordDraft, 'type'>): DurableRecord {
  return {
    draft: { ts: '2026-03-01T12:00:05.000123Z', ...draft },
    receipt: { lane: 'lane-1', seq: 7, hash: HASH },
    sizeBytes: 100,
  };
}

export const CALL = {
  method: 'tools/call',
  target: 'tool:echo',
  requestId: '1',
  revision: '2025-11-25',
  direction: 'toServer',
  sizeBytes: 10,
} as const;

/** The outcome of an allowed call, as the trail hands it on. */
export function outcome(
  draft: Partial<RecordDraft> = {},
  known: Omit<AuditItem, 'record'> = {},
): AuditItem {
  const record = durable({
    type: 'outcome',
    exchange: EXCHANGE,
    principal: { issuer: 'https://idp.example', subject: 'alice' },
    message: CALL,
    outcome: { status: 'ok', durationMicros: 2_000_000, sentMicros: 100, answeredMicros: 900 },
    ...draft,
  });
  return { ...known, record };
}
