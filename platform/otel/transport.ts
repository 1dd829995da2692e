// One attempt to hand bytes to a receiver, within one deadline that covers all of it. The SDK's own
// transport measures idle time, which a receiver can stretch for ever, and cannot be cut off.

import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { ExportResponse, IExporterTransport } from '@opentelemetry/otlp-exporter-base';
import { Client } from 'undici';
import { DeliveryFault, type Failure } from './delivery.ts';
import { OtlpFault } from './otlp-env.ts';
import type { OtlpEndpoint } from './otlp-settings.ts';

export interface TlsMaterial {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** What OTLP lets a client send again (OTLP specification, "Retryable Response Codes"). */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);
/** An answer is a few bytes; what a receiver says beyond that is not read. */
const MAX_ANSWER_BYTES = 64 * 1024;
const MEDIA_TYPES = { json: 'application/json', protobuf: 'application/x-protobuf' } as const;

const compress = promisify(gzip);

/** Reads the PEM files; OtlpFault names the one that cannot be read. */
export async function readTls({ tls }: OtlpEndpoint): Promise<TlsMaterial> {
  const material: Record<string, Buffer> = {};
  for (const [what, path] of Object.entries(tls)) {
    try {
      material[what] = await readFile(path);
    } catch (cause) {
      throw new OtlpFault(`OTEL_EXPORTER_OTLP_*: cannot read the ${what} file ${path}`, { cause });
    }
  }
  return material;
}

export class OtlpTransport implements IExporterTransport {
  readonly #endpoint: OtlpEndpoint;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #client: Client;
  readonly #closing = new AbortController();

  constructor(endpoint: OtlpEndpoint, tls: TlsMaterial) {
    this.#endpoint = endpoint;
    this.#headers = {
      ...Object.fromEntries(endpoint.headers),
      'content-type': MEDIA_TYPES[endpoint.encoding],
      'user-agent': 'gatehouse',
      ...(endpoint.gzip ? { 'content-encoding': 'gzip' } : {}),
    };
    // The deadline of each attempt is the only clock; a request to one receiver at a time.
    this.#client = new Client(endpoint.url.origin, {
      connect: { ...tls, timeout: endpoint.timeoutMillis },
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** Never rejects, and takes no longer than the timeout. */
  async send(data: Uint8Array, timeoutMillis: number): Promise<ExportResponse> {
    const deadline = AbortSignal.timeout(timeoutMillis);
    const signal = AbortSignal.any([deadline, this.#closing.signal]);
    try {
      return await this.#attempt(data, signal);
    } catch (cause) {
      const failure = { cause: causeOf(cause, deadline), isFinal: false };
      return { status: 'failure', error: new DeliveryFault(failure, { cause }) };
    }
  }

  /** Cuts off what is under way. */
  shutdown(): void {
    this.#closing.abort();
    void this.#client.destroy();
  }

  async #attempt(data: Uint8Array, signal: AbortSignal): Promise<ExportResponse> {
    const { url, gzip: isGzip } = this.#endpoint;
    const { statusCode, headers, body } = await this.#client.request({
      method: 'POST',
      path: url.pathname + url.search,
      headers: this.#headers,
      body: isGzip ? await compress(data) : data,
      signal,
    });
    const answer = await readBounded(body);
    if (statusCode >= 200 && statusCode < 300) {
      return answer === undefined ? { status: 'success' } : { status: 'success', data: answer };
    }
    return { status: 'failure', error: new DeliveryFault(failureOf(statusCode, headers)) };
  }
}

/** Undefined when it is empty or longer than an answer may be: the rest stays unread. */
async function readBounded(body: AsyncIterable<Uint8Array>): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    // Leaving the loop destroys the body, and with it the connection.
    if (size > MAX_ANSWER_BYTES) return undefined;
    chunks.push(chunk);
  }
  return size === 0 ? undefined : Buffer.concat(chunks, size);
}

function failureOf(
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Failure {
  const seconds = Number(headers['retry-after']);
  return {
    cause: `http_${status}`,
    isFinal: !RETRYABLE.has(status),
    ...(seconds > 0 ? { retryAfterMillis: seconds * 1000 } : {}),
  };
}

/** The system's word for it, a constant such as ECONNREFUSED; anything else is just a break. */
function causeOf(error: unknown, deadline: AbortSignal): string {
  if (deadline.aborted) return 'timeout';
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,40}$/.test(code) ? code : 'broken';
}
