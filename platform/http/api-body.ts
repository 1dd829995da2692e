// The body of a decision: `{"reason": "…"}`, bounded, strict JSON, and nothing else in it.

import type { IncomingMessage } from 'node:http';
import { readJson } from '#core/mcp/json.ts';
import { type ApiError, badInput } from './api-answer.ts';
import { only } from './api-head.ts';

export type ReadReason =
  /** `undefined`: none was given. Whether it is a reason is for the desk to say, on record. */
  | { readonly ok: true; readonly reason: string | undefined }
  | { readonly ok: false; readonly error: ApiError };

/** A reason of 500 characters, each of them escaped, is well below. */
const MAX_BODY_BYTES = 8 * 1024;

export async function readReason(request: IncomingMessage): Promise<ReadReason> {
  const { headersDistinct: headers } = request;
  const hasBody = headers['transfer-encoding'] !== undefined || lengthOf(headers) !== '0';
  if (!hasBody) return { ok: true, reason: undefined };
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
  return reasonIn(bytes);
}

function reasonIn(bytes: Uint8Array): ReadReason {
  const json = readJson(bytes, { maxBytes: MAX_BODY_BYTES, maxDepth: 2, numbers: 'exact' });
  if (!json.ok) return { ok: false, error: badInput('body', json.reason) };
  const { value } = json;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ok: false, error: badInput('body', 'must be an object with reason') };
  }
  if (Object.keys(value).some((name) => name !== 'reason')) {
    return {
      ok: false,
      error: badInput('body', 'has a field that is not known; reason is the only one'),
    };
  }
  const { reason } = value as { readonly reason?: unknown };
  return reason === undefined || typeof reason === 'string'
    ? { ok: true, reason }
    : { ok: false, error: badInput('reason', 'must be text') };
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
