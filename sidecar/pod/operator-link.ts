// Talks to the operator over TLS, as the pod that this is: the authority and the token are read from their
// files each time, since both are replaced while the pod lives. Every answer is bounded in bytes and time.

import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { buffer } from 'node:stream/consumers';

export interface OperatorPlace {
  readonly url: URL;
  readonly caFile: string;
  readonly tokenFile: string;
}

export interface Answer {
  readonly status: number;
  /** JSON; undefined where there is none. */
  readonly body: unknown;
}

/** The operator cannot be asked; the code is a word of the system or of ours, never a value. */
export class OperatorFault extends Error {
  override readonly name = 'OperatorFault';
  readonly code: string;

  constructor(code: string, options?: ErrorOptions) {
    super(`the operator cannot be asked (${code})`, options);
    this.code = code;
  }
}

const ANSWER_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1024;

export class OperatorLink {
  readonly #place: OperatorPlace;

  constructor(place: OperatorPlace) {
    this.#place = place;
  }

  /** Rejects with OperatorFault when there is no answer; any status is one. */
  async post(path: string, body: object, stop: AbortSignal): Promise<Answer> {
    const signal = AbortSignal.any([stop, AbortSignal.timeout(ANSWER_MS)]);
    const response = await this.#send('POST', path, { body: JSON.stringify(body), signal });
    try {
      return { status: response.statusCode ?? 0, body: await readJson(response) };
    } catch (cause) {
      throw faultOf(cause);
    } finally {
      response.destroy();
    }
  }

  /** A stream that has begun; rejects with OperatorFault when the operator says anything but 200. */
  async open(path: string, signal: AbortSignal): Promise<IncomingMessage> {
    const response = await this.#send('GET', path, { signal });
    if (response.statusCode === 200) return response;
    response.destroy();
    throw new OperatorFault(`status_${response.statusCode}`);
  }

  async #send(method: string, path: string, { body, signal }: Sent): Promise<IncomingMessage> {
    try {
      const { url, caFile, tokenFile } = this.#place;
      const ca = await readFile(caFile, 'utf8');
      const token = (await readFile(tokenFile, 'utf8')).trim();
      const headers = {
        authorization: `Bearer ${token}`,
        accept: body === undefined ? 'text/event-stream' : 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      };
      const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
      // Each on a connection of its own: what was trusted when one was opened may not be any more.
      const asked = request(new URL(path, url), { method, headers, ca, agent: false, signal });
      asked.once('response', resolve).once('error', reject);
      asked.setTimeout(ANSWER_MS, () => asked.destroy(new OperatorFault('timeout')));
      asked.end(body);
      const response = await promise;
      asked.setTimeout(0);
      response.on('error', () => {});
      return response;
    } catch (cause) {
      throw faultOf(cause);
    }
  }
}

interface Sent {
  readonly body?: string;
  readonly signal: AbortSignal;
}

async function readJson(response: IncomingMessage): Promise<unknown> {
  let size = 0;
  response.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) response.destroy(new OperatorFault('answer_too_large'));
  });
  const bytes = await buffer(response);
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

function faultOf(cause: unknown): OperatorFault {
  if (cause instanceof OperatorFault) return cause;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
  return new OperatorFault(code, { cause });
}
