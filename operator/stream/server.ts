// What sidecars reach over TLS: their policy as it changes, where they say what they made of it, and where their
// lane is certified. Whoever has no token of an injected pod hears nothing.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { isWorkloadKey } from '#core/workloads/workload-key.ts';
import type { KubeClient } from '../kube/client.ts';
import { PATHS } from '../kube/paths.ts';
import type { Ack } from '../reconcile/acks.ts';
import { type PodItem, readPodItem } from '../world/objects.ts';
import { RefusedRequest, readBody, refused, sendRefusal } from './answer.ts';
import type { Caller, CallerReview } from './caller.ts';
import { certifyLane, type LaneParts } from './certify-lane.ts';
import type { PolicyStreams } from './policy-streams.ts';
import { type AckParts, takeAck } from './take-ack.ts';

export interface StreamServerOptions {
  readonly host: string;
  /** 0 asks the system for a free port. */
  readonly port: number;
  readonly tls: { readonly cert: string; readonly key: string };
  readonly client: KubeClient;
  readonly review: CallerReview;
  readonly streams: PolicyStreams;
  readonly acks: AckParts;
  readonly lanes: LaneParts;
  /** From the local copy; what it does not have yet is read. */
  readonly findPod: (key: string) => PodItem | undefined;
  readonly onAck: (ack: Ack) => void;
  readonly onLane: (caller: Caller, refusal: RefusedRequest | undefined) => void;
  readonly onFault: (error: unknown) => void;
}

export interface StreamServer {
  readonly port: number;
  /** For the next connections. */
  setCertificate(tls: StreamServerOptions['tls']): void;
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 12_000;
const MAX_HEADER_BYTES = 20_000;
const REQUEST_MS = 15_000;
const KEEP_ALIVE_MS = 90_000;

export async function startStreamServer(options: StreamServerOptions): Promise<StreamServer> {
  const server = createServer({
    ...options.tls,
    minVersion: 'TLSv1.3',
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: REQUEST_MS,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('request', (request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      if (error instanceof RefusedRequest) {
        sendRefusal(response, error.refusal);
        return;
      }
      options.onFault(error);
      const message = 'the cluster could not be asked; try again';
      sendRefusal(response, { status: 503, code: 'unavailable', message });
    });
  });
  await listen(server, options);
  return {
    port: (server.address() as AddressInfo).port,
    setCertificate: (tls) => server.setSecureContext({ ...tls, minVersion: 'TLSv1.3' }),
    close: async () => {
      options.streams.close();
      server.closeIdleConnections();
      await new Promise((resolve) => {
        server.close(resolve);
        setTimeout(() => server.closeAllConnections(), 1000).unref();
      });
    },
  };
}

async function answer(
  options: StreamServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const route = `${request.method} ${(request.url ?? '').split('?', 1)[0]}`;
  if (!ROUTES.has(route)) throw refused(404, 'unknown', 'there is nothing here');
  const caller = await options.review.read(request.headers.authorization);
  if (caller === undefined) {
    throw refused(401, 'token', 'a token of an injected pod for gatehouse.dev/operator is needed');
  }
  const workloadKey = await keyOf(options, caller);
  switch (route) {
    case 'GET /v1/policy':
      options.streams.open(caller, workloadKey, response);
      return;
    case 'POST /v1/acks': {
      const body = await readBody(request);
      options.onAck(await takeAck(options.acks, caller, workloadKey, body));
      response.writeHead(204).end();
      return;
    }
    default:
      await answerLane(options, caller, request, response);
  }
}

const ROUTES: ReadonlySet<string> = new Set(['GET /v1/policy', 'POST /v1/acks', 'POST /v1/lanes']);

async function answerLane(
  { lanes, onLane }: StreamServerOptions,
  caller: Caller,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const lane = await certifyLane(lanes, caller, await readBody(request));
    onLane(caller, undefined);
    response.writeHead(201, { 'content-type': 'application/json' });
    response.end(JSON.stringify(lane));
  } catch (error) {
    // What may be had in a moment was not refused.
    if (error instanceof RefusedRequest && error.refusal.status < 500) onLane(caller, error);
    throw error;
  }
}

/** The key that injection wrote on the pod; rejects when it is not the pod of the token, or not injected. */
async function keyOf({ client, findPod }: StreamServerOptions, caller: Caller): Promise<string> {
  const { namespace, pod, podUid } = caller;
  const seen = findPod(`${namespace}/${pod}`);
  const current =
    seen?.uid === podUid && seen.workloadKey !== undefined
      ? seen
      : readPodItem(await client.find(PATHS.pod(namespace, pod)));
  if (current?.uid !== podUid) throw refused(403, 'pod_gone', 'the pod of this token is gone');
  const { workloadKey } = current;
  if (workloadKey === undefined || !isWorkloadKey(workloadKey)) {
    throw refused(403, 'not_injected', 'the pod was not injected');
  }
  return workloadKey;
}

function listen(server: Server, { host, port }: StreamServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
