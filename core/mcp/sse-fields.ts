// Reads the fields of one server-sent event (WHATWG HTML 9.2.6). Comments and unknown fields have
// no meaning here; they stay in the event's raw bytes.

export interface EventFields {
  readonly id?: string;
  readonly event?: string;
  /** Milliseconds. */
  readonly retry?: number;
  /** Lines of data joined by LF; absent when the event has no data field. */
  readonly data?: Uint8Array;
}

interface Fields {
  id?: string;
  event?: string;
  retry?: number;
  data?: Uint8Array[];
}

/** `isFirst`: the event opens the stream, where one byte order mark may stand. */
export function readFields(raw: Uint8Array, isFirst: boolean): EventFields {
  const fields: Fields = {};
  let start = isFirst && raw[0] === 0xef && raw[1] === 0xbb && raw[2] === 0xbf ? 3 : 0;
  while (start < raw.length) {
    let end = start;
    while (end < raw.length && raw[end] !== LF && raw[end] !== CR) end += 1;
    if (end > start) readLine(raw.subarray(start, end), fields);
    start = end + 1;
  }
  const { data, ...others } = fields;
  return data === undefined ? others : { ...others, data: joinLines(data) };
}

/**
 * Whether an event has lines that no reader acts on, and so text that nobody has judged: comments,
 * fields that are unknown or cannot be read, and those that a later one of the name replaces.
 */
export function hasOtherLines(raw: Uint8Array): boolean {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const seen = new Set<string>();
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(LF, start);
    const end = found === -1 ? bytes.length : found;
    const head = bytes.toString('latin1', start, Math.min(end, start + MAX_NAME));
    // a CR by itself ends a line too: what follows it is not looked at here
    const cr = bytes.indexOf(CR, start);
    const isOneLine = cr === -1 || cr >= end - 1;
    if (!isOneLine || !KNOWN_LINE.test(head)) return true;
    if (!isActedOn(bytes.subarray(start, end), head, seen)) return true;
    start = end + 1;
  }
  return false;
}

/** `seen`: the names of fields that count once. */
function isActedOn(line: Uint8Array, head: string, seen: Set<string>): boolean {
  const name = /^(?:event|id|retry)/.exec(head)?.[0];
  if (name === undefined) return true;
  if (seen.has(name) || line.includes(0)) return false;
  seen.add(name);
  // shorter than a head is cut
  return name !== 'retry' || /^retry: ?[0-9]{1,7}\r?$/.test(head);
}

const KNOWN_LINE = /^(?:(?:data|event|id|retry)(?::|\r?$)|\r?$)/;

const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;
const SPACE = 0x20;
const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });

function readLine(line: Uint8Array, fields: Fields): void {
  const colon = line.indexOf(COLON);
  const name = UTF8.decode(
    line.subarray(0, Math.min(colon === -1 ? line.length : colon, MAX_NAME)),
  );
  const value = colon === -1 ? line.subarray(line.length) : valueAfter(line, colon);
  switch (name) {
    case 'data':
      fields.data ??= [];
      fields.data.push(value);
      break;
    case 'event':
      fields.event = UTF8.decode(value);
      break;
    case 'id':
      if (!value.includes(0)) fields.id = UTF8.decode(value);
      break;
    case 'retry':
      readRetry(UTF8.decode(value), fields);
      break;
  }
}

/** Longer than any known name, so that a long unknown one is not decoded for nothing. */
const MAX_NAME = 16;

function valueAfter(line: Uint8Array, colon: number): Uint8Array {
  return line.subarray(line[colon + 1] === SPACE ? colon + 2 : colon + 1);
}

function readRetry(value: string, fields: Fields): void {
  if (/^[0-9]{1,15}$/.test(value)) fields.retry = Number(value);
}

function joinLines(lines: readonly Uint8Array[]): Uint8Array {
  const [first, ...others] = lines;
  if (first !== undefined && others.length === 0) return first;
  const joined = new Uint8Array(lines.reduce((sum, line) => sum + line.length + 1, -1));
  let at = 0;
  for (const line of lines) {
    joined.set(line, at);
    at += line.length + 1;
    if (at <= joined.length) joined[at - 1] = LF;
  }
  return joined;
}
