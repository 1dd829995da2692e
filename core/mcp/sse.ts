// Server-sent events (WHATWG HTML 9.2), cut at event boundaries over any chunking. What is not
// changed is forwarded as its own bytes; what is changed is encoded anew.

import { type EventFields, readFields } from './sse-fields.ts';

export interface SseEvent extends EventFields {
  readonly kind: 'event';
  /** The event as it came, its closing blank line included. */
  readonly raw: Uint8Array;
}

/**
 * What no reader acts on: comments, stray blank lines, blocks of unknown fields. It comes at once,
 * since it keeps streams alive. Nobody has judged its text.
 */
export interface SseFiller {
  readonly kind: 'filler';
  readonly raw: Uint8Array;
}

/** The stream cannot be read on. Always the last item: the decoder ignores what follows. */
export interface SseFault {
  readonly kind: 'fault';
  readonly reason: string;
}

export type SseItem = SseEvent | SseFiller | SseFault;

const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;
const EMPTY = new Uint8Array(0);
const BLANK = Buffer.from('\n\n');
/** Events of MCP start near 200 bytes. */
const MIN_ROOM_BYTES = 512;

/** Every `raw` in order gives back the bytes that went in, up to an unfinished event. */
export class SseDecoder {
  readonly #maxEventBytes: number;
  /** The unfinished block, always scanned to its end; never written again once an item shares it. */
  #pending: Uint8Array = EMPTY;
  #pendingBytes = 0;
  /** Bytes of the line that is not finished, and the first of them. */
  #lineBytes = 0;
  #firstByte = 0;
  #isLineOpen = false;
  /** The block has a line that is not a comment. */
  #hasFields = false;
  /** The last byte was a CR that ended a line: a LF that follows belongs to it. */
  #isAfterCr = false;
  #isFirstBlock = true;
  #isFaulty = false;

  constructor(options: { readonly maxEventBytes: number }) {
    this.#maxEventBytes = options.maxEventBytes;
  }

  /** Size of the event that is not finished; the end of a stream discards it (9.2.6). */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** What this chunk completes. Items may share its memory: do not write to it afterwards. */
  push(chunk: Uint8Array): readonly SseItem[] {
    if (this.#isFaulty || chunk.length === 0) return [];
    const items: SseItem[] = [];
    let at = this.#pendingBytes;
    const bytes = this.#join(chunk);
    let blockStart = 0;
    if (this.#isAfterCr && bytes[at] === LF) {
      at += 1;
      if (this.#pendingBytes === 0) {
        items.push({ kind: 'filler', raw: bytes.subarray(0, 1) });
        blockStart = 1;
      }
    }
    this.#isAfterCr = false;
    while (at < bytes.length && !this.#isFaulty) {
      at = this.#scanLine(bytes, at);
      const ended = this.#endBlock(bytes.subarray(blockStart, at));
      if (ended === undefined) continue;
      items.push(ended);
      blockStart = at;
    }
    this.#keep(bytes, blockStart);
    if (this.#pendingBytes > this.#maxEventBytes) items.push(this.#fail());
    return items;
  }

  /** Moves past the line's end, or to the end of the bytes with the line left open. */
  #scanLine(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length && bytes[at] !== LF && bytes[at] !== CR) at += 1;
    if (this.#lineBytes === 0) this.#firstByte = bytes[from] ?? 0;
    this.#lineBytes += at - from;
    this.#isLineOpen = at === bytes.length;
    if (this.#isLineOpen) return at;
    if (bytes[at] === LF) return at + 1;
    if (bytes[at + 1] === LF) return at + 2;
    this.#isAfterCr = at + 1 === bytes.length;
    return at + 1;
  }

  /** The item that the line just scanned completes, if any. */
  #endBlock(raw: Uint8Array): SseItem | undefined {
    if (this.#isLineOpen) return undefined;
    const isBlank = this.#lineBytes === 0;
    const isComment = this.#firstByte === COLON;
    this.#lineBytes = 0;
    if (!isBlank && (this.#hasFields || !isComment)) {
      this.#hasFields = true;
      return undefined;
    }
    const isEvent = this.#hasFields;
    const isFirst = this.#isFirstBlock;
    this.#hasFields = false;
    this.#isFirstBlock = false;
    if (raw.length > this.#maxEventBytes) return this.#fail();
    const fields = isEvent ? readFields(raw, isFirst) : {};
    const isMeant = Object.keys(fields).length > 0;
    return isMeant ? { kind: 'event', raw, ...fields } : { kind: 'filler', raw };
  }

  #fail(): SseFault {
    this.#isFaulty = true;
    this.#pending = EMPTY;
    this.#pendingBytes = 0;
    return { kind: 'fault', reason: `a server-sent event is over ${this.#maxEventBytes} bytes` };
  }

  /** The unfinished block and the chunk as one; doubles its room, so that growth stays linear. */
  #join(chunk: Uint8Array): Uint8Array {
    if (this.#pendingBytes === 0) return chunk;
    const sizeBytes = this.#pendingBytes + chunk.length;
    if (sizeBytes > this.#pending.length) {
      this.#pending = copyInto(this.#pending.subarray(0, this.#pendingBytes), sizeBytes * 2);
    }
    this.#pending.set(chunk, this.#pendingBytes);
    return this.#pending.subarray(0, sizeBytes);
  }

  #keep(bytes: Uint8Array, from: number): void {
    const rest = bytes.subarray(from);
    const isOurs = from === 0 && this.#pendingBytes > 0;
    this.#pendingBytes = this.#isFaulty ? 0 : rest.length;
    if (this.#pendingBytes === 0) this.#pending = EMPTY;
    else if (!isOurs) this.#pending = copyInto(rest, Math.max(rest.length * 2, MIN_ROOM_BYTES));
  }
}

/**
 * One event for the wire. Line breaks inside `data` become further data lines, which readers join
 * with LF again; inside JSON they are whitespace.
 */
export function encodeSseEvent(fields: EventFields): Uint8Array {
  const { id, event, retry, data } = fields;
  const head =
    (id === undefined ? '' : `id: ${oneLine(withoutNul(id))}\n`) +
    (event === undefined ? '' : `event: ${oneLine(event)}\n`) +
    (retry === undefined ? '' : `retry: ${retry}\n`);
  if (data === undefined) return Buffer.from(`${head}\n`);
  const lines = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (!lines.includes(LF) && !lines.includes(CR)) {
    return Buffer.concat([Buffer.from(`${head}data: `), lines, BLANK]);
  }
  const folded = lines
    .toString('utf8')
    .split(/\r\n|\r|\n/)
    .join('\ndata: ');
  return Buffer.concat([Buffer.from(`${head}data: ${folded}`), BLANK]);
}

/** Readers take no notice of an id with NUL, and mind none in a name (9.2.6). */
function withoutNul(id: string): string {
  if (id.includes('\0')) throw new RangeError('an id holds NUL');
  return id;
}

function oneLine(value: string): string {
  if (/[\r\n]/.test(value)) throw new RangeError('an event field holds a line break');
  return value;
}

function copyInto(bytes: Uint8Array, roomBytes: number): Uint8Array {
  const copy = new Uint8Array(roomBytes);
  copy.set(bytes);
  return copy;
}
