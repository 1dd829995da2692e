// The hop upstream. It takes a permit, adds the identity the policy gives the server, and never the
// client's own credential.

import { isLoopback } from '#core/identity/loopback.ts';
import { connectionNames, isForwardable } from '#core/identity/stripped-headers.ts';
import { mirrorOf } from '#core/mcp/mirrors.ts';
import type { Refusal } from '#core/refusal.ts';
import { type Upstream, UpstreamFault, type UpstreamReply } from '#platform/http/upstream.ts';
import type { Head } from './admit-head.ts';
import type { Exchange } from './exchange.ts';
import type { Permit } from './settle.ts';

export interface Forwarding {
  readonly method: 'POST' | 'GET' | 'DELETE';
  readonly exchange: Exchange;
  /** The client's head; absent on a message of Gatehouse's own. */
  readonly head?: Head;
  readonly body?: Uint8Array;
  /** The server's own id of the event after which it is to go on. */
  readonly lastEventId?: string;
}

export type Forwarded =
  | { readonly kind: 'reply'; readonly reply: UpstreamReply }
  /** `unknown`: bytes left, and what the server did with them cannot be known. */
  | { readonly kind: 'failed'; readonly refusal: Refusal; readonly effect: 'none' | 'unknown' }
  | { readonly kind: 'cutShort' };

/** Never repeated: a call that may have had its effect is not sent twice. */
export async function forward(
  permit: Permit,
  sending: Forwarding,
  upstream: Upstream,
): Promise<Forwarded> {
  permit.spend();
  const { exchange } = sending;
  const { principal, askedFor, snapshot, id } = exchange.facts;
  const headers = {
    ...passedHeaders(sending.head, upstream, snapshot.credential.ownHeaders),
    ...sessionHeader(exchange),
    ...taskHeader(sending),
    ...(sending.lastEventId === undefined ? {} : { 'last-event-id': sending.lastEventId }),
    ...(await snapshot.credential.headersFor(askedFor?.principal ?? principal, id)),
  };
  exchange.markSent();
  try {
    const reply = await upstream.send({
      method: sending.method,
      headers,
      ...(sending.body === undefined ? {} : { body: sending.body }),
      signal: exchange.stop.signal,
    });
    return { kind: 'reply', reply };
  } catch (error) {
    if (!(error instanceof UpstreamFault)) throw error;
    if (error.code === 'aborted') return { kind: 'cutShort' };
    return {
      kind: 'failed',
      refusal: { code: 'upstream_unavailable', reason: 'the MCP server cannot be reached' },
      effect: error.code === 'unreached' ? 'none' : 'unknown',
    };
  }
}

/** Written anew below, or meaningless on the second hop. */
const REPLACED: ReadonlySet<string> = new Set([
  'accept-encoding',
  'content-length',
  'host',
  'mcp-session-id',
]);

function passedHeaders(
  head: Head | undefined,
  upstream: Upstream,
  own: ReadonlySet<string>,
): Record<string, string> {
  // Compressed answers could not be judged.
  const passed: Record<string, string> = { 'accept-encoding': 'identity' };
  if (head === undefined) {
    passed['content-type'] = 'application/json';
    passed.accept = 'application/json, text/event-stream';
    return passed;
  }
  const hop = connectionNames(head.headers.connection?.join(','));
  for (const [name, values] of Object.entries(head.headers)) {
    if (values === undefined || REPLACED.has(name) || hop.has(name)) continue;
    if (isForwardable(name, own)) passed[name] = values.join(', ');
  }
  // A server beside us sees the name it was dialled by, as without us; a remote one sees its own.
  const host = head.headers.host?.[0];
  if (host !== undefined && isLoopback(upstream.url.hostname)) passed.host = host;
  return passed;
}

/** Clients name a task by their form of its id. */
function taskHeader({ head, exchange }: Forwarding): Record<string, string> {
  const { task } = exchange.facts;
  if (task?.kind !== 'server' || head?.headers['mcp-name'] === undefined) return {};
  return { 'mcp-name': mirrorOf(task.upstreamId) };
}

function sessionHeader(exchange: Exchange): Record<string, string> {
  const { session } = exchange.facts;
  return session === undefined ? {} : { 'mcp-session-id': session.upstreamId };
}
