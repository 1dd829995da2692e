// Reads the one JSON-RPC answer to a request of our own, whether it comes as JSON or inside SSE.

import { readJson } from '#core/mcp/json.ts';
import { parseMessage } from '#core/mcp/message.ts';
import type {
  Message,
  NotificationMessage,
  RequestId,
  RequestMessage,
  ResponseMessage,
} from '#core/mcp/messages.ts';
import { SseDecoder, type SseItem } from '#core/mcp/sse.ts';
import type { UpstreamReply } from './upstream.ts';

export interface AnswerWanted {
  /** Id of the request. */
  readonly id: RequestId;
  /** Of the whole body, streams included. */
  readonly maxBytes: number;
  readonly maxDepth: number;
  /** Told of what else the server says on the stream before it answers. */
  readonly onOther?: (message: RequestMessage | NotificationMessage) => void;
}

export type RpcAnswer =
  | { readonly kind: 'answer'; readonly message: ResponseMessage; readonly sizeBytes: number }
  /** `reason` follows "the MCP server". */
  | { readonly kind: 'unreadable'; readonly reason: string };

/** Throws UpstreamFault when the connection breaks. The rest of a stream is left unread. */
export async function readRpcAnswer(
  reply: UpstreamReply,
  wanted: AnswerWanted,
): Promise<RpcAnswer> {
  if (reply.headers['content-encoding'] !== undefined) {
    return unreadable('compressed its answer unasked');
  }
  return isEventStream(reply) ? readStream(reply, wanted) : readWhole(reply, wanted);
}

async function readWhole(reply: UpstreamReply, wanted: AnswerWanted): Promise<RpcAnswer> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of reply.body) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > wanted.maxBytes) return tooLong(wanted);
    chunks.push(chunk);
  }
  const message = messageIn(Buffer.concat(chunks, sizeBytes), wanted);
  // An error may come without an id when the server could not read one (JSON-RPC 2.0 section 5).
  const isOurs = message?.kind === 'response' && (message.id ?? wanted.id) === wanted.id;
  if (isOurs) return { kind: 'answer', message, sizeBytes };
  return reply.status === 200
    ? unreadable('answered something else than what was asked')
    : unreadable(`answered HTTP ${reply.status}`);
}

async function readStream(reply: UpstreamReply, wanted: AnswerWanted): Promise<RpcAnswer> {
  const decoder = new SseDecoder({ maxEventBytes: wanted.maxBytes });
  let sizeBytes = 0;
  for await (const chunk of reply.body) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > wanted.maxBytes) return tooLong(wanted);
    for (const item of decoder.push(chunk)) {
      const answer = answerIn(item, wanted, sizeBytes);
      if (answer !== undefined) return answer;
    }
  }
  return unreadable('ended its stream without an answer');
}

/** Undefined while the answer is still to come. */
function answerIn(item: SseItem, wanted: AnswerWanted, sizeBytes: number): RpcAnswer | undefined {
  const message = messageOf(item, wanted);
  if (message === undefined) return undefined;
  if (message === 'unreadable') return unreadable('sent an event that is no JSON-RPC message');
  if (message.kind !== 'response') {
    wanted.onOther?.(message);
    return undefined;
  }
  const isOurs = (message.id ?? wanted.id) === wanted.id;
  return isOurs ? { kind: 'answer', message, sizeBytes } : undefined;
}

function messageOf(item: SseItem, wanted: AnswerWanted): Message | 'unreadable' | undefined {
  if (item.kind === 'fault') return 'unreadable';
  if (item.kind === 'filler' || item.data === undefined || item.data.byteLength === 0) {
    return undefined;
  }
  return messageIn(item.data, wanted) ?? 'unreadable';
}

function messageIn(bytes: Uint8Array, { maxBytes, maxDepth }: AnswerWanted): Message | undefined {
  const json = readJson(bytes, { maxBytes, maxDepth, numbers: 'any' });
  if (!json.ok) return undefined;
  const parsed = parseMessage(json.value);
  return parsed.ok ? parsed.message : undefined;
}

function isEventStream({ status, headers }: UpstreamReply): boolean {
  const type = headers['content-type'];
  return (
    status === 200 &&
    typeof type === 'string' &&
    type.split(';')[0]?.trim().toLowerCase() === 'text/event-stream'
  );
}

function tooLong({ maxBytes }: AnswerWanted): RpcAnswer {
  return unreadable(`answered with more than ${maxBytes} bytes`);
}

function unreadable(reason: string): RpcAnswer {
  return { kind: 'unreadable', reason };
}
