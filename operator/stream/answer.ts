// How /v1 answers what it does not do: a status, a code for programs and a sentence for people.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { readJson } from '#core/mcp/json.ts';
import type { JsonObject } from '#core/mcp/messages.ts';

export interface Refusal {
  readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 503;
  readonly code: string;
  readonly message: string;
}

const MAX_BODY_BYTES = 64 * 1024;
const MAX_DEPTH = 8;
const RETRY_SECONDS = 1;

export class RefusedRequest extends Error {
  override readonly name = 'RefusedRequest';
  readonly code = 'refused';
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

export function refused(status: Refusal['status'], code: string, message: string): RefusedRequest {
  return new RefusedRequest({ status, code, message });
}

export function sendRefusal(response: ServerResponse, { status, code, message }: Refusal): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const later = status === 503 ? { 'retry-after': String(RETRY_SECONDS) } : {};
  response.writeHead(status, { 'content-type': 'application/json', ...later });
  response.end(JSON.stringify({ error: code, message }));
}

/** Rejects with RefusedRequest for what is no small JSON object. */
export async function readBody(request: IncomingMessage): Promise<JsonObject> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > MAX_BODY_BYTES) throw refused(413, 'too_large', 'the body is too large');
    chunks.push(chunk);
  }
  const limits = { maxBytes: MAX_BODY_BYTES, maxDepth: MAX_DEPTH, numbers: 'any' } as const;
  const read = readJson(Buffer.concat(chunks), limits);
  const { value } = read.ok ? read : { value: undefined };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refused(400, 'invalid', 'the body is not a JSON object');
  }
  return value as JsonObject;
}

/** Text of at most so many characters; rejects by throwing, naming the field. */
export function textField(body: JsonObject, field: string, maxChars: number): string {
  const value = body[field];
  if (typeof value !== 'string' || value === '' || value.length > maxChars) {
    throw refused(400, 'invalid', `${field} must be text of 1 to ${maxChars} characters`);
  }
  return value;
}
