// Judges what a server says on a stream besides answers: questions to the client and notifications,
// each under the snapshot that is current for its stream, each recorded.

import type { RecordedDecision, RecordedMessage } from '#core/evidence/record.ts';
import type {
  JsonValue,
  Message,
  NotificationMessage,
  RequestMessage,
} from '#core/mcp/messages.ts';
import type { Snapshot } from './activation.ts';
import type { Exchange } from './exchange.ts';
import type { Gate } from './gate.ts';
import { judgeOutbound } from './judge-outbound.ts';
import { type Masked, mask, originOf } from './mask.ts';
import { recordedDecision, recordedMessage } from './recorded.ts';
import { passServerRequest } from './server-request.ts';
import { sealMentions } from './server-tasks.ts';
import { isSubscription } from './stream-lease.ts';
import type { Tail } from './tail.ts';

export type ServerMessage = RequestMessage | NotificationMessage;

export class StreamJudge {
  readonly #exchange: Exchange;
  readonly #tail: Tail;
  readonly #gate: Gate;

  constructor(exchange: Exchange, tail: Tail, gate: Gate) {
    this.#exchange = exchange;
    this.#tail = tail;
    this.#gate = gate;
  }

  /** The bytes that may go to the client; undefined when the message stays here. */
  async judge(
    message: ServerMessage,
    bytes: Uint8Array,
    value: JsonValue,
  ): Promise<Uint8Array | undefined> {
    const snapshot = this.snapshot;
    const decision = judgeOutbound(message, this.#exchange.facts.principal, snapshot);
    const sealed = sealMentions(
      message,
      { bytes, value },
      { exchange: this.#exchange, snapshot },
      this.#gate.taskIds,
    );
    if (sealed === undefined) {
      this.#tail.add(this.note(message, bytes, FOREIGN_TASK));
      return undefined;
    }
    const { request } = this.#exchange.facts;
    const origin = originOf(this.#isAnswer ? request : undefined);
    const masked = mask({ bytes: sealed, value, direction: 'toClient', origin }, snapshot);
    const kept = this.#gate.recorder.keep(masked, snapshot);
    if (message.kind === 'request') {
      const stream = { exchange: this.#exchange, snapshot, sizeBytes: bytes.byteLength, kept };
      const passed = await passServerRequest(
        message,
        decision,
        masked.kind === 'withheld' ? { ...stream, withheld: masked.refusal } : stream,
        this.#gate,
      );
      return passed ? bytesOf(masked) : undefined;
    }
    if (message.method === 'notifications/tools/list_changed') this.#gate.definitions.forget();
    if (message.method === 'notifications/cancelled') this.#takeBack(message);
    const recorded =
      masked.kind === 'withheld'
        ? this.#staysHere(masked.refusal.reason)
        : recordedDecision(decision, snapshot);
    // Its record may follow it by a little (tail.ts); a question's and an answer's may not.
    this.#tail.add(this.#exchange.noteMessage(this.#recorded(message, bytes), recorded, kept));
    const goes = decision.effect === 'Allow' || snapshot.policy.mode === 'Observe';
    return goes ? bytesOf(masked) : undefined;
  }

  /** The server does not want its question answered any more. */
  #takeBack({ params: { requestId: id } }: NotificationMessage): void {
    const { session } = this.#exchange.facts;
    if (session === undefined || (typeof id !== 'string' && typeof id !== 'number')) return;
    const outcome = { status: 'cancelled', reason: 'the server took it back' } as const;
    this.#gate.questions.end(session.upstreamId, id, outcome);
  }

  /** Records a message that stays here. */
  async note(message: Message, bytes: Uint8Array, reason: string): Promise<void> {
    await this.#exchange.noteMessage(this.#recorded(message, bytes), this.#staysHere(reason));
  }

  #staysHere(reason: string): RecordedDecision {
    return { effect: 'Deny', reason, policy: this.snapshot.digest };
  }

  /** A stream outlives policies: it is judged by the current one, an answer by its request's. */
  get snapshot(): Snapshot {
    return this.#isAnswer ? this.#exchange.facts.snapshot : this.#gate.activation.current;
  }

  /** The stream answers one request, and what comes on it belongs to that. */
  get #isAnswer(): boolean {
    return this.#exchange.facts.request !== undefined && !isSubscription(this.#exchange);
  }

  #recorded(message: Message, bytes: Uint8Array): RecordedMessage {
    const { revision } = this.#exchange.facts;
    const sizeBytes = bytes.byteLength;
    const sighting = { direction: 'toClient', revision, sizeBytes } as const;
    return recordedMessage(message, sighting, this.snapshot);
  }
}

const FOREIGN_TASK = 'it is about a task that is not for this principal to follow';

function bytesOf(masked: Masked): Uint8Array | undefined {
  return masked.kind === 'masked' ? masked.bytes : undefined;
}
