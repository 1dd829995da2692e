// Requests to the API server as raw JSON: typed models drop the fields that they do not know. Every
// request has a deadline and every answer a bound; a failure says its status and reason, never a body.

import { Agent, type Dispatcher } from 'undici';
import type { ClusterAccess } from './access.ts';
import { KubeFault, kubeFault } from './kube-fault.ts';

export type Query = Readonly<Record<string, string | undefined>>;

export interface ApplyOptions {
  readonly manager: string;
  /** Takes fields from other managers; only on objects that are ours. */
  readonly force?: boolean;
}

const REQUEST_MS = 30_000;
/** A page of five hundred objects, the largest of which have a megabyte, is far below it. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;
const MAX_ERROR_BYTES = 64 * 1024;
const APPLY = 'application/apply-patch+yaml';
const MERGE = 'application/merge-patch+json';

interface Sending {
  readonly method: Dispatcher.HttpMethod;
  readonly path: string;
  readonly query?: Query;
  readonly body?: object;
  readonly contentType?: string;
  readonly accept?: string;
}

export class KubeClient {
  readonly #access: ClusterAccess;
  readonly #agent: Agent;

  constructor(access: ClusterAccess) {
    const { ca, clientCertificate, skipVerify } = access;
    this.#access = access;
    this.#agent = new Agent({
      connect: {
        timeout: 5000,
        ...(ca === undefined ? {} : { ca }),
        ...(clientCertificate ?? {}),
        ...(skipVerify === true ? { rejectUnauthorized: false } : {}),
      },
      keepAliveTimeout: 30_000,
    });
  }

  /** Undefined when there is no such object. */
  async find(path: string): Promise<unknown> {
    try {
      return await this.#json({ method: 'GET', path });
    } catch (error) {
      if (error instanceof KubeFault && error.status === 404) return undefined;
      throw error;
    }
  }

  list(path: string, query: Query, accept?: string): Promise<unknown> {
    return this.#json({ method: 'GET', path, query, ...(accept === undefined ? {} : { accept }) });
  }

  create(path: string, body: object): Promise<unknown> {
    return this.#json({ method: 'POST', path, body, contentType: 'application/json' });
  }

  /** Fails with 409 when `metadata.resourceVersion` is not the current one. */
  replace(path: string, body: object): Promise<unknown> {
    return this.#json({ method: 'PUT', path, body, contentType: 'application/json' });
  }

  merge(path: string, body: object): Promise<unknown> {
    return this.#json({ method: 'PATCH', path, body, contentType: MERGE });
  }

  /** Server-side apply: the fields in `body` become this manager's. */
  apply(path: string, body: object, { manager, force = false }: ApplyOptions): Promise<unknown> {
    const query = { fieldManager: manager, ...(force ? { force: 'true' } : {}) };
    return this.#json({ method: 'PATCH', path, query, body, contentType: APPLY });
  }

  /** Whether there was something to delete. */
  async remove(path: string, uid?: string): Promise<boolean> {
    const body = uid === undefined ? {} : { preconditions: { uid } };
    try {
      await this.#json({ method: 'DELETE', path, body, contentType: 'application/json' });
      return true;
    } catch (error) {
      if (error instanceof KubeFault && error.status === 404) return false;
      throw error;
    }
  }

  /** The bytes of a watch, until the server ends it or nothing comes for `idleMillis`. */
  async watch(
    path: string,
    query: Query,
    options: { readonly accept: string; readonly idleMillis: number; readonly signal: AbortSignal },
  ): Promise<AsyncIterable<Uint8Array>> {
    const response = await this.#agent.request({
      ...(await this.#request({ method: 'GET', path, query, accept: options.accept })),
      bodyTimeout: options.idleMillis,
      signal: options.signal,
    });
    if (response.statusCode >= 300) throw await kubeFaultOf(response);
    return response.body;
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  async #json(sending: Sending): Promise<unknown> {
    const signal = AbortSignal.timeout(REQUEST_MS);
    let response: Dispatcher.ResponseData;
    try {
      response = await this.#agent.request({ ...(await this.#request(sending)), signal });
    } catch (cause) {
      throw new KubeFault({ status: 0, reason: 'Unreachable', cause });
    }
    if (response.statusCode >= 300) throw await kubeFaultOf(response);
    return JSON.parse(await readText(response.body, MAX_BODY_BYTES)) as unknown;
  }

  async #request({ method, path, query = {}, body, contentType, accept }: Sending) {
    const authorization = await this.#access.authorization();
    const given = Object.entries(query).filter((entry): entry is [string, string] => !!entry[1]);
    const search = new URLSearchParams(given).toString();
    return {
      origin: this.#access.url,
      path: search === '' ? path : `${path}?${search}`,
      method,
      headers: {
        accept: accept ?? 'application/json',
        'user-agent': 'gatehouse-operator',
        ...(authorization === undefined ? {} : { authorization }),
        ...(contentType === undefined ? {} : { 'content-type': contentType }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
  }
}

async function kubeFaultOf(response: Dispatcher.ResponseData): Promise<KubeFault> {
  const text = await readText(response.body, MAX_ERROR_BYTES).catch(() => '');
  return kubeFault(response.statusCode, text, response.headers['retry-after']);
}

async function readText(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > maxBytes) throw new KubeFault({ status: 0, reason: 'AnswerTooLarge' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
