// The stage between a permit and its use: nothing is forwarded before its intent is durable (promise 3).

import { LedgerFault } from '#core/evidence/ledger.ts';
import type { ClientReply } from './client-reply.ts';
import { UNFORWARDED } from './conclude.ts';
import type { Exchange } from './exchange.ts';
import type { Gate } from './gate.ts';
import { sayNo } from './relay.ts';

/** No evidence, no effect: false when the intent could not be written, and the caller knows. */
export async function isDurable(
  intent: Promise<void>,
  exchange: Exchange,
  client: ClientReply,
  gate: Gate,
): Promise<boolean> {
  try {
    await intent;
    return true;
  } catch (error) {
    if (!(error instanceof LedgerFault)) throw error;
    await sayNo(exchange, UNFORWARDED, { client, gate });
    return false;
  }
}
