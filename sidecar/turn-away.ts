// Refusals before policy: each recorded (refusal-log.ts), then answered with the challenge that goes
// with it, under the name by which the client dialled.

import type { RecordDraft } from '#core/evidence/record.ts';
import type { Principal } from '#core/identity/principal.ts';
import { metadataUrl, publicUrlFor } from '#core/identity/resource-metadata.ts';
import type { Refusal, RefusalCode } from '#core/refusal.ts';
import type { Snapshot } from './activation.ts';
import { type Head, only } from './admit-head.ts';
import type { ClientReply } from './client-reply.ts';
import type { Gate } from './gate.ts';
import { traceOf } from './open-exchange.ts';
import { recordedMessage, recordedPrincipal, recordedTrace } from './recorded.ts';
import { type RefusalContext, refuse } from './refuse.ts';

export interface TurnedAway {
  readonly head: Head;
  readonly refusal: Refusal;
  /** Absent until a token has been verified. */
  readonly principal?: Principal;
  readonly context?: RefusalContext;
}

/** Records and answers. A ledger that fails changes nothing for a caller who is refused anyway. */
export async function turnAway(away: TurnedAway, client: ClientReply, gate: Gate): Promise<void> {
  const { head, refusal, context = {} } = away;
  const snapshot = gate.activation.current;
  await gate.refusals.record(draftOf(away, snapshot));
  const url = publicUrlFor(snapshot.publicUrls, only(head.headers.host) ?? '');
  const isDoor = refusal.code === 'host_not_allowed' || url === undefined;
  client.send(refuse(refusal, isDoor ? context : { ...context, metadataUrl: metadataUrl(url) }));
}

type Said = Omit<RecordDraft, 'ts'>;

function draftOf({ head, refusal, principal, context }: TurnedAway, snapshot: Snapshot): Said {
  const message = context?.message;
  const sighting = { direction: 'toServer', sizeBytes: 0 } as const;
  const trace = traceOf(head, message);
  return {
    type: AUTHENTICATION.has(refusal.code) ? 'auth.failed' : 'message.refused',
    source: { address: head.address },
    ...(trace === undefined ? {} : recordedTrace(trace)),
    ...(principal === undefined ? {} : { principal: recordedPrincipal(principal) }),
    ...(message === undefined ? {} : { message: recordedMessage(message, sighting, snapshot) }),
    outcome: { status: 'refused', refusal: refusal.code, reason: refusal.reason },
  };
}

const AUTHENTICATION: ReadonlySet<RefusalCode> = new Set([
  'token_missing',
  'token_invalid',
  'issuer_unavailable',
]);
