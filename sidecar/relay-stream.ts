// An SSE answer, event by event: each JSON-RPC message is judged, masked and recorded whole; events
// that carry none pass as they came. One flush per read of the server, before any wait for evidence.

import { setTimeout as delay } from 'node:timers/promises';
import { LedgerFault } from '#core/evidence/ledger.ts';
import type { RecordedOutcome } from '#core/evidence/record.ts';
import type { JsonValue, ResponseMessage } from '#core/mcp/messages.ts';
import { eraOf, factsOf } from '#core/mcp/revisions.ts';
import { encodeSseEvent, SseDecoder, type SseEvent, type SseItem } from '#core/mcp/sse.ts';
import type { Refusal } from '#core/refusal.ts';
import { UpstreamFault, type UpstreamReply } from '#platform/http/upstream.ts';
import type { ClientReply } from './client-reply.ts';
import {
  concludeAnswer,
  concludeRefusal,
  cutShortOutcome,
  cutShortRefusal,
  EVIDENCE_UNAVAILABLE,
  refusedOutcome,
} from './conclude.ts';
import { maskLines, sealId } from './event-lines.ts';
import type { Exchange } from './exchange.ts';
import type { Gate } from './gate.ts';
import { refuseLate } from './late-answer.ts';
import { Pace } from './pace.ts';
import { readEvent, StreamFault } from './read-event.ts';
import { refusalBody } from './refuse.ts';
import { openedSession } from './session-opening.ts';
import { type ServerMessage, StreamJudge } from './stream-judge.ts';
import { StreamWriter } from './stream-writer.ts';
import { Tail } from './tail.ts';

/** Carries one SSE answer to a request, or the stream that a GET opened. */
export async function relayStream(
  reply: UpstreamReply,
  exchange: Exchange,
  client: ClientReply,
  gate: Gate,
): Promise<void> {
  const relay = new StreamRelay(reply, exchange, client, gate);
  try {
    await relay.run();
  } finally {
    relay.close();
  }
}

class StreamRelay {
  readonly #reply: UpstreamReply;
  readonly #exchange: Exchange;
  readonly #gate: Gate;
  readonly #writer: StreamWriter;
  readonly #client: ClientReply;
  readonly #pace: Pace;
  readonly #tail: Tail;
  readonly #judge: StreamJudge;
  /** An event had an id: the client can resume, and the answer may come on another stream. */
  #resumable = false;

  constructor(reply: UpstreamReply, exchange: Exchange, client: ClientReply, gate: Gate) {
    this.#reply = reply;
    this.#exchange = exchange;
    this.#gate = gate;
    this.#client = client;
    const nowMs = () => gate.clock.monotonicMicros() / 1000;
    this.#pace = new Pace(nowMs);
    this.#tail = new Tail(nowMs);
    this.#judge = new StreamJudge(exchange, this.#tail, gate);
    this.#writer = new StreamWriter(client, {
      idleSeconds: exchange.facts.snapshot.policy.limits.streamIdleSeconds,
      onIdle: () => {
        exchange.cut('timeout', 'idle longer than spec.limits.streamIdleSeconds');
      },
    });
  }

  close(): void {
    this.#writer.close();
  }

  async run(): Promise<void> {
    // The session id an `initialize` gets names the revision its answer chooses: the head waits for it.
    if (this.#exchange.facts.request?.method !== 'initialize') this.#commit();
    try {
      await this.#read();
      await this.#tail.drained();
      await this.#ended();
    } catch (error) {
      await this.#broken(error);
    }
  }

  async #read(): Promise<void> {
    const { limits } = this.#exchange.facts.snapshot.policy;
    const decoder = new SseDecoder({ maxEventBytes: limits.maxReplyBytes });
    for await (const chunk of this.#reply.body) {
      this.#writer.heard();
      for (const item of decoder.push(chunk)) await this.#item(item);
      await this.#writer.flush();
      // Nothing goes out before the head does, and that may wait for the answer.
      if (this.#writer.waitingBytes > limits.maxReplyBytes) throw new StreamFault(TALKATIVE);
    }
  }

  async #item(item: SseItem): Promise<void> {
    switch (item.kind) {
      case 'fault':
        throw new StreamFault(item.reason);
      case 'filler':
        // Keeps the stream alive as it did; its text is nothing that anyone has judged.
        return this.#writer.push(FILLER);
      case 'event':
        return this.#event(item);
    }
  }

  async #event(came: SseEvent): Promise<void> {
    const masked = maskLines(came, this.#judge.snapshot);
    const { facts } = this.#exchange;
    const isResumable = factsOf(facts.revision).resumption;
    const event = isResumable ? sealId(masked, this.#gate.eventIds, facts) : masked;
    if (event.id !== undefined) this.#resumable = true;
    // `retry:` and priming events carry no message.
    if (event.data === undefined || event.data.byteLength === 0) {
      this.#writer.push(event.raw);
      return;
    }
    const { limits } = this.#exchange.facts.snapshot.policy;
    const { message, value } = readEvent(event.data, limits);
    await this.#turn();
    const bytes =
      message.kind === 'response'
        ? await this.#response(message, event.data, value)
        : await this.#passing(message, event.data, value);
    if (bytes === event.data) this.#writer.push(event.raw);
    else if (bytes !== undefined) this.#writer.push(encodeSseEvent({ ...event, data: bytes }));
  }

  /** Waits until this message may go on: neither too fast nor too far ahead of its evidence. */
  async #turn(): Promise<void> {
    const waitMs = this.#pace.take();
    if (waitMs > 0) {
      await this.#writer.flush();
      // Cut short, the next read says so.
      await delay(waitMs, undefined, { signal: this.#exchange.stop.signal }).catch(() => {});
    }
    await this.#tail.room();
  }

  /** The answer to this stream's request, or to an earlier one whose stream broke. */
  async #response(
    message: ResponseMessage,
    bytes: Uint8Array,
    value: JsonValue,
  ): Promise<Uint8Array | undefined> {
    const asked = this.#askedBy(message);
    if (asked === undefined) {
      await this.#judge.note(message, bytes, 'an answer to nothing that was asked');
      return undefined;
    }
    await this.#writer.flush();
    const late =
      asked === this.#exchange ? undefined : refuseLate(asked, this.#gate.activation.current);
    if (late !== undefined) return this.#withhold(late, message, bytes, asked);
    const outbound = { message, bytes, value };
    const conclusion = await concludeAnswer(outbound, asked, this.#gate);
    if (!this.#client.isCommitted && conclusion.refusal === undefined) {
      const session = openedSession(this.#reply, asked, outbound, this.#gate);
      this.#commit(session?.sealed);
    }
    return conclusion.bytes;
  }

  /** A copy of an answer is left out; an answer that somebody waits for becomes a refusal. */
  async #withhold(
    refusal: Refusal,
    message: ResponseMessage,
    bytes: Uint8Array,
    asked: Exchange,
  ): Promise<Uint8Array | undefined> {
    if (asked.isConcluded) {
      await this.#judge.note(message, bytes, refusal.reason);
      return undefined;
    }
    const outcome = { ...refusedOutcome(refusal), status: 'withheld' } as const;
    return (await concludeRefusal(asked, { refusal, outcome }, this.#gate)).bytes;
  }

  async #passing(
    message: ServerMessage,
    bytes: Uint8Array,
    value: JsonValue,
  ): Promise<Uint8Array | undefined> {
    // A question waits for its evidence: what came before it need not.
    if (message.kind === 'request') await this.#writer.flush();
    return this.#judge.judge(message, bytes, value);
  }

  #askedBy(message: ResponseMessage): Exchange | undefined {
    const { request, session } = this.#exchange.facts;
    // An error without an id can only answer the request of its own stream (JSON-RPC 2.0 section 5).
    if (message.id === undefined) return request === undefined ? undefined : this.#exchange;
    if (request !== undefined && request.id === message.id) return this.#exchange;
    return session && this.#gate.exchanges.find(session.upstreamId, message.id);
  }

  #commit(sealedSession?: string): void {
    const { session } = this.#exchange.facts;
    const echoes = session && this.#reply.headers['mcp-session-id'] === session.upstreamId;
    const id = sealedSession ?? (echoes ? session.sealed : undefined);
    this.#client.openStream(id === undefined ? {} : { 'mcp-session-id': id });
  }

  /** The server closed the stream in good order. */
  async #ended(): Promise<void> {
    if (this.#exchange.facts.request === undefined) {
      await this.#exchange.conclude({ status: 'ok' });
    } else if (!this.#exchange.isConcluded && !this.#mayResume) {
      await this.#unanswered('the MCP server ended its stream without an answer');
    }
    await this.#writer.end();
  }

  /** The answer may come on the stream the client resumes; the call's time limit ends the wait. */
  get #mayResume(): boolean {
    const { session, revision } = this.#exchange.facts;
    return this.#resumable && session !== undefined && factsOf(revision).resumption;
  }

  #unanswered(reason: string): Promise<void> {
    const refusal = upstreamInvalid(reason);
    return this.#refuse(refusal, { ...refusedOutcome(refusal), status: 'unknown' });
  }

  async #broken(error: unknown): Promise<void> {
    if (error instanceof LedgerFault) return this.#cut();
    if (error instanceof UpstreamFault && error.code === 'aborted') {
      await this.#refuse(cutShortRefusal(this.#exchange), cutShortOutcome(this.#exchange));
    } else if (error instanceof UpstreamFault) {
      const isOver = this.#exchange.facts.request === undefined || !this.#mayResume;
      if (isOver) await this.#unanswered('the MCP server broke off its stream');
    } else if (error instanceof StreamFault) {
      this.#exchange.stop.abort();
      const refusal = upstreamInvalid(error.message);
      await this.#refuse(refusal, { ...refusedOutcome(refusal), status: 'withheld' });
    } else {
      this.#client.cut();
      throw error;
    }
    await this.#writer.end();
  }

  /** Says no on the stream, to the request that still waits on it. */
  async #refuse(refusal: Refusal, outcome: RecordedOutcome): Promise<void> {
    const { request } = this.#exchange.facts;
    const wasConcluded = this.#exchange.isConcluded;
    const conclusion = await concludeRefusal(this.#exchange, { refusal, outcome }, this.#gate);
    if (request === undefined || wasConcluded) return;
    if (!this.#client.isCommitted) this.#commit();
    this.#writer.push(encodeSseEvent({ data: conclusion.bytes }));
  }

  /** Evidence cannot be written: nothing more leaves on this stream. */
  async #cut(): Promise<void> {
    this.#exchange.stop.abort();
    const { request, revision } = this.#exchange.facts;
    await this.#exchange.conclude({ status: 'unknown' }).catch(() => {});
    this.#gate.exchanges.settle(this.#exchange);
    if (request !== undefined) {
      if (!this.#client.isCommitted) this.#commit();
      const context = { message: request, era: eraOf(revision) };
      const data = refusalBody(EVIDENCE_UNAVAILABLE, request.id, context);
      this.#writer.push(encodeSseEvent({ data }));
      await this.#writer.end();
    } else {
      this.#client.cut();
    }
  }
}

const TALKATIVE = 'the MCP server says more than spec.limits.maxReplyBytes before its answer';

const FILLER = Buffer.from(':\n\n');

function upstreamInvalid(reason: string): Refusal {
  return { code: 'upstream_invalid', reason };
}
