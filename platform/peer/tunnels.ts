// Carries a request, untouched, to the replica that owns its session, and the answer back, both as they
// come. Until the owner has said 100 Continue nothing of the body has left, and the caller may still answer.

import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { Agent, request as dialHttps } from 'node:https';
import { pipeline } from 'node:stream/promises';
import type { PeerCertificate } from 'node:tls';
import type { PeerCredentials } from './peer-credentials.ts';

/** Carries the client's address; whatever a client calls by this name stays here. */
export const CLIENT_ADDRESS_HEADER = 'gatehouse-client-address';

export interface Owner {
  readonly host: string;
  readonly port: number;
  /** What its certificate must say: another process at the same address is not it. */
  readonly name: string;
  /** Which of the credentials it trusts, by the place of its sealing key. */
  readonly key: number;
}

export interface Carried {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly clientAddress: string;
  /** Cuts it. */
  readonly signal: AbortSignal;
}

/**
 * `answered`: by the owner, or the client has left. `unreached`: nothing was sent, the owner is gone.
 * `lost`: the owner went away after the request did, and what it has done is unknown.
 */
export type Passage = 'answered' | 'unreached' | 'lost';

/** An owner that takes longer to say that it is there is gone. */
const REACH_MS = 5_000;
/** Shorter than the owner keeps an idle connection, so that this side closes first. */
const IDLE_MS = 15_000;
const MAX_IDLE_PER_OWNER = 32;
const MAX_HEADER_BYTES = 64 * 1024;
/** Of one connection, which this side writes itself. */
const OF_THE_HOP: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding']);

export class Tunnels {
  readonly #agents: readonly Agent[];
  readonly #fresh: readonly Agent[];

  constructor(credentials: readonly PeerCredentials[]) {
    this.#agents = credentials.map((each) => new Agent({ ...IDLE, ...securedBy(each) }));
    this.#fresh = credentials.map((each) => new Agent({ ...securedBy(each) }));
  }

  async pass(carried: Carried, owner: Owner): Promise<Passage> {
    const { response } = carried;
    let reached = await reach(carried, owner, this.#agents[owner.key]);
    // The owner may have closed a connection just as it was taken from those that idled.
    if (reached.kind === 'stale') reached = await reach(carried, owner, this.#fresh[owner.key]);
    if (reached.kind !== 'reached') return response.destroyed ? 'answered' : 'unreached';
    return carry(carried, reached);
  }

  /** Connections that idle; tunnels that are open end with their requests. */
  close(): void {
    for (const agent of this.#agents) agent.destroy();
  }
}

const IDLE = {
  keepAlive: true,
  keepAliveMsecs: IDLE_MS,
  timeout: IDLE_MS,
  maxFreeSockets: MAX_IDLE_PER_OWNER,
} as const;

/** What is checked is the name of the process, in a certificate that only a holder of the key can make. */
function securedBy({ key, cert, ca }: PeerCredentials) {
  return {
    ...{ key, cert, ca },
    minVersion: 'TLSv1.3',
    checkServerIdentity: (name: string, { subject }: PeerCertificate) =>
      subject.CN === name ? undefined : new Error('another process than the owner'),
  } as const;
}

type Reached =
  | {
      readonly kind: 'reached';
      readonly outgoing: ClientRequest;
      /** The whole request was answered before its body was asked for. */
      readonly early?: IncomingMessage;
    }
  | { readonly kind: 'unreached' | 'stale' };

function reach(
  { request, response, clientAddress, signal }: Carried,
  { host, port, name }: Owner,
  agent: Agent | undefined,
): Promise<Reached> {
  if (agent === undefined || response.destroyed) return Promise.resolve({ kind: 'unreached' });
  const outgoing = dialHttps({
    host,
    port,
    agent,
    method: request.method,
    path: request.url,
    headers: headersFor(request, clientAddress),
    setHost: false,
    maxHeaderSize: MAX_HEADER_BYTES,
    servername: name,
    signal,
  });
  outgoing.setNoDelay(true);
  return new Promise((resolve) => {
    const leave = (): void => void outgoing.destroy();
    const late = setTimeout(leave, REACH_MS);
    const settle = (reached: Reached): void => {
      clearTimeout(late);
      response.off('close', leave);
      resolve(reached);
    };
    response.once('close', leave);
    outgoing.once('continue', () => settle({ kind: 'reached', outgoing }));
    outgoing.once('response', (early) => settle({ kind: 'reached', outgoing, early }));
    // It stays, since a request that failed may fail again.
    outgoing.on('error', () => settle({ kind: outgoing.reusedSocket ? 'stale' : 'unreached' }));
    outgoing.flushHeaders();
  });
}

/** As they came, and in their order; the client has heard 100 Continue from us already. */
function headersFor({ rawHeaders }: IncomingMessage, clientAddress: string): string[] {
  const ours = new Set([CLIENT_ADDRESS_HEADER, 'expect']);
  return [
    ...without(rawHeaders, ours),
    ...[CLIENT_ADDRESS_HEADER, clientAddress, 'expect', '100-continue'],
  ];
}

/** Of a flat list of names and values. */
function without(headers: readonly string[], names: ReadonlySet<string>): string[] {
  return headers.filter(
    (_, index) => !names.has((headers[index - (index % 2)] ?? '').toLowerCase()),
  );
}

async function carry(
  { request, response }: Carried,
  { outgoing, early }: Extract<Reached, { kind: 'reached' }>,
): Promise<Passage> {
  const leave = (): void => {
    // An answer that is whole leaves its connection to the next.
    if (!response.writableFinished) outgoing.destroy();
  };
  response.once('close', leave);
  try {
    const answer = early ?? (await answerTo(request, outgoing));
    if (answer === undefined) return response.destroyed ? 'answered' : 'lost';
    const { statusCode = 502, rawHeaders } = answer;
    response.writeHead(statusCode, without(rawHeaders, OF_THE_HOP));
    response.flushHeaders();
    // Whichever side ends early, the other one is cut.
    await pipeline(answer, response).catch(() => {});
    return 'answered';
  } finally {
    response.off('close', leave);
    // An answer that came before the whole request leaves nothing to go on with.
    if (!outgoing.writableEnded) outgoing.destroy();
  }
}

/** Undefined when the owner went away first. */
function answerTo(
  request: IncomingMessage,
  outgoing: ClientRequest,
): Promise<IncomingMessage | undefined> {
  return new Promise((resolve) => {
    outgoing.once('response', resolve);
    outgoing.once('close', () => resolve(undefined));
    // A client that leaves half-way closes its response too, and that ends the tunnel.
    request.pipe(outgoing);
  });
}
