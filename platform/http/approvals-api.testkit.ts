// The approvals API on a real socket, over a desk in memory. A token is the name of its bearer.

import { createServer, type OutgoingHttpHeaders, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { AUDIENCE, MCP } from '#core/approvals/approvals.testkit.ts';
import { caller, DeskBench } from '#core/approvals/desk.testkit.ts';
import type { TokenVerifier } from '#core/identity/token-verifier.ts';
import type { Answered } from './api-contract.testkit.ts';
import { type ApprovalsGate, approvalsApi, type Unproven } from './approvals-api.ts';

/** Of finance: bob, carol. On call: olga. Of nobody: zoe. Not yet signed in well enough: stale, agent. */
const PEOPLE: ReadonlyMap<string, ReturnType<typeof caller>> = new Map([
  ['alice', caller('alice')],
  ['bob', caller('bob')],
  ['carol', caller('carol')],
  ['zoe', caller('zoe', { groups: ['sales'] })],
  ['olga', caller('olga', { groups: ['oncall'] })],
  ['stale', caller('dan', { claims: { aud: AUDIENCE, auth_time: 1 } })],
  ['agent', caller('eve', { claims: { aud: MCP } })],
]);

const verifier: TokenVerifier = {
  verify: async (token) => {
    if (token === 'cold') return { ok: false, code: 'issuer_unavailable', reason: 'iss: no keys' };
    const person = PEOPLE.get(token);
    return person === undefined
      ? { ok: false, code: 'token_invalid', reason: 'signature: does not match' }
      : { ok: true, principal: person.principal };
  },
};

export interface Sent {
  readonly method?: string;
  readonly token?: string;
  readonly headers?: OutgoingHttpHeaders;
  /** An object is sent as JSON. */
  readonly body?: object | string;
}

export class ApiBench {
  readonly bench = new DeskBench();
  readonly unproven: Unproven[] = [];
  readonly faults: unknown[] = [];
  isOff = false;
  tooSoonSeconds: number | undefined;
  port = 0;
  readonly #server = createServer();

  async start(): Promise<void> {
    const gate: ApprovalsGate = { verifier, rules: { audience: AUDIENCE, mcpAudiences: [MCP] } };
    const api = approvalsApi({
      desk: this.bench.desk,
      gate: () => (this.isOff ? undefined : gate),
      hosts: ['gatehouse.internal'],
      allowPlainHttp: false,
      onUnproven: async (unproven) => void this.unproven.push(unproven),
      tooSoon: () => this.tooSoonSeconds,
      onFault: (error) => void this.faults.push(error),
    });
    this.#server.on('request', (request, response) => void api(request, response));
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.port = (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** Not fetch: it would not send a Host of our choosing. */
  async send(path: string, sent: Sent = {}): Promise<Answered> {
    const { token, body, method = body === undefined ? 'GET' : 'POST' } = sent;
    const content = typeof body === 'object' ? JSON.stringify(body) : body;
    const headers = {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(content === undefined ? {} : { 'content-type': 'application/json' }),
      ...sent.headers,
    };
    const request = send({ port: this.port, path, method, headers });
    request.end(content);
    const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
      request.on('response', resolve).on('error', reject);
    });
    const answer = await text(response);
    return {
      method,
      path,
      status: response.statusCode ?? 0,
      headers: new Headers(response.headers as Record<string, string>),
      body: JSON.parse(answer),
    };
  }
}
