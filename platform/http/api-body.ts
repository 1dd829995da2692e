// The body of a decision: `{"reason": "…"}`, with a verdict where broken glass is reviewed, and with what was seen where a
// call is let go on; bounded, strict JSON, and nothing else in it.

import type { IncomingMessage } from 'node:http';
import { VERDICTS, type Verdict } from '#core/approvals/break-glass.ts';
import { readJson } from '#core/mcp/json.ts';
import { type ApiError, badInput } from './api-answer.ts';
import { only } from './api-head.ts';

export interface Said {
  /** Absent: none was given. Whether it is a reason is for the desk to say, on record. */
  readonly reason?: string;
  readonly verdict?: Verdict;
  /** Digest of what was shown; whether it still is so is for the desk to say. */
  readonly seen?: string;
}

export type SaidField = keyof Said;

export type ReadSaid =
  | { readonly ok: true; readonly said: Said }
  | { readonly ok: false; readonly error: ApiError };

/** A reason of 500 characters, each of them escaped, is well below. */
const MAX_BODY_BYTES = 8 * 1024;

export async function readSaid(
  request: IncomingMessage,
  known: readonly SaidField[],
): Promise<ReadSaid> {
  const { headersDistinct: headers } = request;
  const hasBody = headers['transfer-encoding'] !== undefined || lengthOf(headers) !== '0';
  if (!hasBody) return { ok: true, said: {} };
  if (!isJson(only(headers['content-type'])) || headers['content-encoding'] !== undefined) {
    const reason = 'Content-Type must be application/json, without a Content-Encoding';
    return { ok: false, error: { code: 'media_type_not_accepted', reason } };
  }
  const bytes = await readBounded(request);
  if (bytes === 'cut off') return { ok: false, error: badInput('body', 'ended before its end') };
  if (bytes === 'too large') {
    const reason = `the body may have ${MAX_BODY_BYTES} bytes`;
    return { ok: false, error: { code: 'body_too_large', reason } };
  }
  return saidIn(bytes, known);
}

function saidIn(bytes: Uint8Array, known: readonly SaidField[]): ReadSaid {
  const json = readJson(bytes, { maxBytes: MAX_BODY_BYTES, maxDepth: 2, numbers: 'exact' });
  if (!json.ok) return wrong('body', json.reason);
  const { value } = json;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return wrong('body', `must be an object with ${known.join(' and ')}`);
  }
  if (Object.keys(value).some((name) => !known.some((each) => each === name))) {
    return wrong('body', `has a field that is not known; ${known.join(' and ')} are all there is`);
  }
  const { reason, verdict, seen } = value as Readonly<Partial<Record<SaidField, unknown>>>;
  if (reason !== undefined && typeof reason !== 'string') return wrong('reason', 'must be text');
  if (seen !== undefined && typeof seen !== 'string') return wrong('seen', 'must be text');
  const given = VERDICTS.find((each) => each === verdict);
  if (verdict !== undefined && given === undefined) {
    return wrong('verdict', `must be ${VERDICTS.join(' or ')}`);
  }
  return {
    ok: true,
    said: {
      ...(reason === undefined ? {} : { reason }),
      ...(given === undefined ? {} : { verdict: given }),
      ...(seen === undefined ? {} : { seen }),
    },
  };
}

function wrong(field: string, reason: string): ReadSaid {
  return { ok: false, error: badInput(field, reason) };
}

function lengthOf(headers: NodeJS.Dict<string[]>): string {
  return only(headers['content-length']) ?? '0';
}

function isJson(type: string | undefined): boolean {
  return type !== undefined && /^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i.test(type);
}

/** Not read to the end when there is more than may be; the socket stays, for the answer. */
async function readBounded(request: IncomingMessage): Promise<Buffer | 'too large' | 'cut off'> {
  if (Number(lengthOf(request.headersDistinct)) > MAX_BODY_BYTES) return 'too large';
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      sizeBytes += chunk.length;
      if (sizeBytes > MAX_BODY_BYTES) return 'too large';
      chunks.push(chunk);
    }
  } catch {
    // The peer went away in the middle of it: there is nobody left to answer.
    return 'cut off';
  }
  return Buffer.concat(chunks);
}
