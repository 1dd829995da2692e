// What Gatehouse itself asks the server: which tools it has, as the caller of the moment would be told.
// Same session or envelope, same headers, same credential.

import type { JsonObject, RequestMessage } from '#core/mcp/messages.ts';
import {
  CLIENT_CAPABILITIES_KEY,
  CLIENT_INFO_KEY,
  metaOf,
  PROTOCOL_VERSION_KEY,
} from '#core/mcp/meta.ts';
import { listToolsRequest } from '#core/mcp/replies.ts';
import { factsOf } from '#core/mcp/revisions.ts';
import type { Head } from './admit-head.ts';
import { Exchange } from './exchange.ts';
import type { Gate } from './gate.ts';
import { GATEHOUSE } from './own-message.ts';
import { askPage, type OwnPage } from './own-page.ts';
import { listTools, type ToolListing } from './tool-listing.ts';

/** The call that cannot go on before the tools are known. */
export interface Caller {
  readonly exchange: Exchange;
  readonly message: RequestMessage;
  readonly head: Head;
}

/** For all pages together: a caller waits for them. */
const LISTING_DEADLINE_MS = 10_000;

/** Asks for all tools and lets `definitions` learn them page by page. */
export async function listForCaller(caller: Caller, gate: Gate): Promise<ToolListing> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), LISTING_DEADLINE_MS);
  let exchangeId = caller.exchange.facts.id;
  try {
    return await listTools({
      ask: (cursor) => {
        const page = ownPage(cursor, caller, gate);
        exchangeId = page.exchange.facts.id;
        return askPage(page, deadline.signal, gate);
      },
      onPage: (tools, isLast) => {
        gate.definitions.learn({ tools, isLast, exchange: exchangeId });
      },
    });
  } finally {
    clearTimeout(timer);
  }
}

function ownPage(cursor: string | undefined, caller: Caller, gate: Gate): OwnPage {
  const { id, principal, snapshot, revision, session, sessionRecordId, trace } =
    caller.exchange.facts;
  // A prefix that is ours, so that no answer to a client's request is taken for one to this.
  const requestId = `gw-${gate.newId()}`;
  const body = listToolsRequest(requestId, {
    ...(cursor === undefined ? {} : { cursor }),
    ...(factsOf(revision).requestMeta ? { meta: envelopeOf(caller.message) } : {}),
  });
  const sizeBytes = body.byteLength;
  const facts = {
    id: gate.newId(),
    principal: GATEHOUSE,
    askedFor: { exchange: id, principal },
    snapshot,
    revision,
    ...(session === undefined ? {} : { session }),
    ...(sessionRecordId === undefined ? {} : { sessionRecordId }),
    ...(trace === undefined ? {} : { trace }),
    recorded: { method: 'tools/list', direction: 'toServer', requestId, revision, sizeBytes },
  } as const;
  const exchange = new Exchange(facts, gate.ledger, gate.clock);
  return { exchange, requestId, body, head: ownHead(caller) };
}

const ENVELOPE = [PROTOCOL_VERSION_KEY, CLIENT_CAPABILITIES_KEY, CLIENT_INFO_KEY];

/** What the caller said of itself, and nothing that was meant for its call alone. */
function envelopeOf({ params }: RequestMessage): JsonObject {
  const meta = Object.entries(metaOf(params) ?? {});
  return Object.fromEntries(meta.filter(([key]) => ENVELOPE.includes(key)));
}

/** The caller's headers too, since a server may go by them; but not those that mirror its call. */
function ownHead({ head, exchange }: Caller): Head {
  const kept = Object.entries(head.headers).filter(([name]) => !mirrorsCall(name));
  const headers = {
    ...Object.fromEntries(kept),
    'content-type': ['application/json'],
    accept: ['application/json, text/event-stream'],
    ...(factsOf(exchange.facts.revision).mirrorHeaders ? { 'mcp-method': ['tools/list'] } : {}),
  };
  return { ...head, headers };
}

function mirrorsCall(name: string): boolean {
  return name === 'mcp-method' || name === 'mcp-name' || name.startsWith('mcp-param-');
}
