// Runs of base64 and hexadecimal whose content reads as text. One test serves the gate, which sees
// bytes, and the full scan, so that what one would decode the other does not overlook.

import { base64Value, decodeBase64, decodeHex, hexValue } from './base-encodings.ts';
import type { Match } from './detectors/detector.ts';

export interface EncodedRun extends Match {
  /** As text; bytes that are not UTF-8 are replacement characters. */
  readonly content: string;
}

/** A social security number in base64 without its padding; shorter runs are words. */
export const MIN_RUN = 15;
const MIN_HEX = 20;
/** How much of a run decides whether it is text, in characters; a multiple of four. */
const SAMPLE = 60;
/** Encoders break lines at 64 or 76 characters. */
const MIN_WRAPPED = 60;

/** Letters, digits and the marks of both base64 alphabets. */
export function isRunByte(code: number): boolean {
  return base64Value(code) >= 0;
}

/** Runs of the text that decode to text. They may overlap: one run can be read in several ways. */
export function encodedRuns(text: string): readonly EncodedRun[] {
  const runs: EncodedRun[] = [];
  const run = /[A-Za-z0-9+/_-]{15,}/g;
  for (let found = run.exec(text); found !== null; found = run.exec(text)) {
    const start = found.index;
    const end = start + found[0].length;
    const bytes = bytesOf(found[0]);
    for (const reading of readingsOf(bytes, 0, bytes.length)) {
      runs.push(decoded(text, start + reading.start, start + reading.end, reading));
    }
    const wrapped = endOfWrapped(text, start, end);
    for (const whole of wrapped > end ? base64Readings(bytes, 0, bytes.length) : NO_READINGS) {
      runs.push(decoded(text, start + whole.start, wrapped, whole));
    }
    run.lastIndex = Math.max(end, wrapped);
  }
  return runs;
}

/** Runs are ASCII, and mostly short: cheaper than an encoder. */
function bytesOf(run: string): Uint8Array {
  const bytes = new Uint8Array(run.length);
  for (let at = 0; at < run.length; at += 1) bytes[at] = run.charCodeAt(at);
  return bytes;
}

/** Whether the full scan would decode something in this run of bytes. */
export function looksEncoded(bytes: Uint8Array, start: number, end: number): boolean {
  return readingsOf(bytes, start, end).length > 0;
}

/** Whether base64 content, read from its beginning, is text. */
export function isTextInBase64(content: string): boolean {
  const bytes = bytesOf(content.slice(0, SAMPLE).replaceAll('=', ''));
  const { length } = bytes;
  return length >= MIN_RUN && isAsciiBase64(bytes, 0, length) && isText(bytes, 0, length);
}

interface Reading extends Match {
  readonly encoding: 'base64' | 'hex';
}

function readingsOf(bytes: Uint8Array, start: number, end: number): readonly Reading[] {
  const hex = hexReadings(bytes, start, end);
  const whole = base64Readings(bytes, start, end);
  if (whole.length > 0) return hex.length > 0 ? [...hex, ...whole] : whole;
  // `/api/v1/items/QUtJQU…`: the parts of a path, each by itself
  const parts: Reading[] = [];
  let from = start;
  for (let at = start; at <= end; at += 1) {
    if (at < end && !isPunctuation(bytes[at] ?? 0)) continue;
    const isPart = at - from >= MIN_RUN && at - from < end - start;
    if (isPart) parts.push(...base64Readings(bytes, from, at));
    from = at + 1;
  }
  return parts.length > 0 || hex.length > 0 ? [...hex, ...parts] : NO_READINGS;
}

const NO_READINGS: readonly Reading[] = [];

function isPunctuation(byte: number): boolean {
  return byte === 0x2f || byte === 0x2d || byte === 0x5f || byte === 0x2b;
}

/**
 * Of the four ways in which groups of four may begin those that give text: what stands before a run can
 * make another one look like text too.
 */
function base64Readings(bytes: Uint8Array, start: number, end: number): readonly Reading[] {
  let readings: Reading[] | undefined;
  for (let skip = 0; skip < 4; skip += 1) {
    const from = start + skip;
    if (end - from < MIN_RUN - 3) break;
    if (!isAsciiBase64(bytes, from, end) || !isText(bytes, from, end)) continue;
    readings ??= [];
    readings.push({ start: from, end, encoding: 'base64' });
  }
  return readings ?? NO_READINGS;
}

/** Three ASCII characters in four of base64 make the first of them one of `A` to `f`. */
function isAsciiBase64(bytes: Uint8Array, start: number, end: number): boolean {
  const stop = Math.min(end, start + SAMPLE);
  let strange = (stop - start) >> 4;
  for (let at = start; at < stop; at += 4) {
    if (base64Value(bytes[at] ?? 0) < 32) continue;
    strange -= 1;
    if (strange < 0) return false;
  }
  return true;
}

function isText(bytes: Uint8Array, start: number, end: number): boolean {
  const sample = LATIN1.decode(bytes.subarray(start, Math.min(end, start + SAMPLE)));
  return isMostlyText(decodeBase64(sample, 0, sample.length));
}

const LATIN1 = new TextDecoder('latin1');

function hexReadings(bytes: Uint8Array, start: number, end: number): readonly Reading[] {
  const readings: Reading[] = [];
  let from = start;
  for (let at = start; at <= end; at += 1) {
    if (at < end && hexValue(bytes[at] ?? 0) >= 0) continue;
    if (at - from >= MIN_HEX) {
      const reading = hexReading(bytes, from, at) ?? hexReading(bytes, from + 1, at);
      if (reading !== undefined) readings.push(reading);
    }
    from = at + 1;
  }
  return readings;
}

function hexReading(bytes: Uint8Array, start: number, end: number): Reading | undefined {
  const stop = Math.min(end, start + SAMPLE);
  let strange = (stop - start) >> 3;
  for (let at = start; at + 1 < stop; at += 2) {
    const high = hexValue(bytes[at] ?? 0);
    if (high >= 2 && high <= 7) continue;
    strange -= 1;
    if (strange < 0) return undefined;
  }
  return { start, end, encoding: 'hex' };
}

/** At least three of four bytes are printable ASCII, white space or well-formed UTF-8. */
function isMostlyText(bytes: Uint8Array): boolean {
  let strange = bytes.length >> 2;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if ((byte >= 0x20 && byte < 0x7f) || (byte >= 0x09 && byte <= 0x0d)) continue;
    const size = utf8Size(bytes, at);
    if (size === 0) {
      strange -= 1;
      if (strange < 0) return false;
    }
    at += Math.max(0, size - 1);
  }
  return true;
}

/** Bytes of the well-formed sequence of two or more at `at`; 0 when there is none. */
function utf8Size(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  for (let next = 1; next < size; next += 1) {
    // cut off by the end of the sample is well-formed so far
    if (at + next < bytes.length && ((bytes[at + next] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  return size;
}

const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });

function decoded(text: string, start: number, end: number, { encoding }: Reading): EncodedRun {
  const bytes = encoding === 'hex' ? decodeHex(text, start, end) : decodeBase64(text, start, end);
  let stop = end;
  while (encoding === 'base64' && stop - end < 2 && text.charAt(stop) === '=') stop += 1;
  return { start, end: stop, content: UTF8.decode(bytes) };
}

/** The end of the last of the lines that an encoder broke one run into. */
function endOfWrapped(text: string, start: number, end: number): number {
  let stop = end;
  let line = start;
  while (stop - line >= MIN_WRAPPED) {
    const next = /^\r?\n[A-Za-z0-9+/_-]+/.exec(text.slice(stop, stop + 128))?.[0];
    if (next === undefined) break;
    line = stop + (next.startsWith('\r') ? 2 : 1);
    stop += next.length;
  }
  return stop;
}
