// An operator of tests: what a sidecar asks of the real one, over TLS and by the same contract, with a key of its
// own for documents and one for evidence. It says what it heard.

import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { certify } from '#core/evidence/lane.ts';
import { type SignatureKey, signatureKey, signerFor } from '#core/evidence/signature.ts';
import { buildDocument, documentText, type EffectivePolicy } from '#core/policy/document.ts';
import type { GoverningPolicy } from '#core/policy/layer-document.ts';
import type { Trust } from '#core/policy/trust.ts';
import { API_VERSION, POLICY_KIND } from '#crds/names.ts';
import type { McpGatewayPolicy } from '#crds/policy.ts';
import { documentKey, documentKeySet, signText } from '#platform/documents/signed-text.ts';
import { type TestAuthority, testAuthority } from './certificates.ts';

export interface HeardAck {
  readonly digest: string;
  readonly generation: number;
  readonly status: string;
  readonly problem?: string;
  readonly outdated?: boolean;
  readonly version: string;
  readonly exposed: readonly string[];
  readonly capture: string;
}

export interface HeardLane {
  readonly lane: string;
  readonly publicKey: string;
  readonly bootNonce: string;
}

export const WORKLOAD = { key: 'deployment-payments-0a1b2c3d4e', namespace: 'payments' } as const;
export const POD_TOKEN = 'token-of-the-pod';

export class TestOperator {
  readonly acks: HeardAck[] = [];
  readonly lanes: HeardLane[] = [];
  /** What POST /v1/lanes answers; 201 certifies. */
  laneStatus = 201;
  readonly #authority: TestAuthority;
  readonly #documentKey = generateKeyPairSync('ed25519').privateKey;
  readonly #trustKey = generateKeyPairSync('ed25519').privateKey;
  readonly #streams = new Set<ServerResponse>();
  #server: Server | undefined;
  #port = 0;
  #current: string | undefined;
  #generation = 0;

  constructor(authority: TestAuthority) {
    this.#authority = authority;
  }

  get url(): string {
    return `https://127.0.0.1:${this.#port}`;
  }

  get ca(): string {
    return this.#authority.ca;
  }

  /** Of whoever verifies evidence. */
  get trust(): SignatureKey {
    return signatureKey(signerFor(this.#trustKey).publicKey);
  }

  get streams(): number {
    return this.#streams.size;
  }

  async policyKeys(): Promise<string> {
    return JSON.stringify(await documentKeySet([this.#documentKey]));
  }

  /** On the port it had before, where it had one. */
  async start(): Promise<void> {
    const { cert, key } = await this.#authority.issue();
    const server = createServer({ cert, key }, (request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  document(
    specs: readonly McpGatewayPolicy['spec'][],
    changes: Partial<EffectivePolicy> = {},
    trust?: Trust,
  ): EffectivePolicy {
    const built = buildDocument(
      {
        ...WORKLOAD,
        workload: { kind: 'Deployment', name: 'payments' },
        sources: [],
        policies: specs.map(policyOf),
        ...(trust === undefined ? {} : { trust }),
      },
      this.#generation,
      Date.now(),
      (text) => createHash('sha256').update(text).digest('hex'),
    );
    this.#generation = built.generation;
    return { ...built, ...changes };
  }

  async sign(document: EffectivePolicy, key: KeyObject = this.#documentKey): Promise<string> {
    return signText('policy', documentText(document), await documentKey(key));
  }

  async floor(generation: number): Promise<string> {
    const text = JSON.stringify({ generation, key: WORKLOAD.key });
    return signText('floor', text, await documentKey(this.#documentKey));
  }

  /** To every sidecar that listens, and to those who come. */
  publish(jws: string): void {
    this.#current = jws;
    for (const stream of this.#streams) stream.write(eventOf(jws));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.headers.authorization !== `Bearer ${POD_TOKEN}`) {
      response.writeHead(401).end();
      return;
    }
    switch (`${request.method} ${request.url}`) {
      case 'GET /v1/policy':
        return this.#stream(response);
      case 'POST /v1/acks':
        this.acks.push((await json(request)) as HeardAck);
        response.writeHead(204).end();
        return;
      case 'POST /v1/lanes':
        return this.#certify((await json(request)) as HeardLane, response);
      default:
        response.writeHead(404).end();
    }
  }

  #stream(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(this.#current === undefined ? ': nothing yet\n\n' : eventOf(this.#current));
    this.#streams.add(response);
    response.once('close', () => this.#streams.delete(response));
  }

  #certify(asked: HeardLane, response: ServerResponse): void {
    this.lanes.push(asked);
    const certificate = certify(asked.lane, asked.publicKey, signerFor(this.#trustKey));
    const body = this.laneStatus === 201 ? { certificate, trustKeyId: this.trust.id } : {};
    response.writeHead(this.laneStatus, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  }
}

export async function startOperator(): Promise<TestOperator> {
  const operator = new TestOperator(await testAuthority());
  await operator.start();
  return operator;
}

function eventOf(jws: string): string {
  return `event: policy\ndata: ${jws}\n\n`;
}

function policyOf(spec: McpGatewayPolicy['spec'], at: number): GoverningPolicy {
  const metadata = { name: `policy-${at}`, namespace: WORKLOAD.namespace };
  return { apiVersion: API_VERSION, kind: POLICY_KIND, metadata, spec };
}
