// Runs one probe of the governed server on loopback, as the kubelet would have: with its headers, scheme and
// timeout. What the server answers is read no further than its verdict.

import { request as requestHttp } from 'node:http';
import { connect as connectHttp2, constants } from 'node:http2';
import { request as requestHttps } from 'node:https';
import { connect } from 'node:net';
import type { AppProbe } from './app-probe.ts';

/** Empty when the server is well. */
export type ProbeProblem = '' | 'refused' | 'timeout' | 'unhealthy';

const HOST = '127.0.0.1';
/** grpc.health.v1.HealthCheckResponse.SERVING, as field 1. */
const SERVING = 1;
const MAX_GRPC_BYTES = 1024;

/** Resolves within the probe's own timeout, never rejects. */
export async function runProbe(probe: AppProbe): Promise<ProbeProblem> {
  const stop = AbortSignal.timeout(probe.timeoutMillis);
  try {
    return (await check(probe, stop)) ? '' : 'unhealthy';
  } catch {
    return stop.aborted ? 'timeout' : 'refused';
  }
}

function check(probe: AppProbe, stop: AbortSignal): Promise<boolean> {
  switch (probe.kind) {
    case 'http':
      return checkHttp(probe, stop);
    case 'tcp':
      return checkTcp(probe.port, stop);
    case 'grpc':
      return checkGrpc(probe, stop);
  }
}

/** 200 to 399 is well, as for the kubelet, which looks at no certificate either. */
function checkHttp(
  probe: Extract<AppProbe, { kind: 'http' }>,
  signal: AbortSignal,
): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const { port, path, scheme } = probe;
  const headers = Object.fromEntries([['user-agent', 'gatehouse-probe'], ...probe.headers]);
  const place = { host: HOST, port, path, headers, signal, agent: false } as const;
  const asked =
    scheme === 'https' ? requestHttps({ ...place, rejectUnauthorized: false }) : requestHttp(place);
  asked.once('error', reject);
  asked.once('response', (response) => {
    const { statusCode = 0 } = response;
    response.on('error', () => {}).destroy();
    resolve(statusCode >= 200 && statusCode < 400);
  });
  asked.end();
  return promise;
}

function checkTcp(port: number, signal: AbortSignal): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const socket = connect({ host: HOST, port, signal });
  socket.once('error', reject);
  socket.once('connect', () => {
    socket.destroy();
    resolve(true);
  });
  return promise;
}

/** The health checking protocol of gRPC: one unary call of Check over plain HTTP/2. */
async function checkGrpc(
  { port, service }: Extract<AppProbe, { kind: 'grpc' }>,
  signal: AbortSignal,
): Promise<boolean> {
  const session = connectHttp2(`http://${HOST}:${port}`);
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  session.once('error', reject);
  signal.addEventListener('abort', () => reject(new Error('timeout')), { once: true });
  const call = session.request({
    [constants.HTTP2_HEADER_METHOD]: 'POST',
    [constants.HTTP2_HEADER_PATH]: '/grpc.health.v1.Health/Check',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  const chunks: Buffer[] = [];
  let size = 0;
  let status = '';
  call.once('error', reject);
  call.on('trailers', (trailers) => {
    status = String(trailers['grpc-status'] ?? '');
  });
  call.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > MAX_GRPC_BYTES) call.destroy(new Error('too large'));
    else chunks.push(chunk);
  });
  call.once('end', () => resolve(status === '0' && isServing(Buffer.concat(chunks))));
  call.end(healthRequest(service));
  try {
    return await promise;
  } finally {
    session.destroy();
  }
}

/** A length-prefixed message with the service as field 1. */
function healthRequest(service: string): Buffer {
  const name = Buffer.from(service.slice(0, 120), 'utf8').subarray(0, 120);
  const message =
    name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, name.length]), name]);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** Field 1, a varint; other fields may follow. */
function isServing(frame: Buffer): boolean {
  return frame[0] === 0 && frame[5] === 0x08 && frame[6] === SERVING;
}
