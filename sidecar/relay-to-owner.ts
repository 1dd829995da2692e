// Before the journey: a request of a session, or about a task, that another replica owns is brought there as it came. Only
// the owner authenticates, judges and records it; where it is gone, the session is unknown like any other.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { mirroredName } from '#core/mcp/mirrors.ts';
import type { Owner, Tunnels } from '#platform/peer/tunnels.ts';
import { isModern } from './admit-body.ts';
import { admitHead, type Head, only } from './admit-head.ts';
import type { ClientReply } from './client-reply.ts';
import type { Gate } from './gate.ts';
import { refuse } from './refuse.ts';
import { turnAway } from './turn-away.ts';

/** Each holds a connection to its client and one to an owner. */
const MAX_TUNNELS = 8_000;
const SLOT = 'tunnel';

export interface Arriving {
  readonly head: Head;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly client: ClientReply;
}

/** False: it is for this process to answer. */
export async function relayToOwner(
  { head, request, response, client }: Arriving,
  gate: Gate,
  tunnels: Tunnels,
): Promise<boolean> {
  const { kind } = admitHead(head, gate.activation.current.doors);
  if (kind === 'refused' || kind === 'preflight') return false;
  const owner = ownerOf(head, gate);
  if (owner === undefined) return false;
  const free = gate.tunnels.take(SLOT, MAX_TUNNELS);
  if (free === undefined) {
    const reason = 'too many requests are on their way to other replicas';
    const refusal = { code: 'rate_limited', reason, retryAfterSeconds: 1 } as const;
    await turnAway({ head, refusal }, client, gate);
    return true;
  }
  try {
    const signal = kind === 'stream' ? gate.drain.signal : gate.cut.signal;
    const carried = { request, response, clientAddress: head.address, signal };
    const passage = await tunnels.pass(carried, owner);
    if (passage === 'unreached') {
      gate.log.debug('the replica that owns a session or a task is gone', { replica: owner.name });
      return false;
    }
    if (passage === 'lost') client.send(refuse(LOST, {}));
    return true;
  } finally {
    free();
  }
}

/** A modern request is of no session, whatever header it carries; but it may be about a task. */
function ownerOf({ headers, ...head }: Head, { sessions, taskIds }: Gate): Owner | undefined {
  if (!isModern({ headers, ...head })) {
    return sessions.ownerElsewhere(only(headers['mcp-session-id']) ?? '');
  }
  // The body is not read yet; whoever the header brings it to holds the two against each other.
  const isAbout = only(headers['mcp-method'])?.trim().startsWith('tasks/') === true;
  return isAbout
    ? taskIds.ownerElsewhere(mirroredName(only(headers['mcp-name']) ?? ''))
    : undefined;
}

const LOST = {
  code: 'upstream_unavailable',
  reason:
    'the replica that holds this session or task went away; whether the message took effect is unknown',
} as const;
