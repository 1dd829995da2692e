// Reads one JSON document of an issuer: its discovery document or its keys. Only the URLs that the
// policy or the issuer names, over TLS (or loopback), never a redirect, bounded in bytes and time.

import { Agent, type Dispatcher, request } from 'undici';
import { isLoopback } from '#core/identity/loopback.ts';
import { readJson } from '#core/mcp/json.ts';
import { isObject, type JsonObject } from '#core/mcp/messages.ts';

/** A document that could not be had, or that is not what it must be; the text is for operators. */
export class IssuerFault extends Error {
  override readonly name = 'IssuerFault';
  readonly code = 'issuer_unavailable';
}

export interface IssuerDocuments {
  /** `what` names the document in faults. Rejects with IssuerFault. */
  read(url: URL, what: string): Promise<JsonObject>;
}

/** Ten times what issuers with certificate chains for a dozen keys send. */
const MAX_DOCUMENT_BYTES = 512 * 1024;
const MAX_DOCUMENT_DEPTH = 16;
/** A client waits for this at most; its own limit for discovery is about twice as long. */
const DOCUMENT_TIMEOUT_MS = 5_000;

export function issuerDocuments(
  dispatcher: Dispatcher,
  timeoutMs = DOCUMENT_TIMEOUT_MS,
): IssuerDocuments {
  return {
    read: async (url, what) =>
      parse(
        await readBytes({ dispatcher, url, what, signal: AbortSignal.timeout(timeoutMs) }),
        what,
      ),
  };
}

/** The same, where a server is believed by these authorities alone; read each time, since they are replaced. */
export function privateDocuments(readBundle: () => Promise<string>): IssuerDocuments {
  return {
    read: async (url, what) => {
      const ca = await readBundle().catch((cause: unknown) => {
        throw new IssuerFault(`${what}: the authorities of its server cannot be read`, { cause });
      });
      const agent = new Agent({ connect: { timeout: DOCUMENT_TIMEOUT_MS, ca } });
      try {
        return await issuerDocuments(agent).read(url, what);
      } finally {
        await agent.destroy();
      }
    },
  };
}

/** Over plain http, whoever sits between could hand us keys of their own. */
export type PlainHttp = 'never' | 'loopback' | 'anywhere';

export function documentUrl(text: string, what: string, plainHttp: PlainHttp): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.username !== '' || url.password !== '') {
    throw new IssuerFault(`${what}: is not a URL without credentials`);
  }
  if (url.protocol === 'https:') return url;
  const isPlainAllowed =
    plainHttp === 'loopback' ? isLoopback(url.hostname) : plainHttp !== 'never';
  if (url.protocol === 'http:' && isPlainAllowed) return url;
  throw new IssuerFault(`${what}: must be https`);
}

function parse(bytes: Uint8Array, what: string): JsonObject {
  const read = readJson(bytes, {
    maxBytes: MAX_DOCUMENT_BYTES,
    maxDepth: MAX_DOCUMENT_DEPTH,
    numbers: 'any',
  });
  if (!read.ok) throw new IssuerFault(`${what}: ${read.reason}`);
  if (!isObject(read.value)) throw new IssuerFault(`${what}: is not a JSON object`);
  return read.value;
}

interface Reading {
  readonly dispatcher: Dispatcher;
  readonly url: URL;
  readonly what: string;
  readonly signal: AbortSignal;
}

async function readBytes({ dispatcher, url, what, signal }: Reading): Promise<Uint8Array> {
  try {
    const headers = { accept: 'application/json' };
    const { statusCode, body } = await request(url, { dispatcher, signal, headers });
    if (statusCode !== 200) {
      body.on('error', () => {}).destroy();
      throw new IssuerFault(`${what}: answered with status ${statusCode}`);
    }
    return await collect(body, what);
  } catch (cause) {
    if (cause instanceof IssuerFault) throw cause;
    const why = signal.aborted ? 'took too long' : `could not be read (${codeOf(cause)})`;
    throw new IssuerFault(`${what}: ${why}`, { cause });
  }
}

async function collect(body: AsyncIterable<Uint8Array>, what: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    // Leaving the loop destroys the body, and with it the connection.
    if (bytes > MAX_DOCUMENT_BYTES) {
      throw new IssuerFault(`${what}: is over ${MAX_DOCUMENT_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : 'unknown fault';
}
