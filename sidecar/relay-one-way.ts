// A notification or an answer on its way to the server: accepted with 202, or the server's own no.

import type { NotificationMessage, ResponseMessage } from '#core/mcp/messages.ts';
import type { Refusal } from '#core/refusal.ts';
import type { ClientReply } from './client-reply.ts';
import { concludeDelivered } from './conclude.ts';
import type { Exchange } from './exchange.ts';
import type { Forwarded } from './forward.ts';
import type { Gate } from './gate.ts';
import { refuse } from './refuse.ts';
import { drop, sayCutShort, sayNo } from './relay.ts';
import { endCancelled } from './watch.ts';

export interface OneWay {
  readonly exchange: Exchange;
  readonly message: NotificationMessage | ResponseMessage;
}

export async function relayOneWay(
  forwarded: Forwarded,
  { exchange, message }: OneWay,
  client: ClientReply,
  gate: Gate,
): Promise<void> {
  switch (forwarded.kind) {
    case 'cutShort':
      return sayCutShort(exchange, { client, gate });
    case 'failed': {
      const status = forwarded.effect === 'none' ? 'refused' : 'unknown';
      return sayNo(exchange, forwarded.refusal, { client, gate }, { status });
    }
    case 'reply': {
      const { status } = forwarded.reply;
      await drop(forwarded.reply);
      const refusal = refuseStatus(status, exchange);
      if (refusal !== undefined) {
        return sayNo(exchange, refusal, { client, gate }, { httpStatus: status });
      }
      const unrecorded = await concludeDelivered(exchange, status);
      client.send(unrecorded === undefined ? ACCEPTED : refuse(unrecorded, { message }));
      endCancelled(message, exchange, gate);
    }
  }
}

const ACCEPTED = { status: 202, headers: {} };

function refuseStatus(status: number, exchange: Exchange): Refusal | undefined {
  if (status >= 200 && status < 300) return undefined;
  if (status === 404 && exchange.facts.session !== undefined) {
    return { code: 'session_unknown', reason: 'the session has ended; initialize again' };
  }
  return { code: 'upstream_invalid', reason: `the MCP server answered HTTP ${status}` };
}
