// One line of the approvals journal: the entries that became durable together and the SHA-256 of
// their text, so that a line the disk kept only in part is told from one that was acknowledged.

import type { Entry } from '#core/approvals/book.ts';
import { parseEntry } from '#core/approvals/parse-entry.ts';
import { bytesDigest } from '#core/evidence/signature.ts';

/** First line of the file: a journal in a form this build does not know is refused. */
export const JOURNAL_HEADER = '{"format":"gatehouse-approvals","v":1}';

/** A line is closed once it holds this much; the entry that closes it comes on top. */
export const FULL_LINE_BYTES = 1024 * 1024;
/** A full line and the largest entry: 64 KiB of preview and as many votes as fit, all of it escaped. */
export const MAX_LINE_BYTES = 8 * 1024 * 1024;

const HEAD = '{"entries":[';
const TAIL = /^\],"sum":"([0-9a-f]{64})"\}$/;
const TAIL_CHARS = '],"sum":""}'.length + 64;

/** `texts` are entries as JSON. */
export function journalLine(texts: readonly string[]): string {
  const body = texts.join(',');
  return `${HEAD}${body}],"sum":"${sumOf(body)}"}`;
}

/** Undefined for anything but the exact bytes of `journalLine`, holding well-formed entries. */
export function parseJournalLine(bytes: Uint8Array): readonly Entry[] | undefined {
  const text = Buffer.from(bytes).toString('utf8');
  const body = text.slice(HEAD.length, -TAIL_CHARS);
  const [, sum] = TAIL.exec(text.slice(-TAIL_CHARS)) ?? [];
  if (!text.startsWith(HEAD) || sum !== sumOf(body)) return undefined;
  try {
    const values: unknown = JSON.parse(`[${body}]`);
    const entries = Array.isArray(values) ? values.map(parseEntry) : [];
    return entries.includes(undefined) ? undefined : entries.filter((entry) => entry !== undefined);
  } catch {
    return undefined;
  }
}

/** Joins entries into lines of bounded size. */
export function* journalLines(entries: Iterable<Entry>): Generator<string> {
  let texts: string[] = [];
  let sizeBytes = 0;
  for (const entry of entries) {
    const text = JSON.stringify(entry);
    texts.push(text);
    sizeBytes += Buffer.byteLength(text);
    if (sizeBytes >= FULL_LINE_BYTES) {
      yield journalLine(texts);
      texts = [];
      sizeBytes = 0;
    }
  }
  if (texts.length > 0) yield journalLine(texts);
}

function sumOf(body: string): string {
  return bytesDigest(Buffer.from(body, 'utf8'));
}
