// The HTTP front: node:http with every default that would cut a long MCP stream taken back, and every
// bound that a peer could press against set. It hands each request to the journey.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Refusal } from '#core/refusal.ts';
import type { Logger } from '#platform/process/log.ts';
import { type Head, refuseHost } from './admit-head.ts';
import { type ClientReply, HttpReply } from './client-reply.ts';
import type { Listening } from './doors.ts';
import type { Gate } from './gate.ts';
import type { WellKnown } from './metadata.ts';
import type { Peers } from './peers.ts';
import { journey } from './pipeline.ts';
import { corsHeaders } from './preflight.ts';
import { relayToOwner } from './relay-to-owner.ts';
import { SettingsFault } from './settings.ts';
import { followTlsFiles, MIN_VERSION, readTlsFiles, type TlsFiles } from './tls-files.ts';
import { turnAway } from './turn-away.ts';

/** A head longer than this is refused by the parser; sealed ids and tokens fit many times over. */
const MAX_HEADER_BYTES = 64 * 1024;
/** A client that takes longer to send its head or its body holds a socket for nothing. */
const HEAD_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;
/** How often the two are looked at; the default would let a slow head live four times as long. */
const TIMEOUT_CHECK_MS = 1_000;
/** Longer than common load balancers keep a connection, so that they close first. */
const KEEP_ALIVE_MS = 75_000;
const MAX_CONNECTIONS = 20_000;
/** Who still sends to a gateway that leaves has not heard of it: calls that come this close are waited for. */
const QUIET_MS = 2_000;

export interface Gateway {
  readonly address: AddressInfo;
  /** Resolves when no call is under way and none has come for a while, at the latest when `deadline` is aborted. */
  idle(deadline: AbortSignal): Promise<void>;
  /** Takes no more calls, lets those in flight finish until `deadline`, then cuts what is left. */
  drain(deadline: AbortSignal): Promise<void>;
}

/** A server that listens but does not answer yet: public URLs may depend on the port it got. */
export interface Bound {
  readonly address: AddressInfo;
  open(gate: Gate, wellKnown: WellKnown, peers?: Peers): Gateway;
  close(): void;
}

export async function bindGateway(
  { host, port }: Listening,
  tls: TlsFiles | undefined,
  log: Logger,
): Promise<Bound> {
  const pair = tls && (await readTlsFiles(tls));
  const options = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEAD_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    noDelay: true,
  };
  const secure = pair && createSecureServer({ ...options, ...pair, minVersion: MIN_VERSION });
  const unfollow = tls && pair && secure ? followTlsFiles(secure, tls, pair, log) : () => {};
  const server = secure ?? createServer(options);
  server.once('close', unfollow);
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    const refuse = (cause: Error): void => reject(listenFault(cause, host, port));
    server.once('error', refuse);
    server.listen(port, host, () => {
      server.off('error', refuse);
      resolve();
    });
  });
  const address = server.address() as AddressInfo;
  return {
    address,
    open: (gate, wellKnown, peers) => openGateway(server, new Front(gate, wellKnown, peers)),
    close: () => server.close(),
  };
}

function listenFault(cause: NodeJS.ErrnoException, host: string, port: number): SettingsFault {
  const why = cause.code === 'EADDRINUSE' ? 'something listens there already' : cause.code;
  return new SettingsFault(
    `--listen: cannot listen on ${host}:${port}: ${why}; choose another address`,
    { cause },
  );
}

function openGateway(server: Server | SecureServer, front: Front): Gateway {
  const { gate, peers } = front;
  server.on('request', (request, response) => front.take(request, response));
  peers?.door.open((request, response, address) => front.take(request, response, address));
  return {
    address: server.address() as AddressInfo,
    idle: (deadline) => front.idle(deadline),
    async drain(deadline) {
      const settled = front.drain(deadline);
      server.close();
      server.closeIdleConnections();
      peers?.door.drain();
      await settled;
      server.closeAllConnections();
      peers?.door.close();
      peers?.tunnels.close();
      gate.questions.endAll({ status: 'cancelled', reason: 'the gateway is stopping' });
      await gate.refusals.flush();
    },
  };
}

class Front {
  /** Set once the gateway takes no more calls. */
  #deadline: AbortSignal | undefined;
  readonly gate: Gate;
  readonly peers: Peers | undefined;
  readonly #wellKnown: WellKnown;
  readonly #underWay = new Set<Promise<void>>();
  #taken = 0;

  constructor(gate: Gate, wellKnown: WellKnown, peers?: Peers) {
    this.gate = gate;
    this.peers = peers;
    this.#wellKnown = wellKnown;
  }

  /** `relayedFor`: the client's address, when another replica brings its request. */
  take(request: IncomingMessage, response: ServerResponse, relayedFor?: string): void {
    const call = this.#answer(request, response, relayedFor)
      .catch((error: unknown) => {
        // A fault is ours: the peer hears nothing of it, and nothing of the answer leaves half-done.
        this.gate.log.error('a call failed in the gateway', { error: asError(error) });
        if (response.headersSent) response.destroy();
        else response.writeHead(500, { connection: 'close' }).end();
      })
      .then(() => this.#sent(response, request.socket));
    this.#taken += 1;
    this.#underWay.add(call);
    void call.finally(() => this.#underWay.delete(call));
  }

  /** Resolves when every call is over; streams are ended at once, calls at the deadline. */
  async drain(deadline: AbortSignal): Promise<void> {
    this.#deadline = deadline;
    const { gate } = this;
    gate.drain.abort();
    const cut = (): void => {
      for (const exchange of gate.exchanges.inFlight) {
        exchange.cut('cancelled', 'the gateway is stopping');
      }
      gate.cut.abort();
    };
    if (deadline.aborted) cut();
    deadline.addEventListener('abort', cut, { once: true });
    while (this.#underWay.size > 0) await Promise.allSettled([...this.#underWay]);
    await gate.ownTasks.settled();
    deadline.removeEventListener('abort', cut);
  }

  async idle(deadline: AbortSignal): Promise<void> {
    const { promise: cut, resolve } = Promise.withResolvers<void>();
    if (deadline.aborted) resolve();
    deadline.addEventListener('abort', () => resolve(), { once: true });
    let taken = -1;
    while (!deadline.aborted && (this.#underWay.size > 0 || this.#taken !== taken)) {
      taken = this.#taken;
      await Promise.race([cut, Promise.allSettled([...this.#underWay])]);
      await delay(QUIET_MS, undefined, { signal: deadline }).catch(() => {});
    }
  }

  /** While draining, a call is over when its answer has left: connections are cut after the last one. */
  #sent(response: ServerResponse, socket: Socket): Promise<void> | undefined {
    const deadline = this.#deadline;
    if (deadline === undefined || response.writableFinished || socket.destroyed) return undefined;
    if (deadline.aborted) return undefined;
    return new Promise((resolve) => {
      const done = (): void => resolve();
      response.once('close', done);
      // An answer that waits for an earlier one on its connection hears nothing of the connection.
      socket.once('close', done);
      deadline.addEventListener('abort', done, { once: true });
    });
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    relayedFor?: string,
  ): Promise<void> {
    const { gate, peers } = this;
    const head = headOf(request, relayedFor);
    const client = new HttpReply(response, corsHeaders(head, gate.activation.current.doors));
    if (gate.departure.leaving.aborted) response.setHeader('connection', 'close');
    if (this.#deadline !== undefined) {
      const refusal = { code: 'draining', reason: 'shutting down', retryAfterSeconds: 1 } as const;
      response.setHeader('connection', 'close');
      return turnAway({ head, refusal }, client, gate);
    }
    // What was relayed is answered here, whoever owns its session: it never goes round.
    if (relayedFor !== undefined) return this.#travel(request, head, client);
    const published = this.#wellKnown(head);
    if (published !== undefined) {
      const refusal = refuseHost(head, gate.activation.current.doors);
      return refusal === undefined
        ? client.send(published)
        : turnAway({ head, refusal }, client, gate);
    }
    const arriving = { head, request, response, client };
    if (peers !== undefined && (await relayToOwner(arriving, gate, peers.tunnels))) return;
    return this.#travel(request, head, client);
  }

  #travel(request: IncomingMessage, head: Head, client: ClientReply): Promise<void> {
    return journey({ head, client, body: (maxBytes) => readBody(request, maxBytes) }, this.gate);
  }
}

function headOf(request: IncomingMessage, relayedFor: string | undefined): Head {
  return {
    method: request.method ?? '',
    target: request.url ?? '',
    headers: request.headersDistinct,
    address: relayedFor ?? request.socket.remoteAddress ?? '',
  };
}

/** The whole body, or the refusal of one that is too long; what comes after the limit is not kept. */
function readBody(request: IncomingMessage, maxBodyBytes: number): Promise<Uint8Array | Refusal> {
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise((resolve) => {
    request.on('data', (chunk: Buffer) => {
      size += chunk.byteLength;
      if (size <= maxBodyBytes) {
        chunks.push(chunk);
        return;
      }
      // The rest is read and forgotten, so that the answer is not lost in a reset connection.
      chunks.length = 0;
      resolve({
        code: 'body_too_large',
        reason: `the body may have ${maxBodyBytes} bytes (spec.limits.maxBodyBytes)`,
      });
    });
    request.once('end', () => {
      const [only] = chunks;
      resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks));
    });
    request.once('close', () => resolve({ code: 'json_invalid', reason: 'the body ended early' }));
    request.on('error', () => {});
  });
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('not an Error was thrown');
}
