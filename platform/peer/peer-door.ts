// The port where other replicas bring requests of sessions and tasks that this process owns: TLS with proof of the
// sealing key on both sides, and nothing but such requests.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, isIP } from 'node:net';
import type { PeerCredentials } from './peer-credentials.ts';
import { CLIENT_ADDRESS_HEADER } from './tunnels.ts';

/** The other side brings a head that was within this already, and two headers more. */
const MAX_HEADER_BYTES = 68 * 1024;
const HANDSHAKE_TIMEOUT_MS = 5_000;
const HEAD_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;
const TIMEOUT_CHECK_MS = 1_000;
/** Longer than replicas keep a connection that idles. */
const KEEP_ALIVE_MS = 75_000;
const MAX_CONNECTIONS = 20_000;

export type TakeRelayed = (
  request: IncomingMessage,
  response: ServerResponse,
  clientAddress: string,
) => void;

export interface PeerDoor {
  readonly address: AddressInfo;
  /** Until then whoever comes is told to come later. */
  open(take: TakeRelayed): void;
  /** Takes no more; those under way go on. */
  drain(): void;
  close(): void;
}

/** Rejects with what `listen` says. */
export async function bindPeerDoor(
  { host, port }: { readonly host: string; readonly port: number },
  credentials: readonly PeerCredentials[],
): Promise<PeerDoor> {
  const server = createServer({
    key: credentials[0]?.key,
    cert: credentials[0]?.cert,
    ca: credentials.map(({ ca }) => ca),
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.3',
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEAD_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    noDelay: true,
  });
  server.maxConnections = MAX_CONNECTIONS;
  // A stranger, or one who leaves during the handshake: its connection is closed already.
  server.on('tlsClientError', () => {});
  await listening(server, host, port);
  let take: TakeRelayed | undefined;
  server.on('request', (request, response) => {
    const clientAddress = relayedFor(request);
    if (take !== undefined && clientAddress !== undefined) take(request, response, clientAddress);
    else response.writeHead(take === undefined ? 503 : 400, { connection: 'close' }).end();
  });
  return {
    address: server.address() as AddressInfo,
    open: (taker) => {
      take = taker;
    },
    drain: () => {
      server.close();
      server.closeIdleConnections();
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** The client's address, of a request that is relayed: one that names a session or a task, and whose it is. */
function relayedFor({ headersDistinct }: IncomingMessage): string | undefined {
  const [address = '', ...more] = headersDistinct[CLIENT_ADDRESS_HEADER] ?? [];
  if (isIP(address) === 0 || more.length > 0) return undefined;
  const names = headersDistinct['mcp-session-id'] ?? headersDistinct['mcp-name'];
  return names === undefined ? undefined : address;
}
