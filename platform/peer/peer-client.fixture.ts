// HTTP as bytes for tests of tunnels: plain to a replica, and TLS to the door where only replicas are heard.

import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { request as dialHttps } from 'node:https';
import type { PeerCredentials } from './peer-credentials.ts';
import type { PeerDoor } from './peer-door.ts';

export const HOST = '127.0.0.1';
export const PATH = '/mcp';
export const SESSION = ['Host', 'mcp.example', 'Mcp-Session-Id', 's'];

export interface Sent {
  readonly method?: string;
  readonly headers: readonly string[];
  readonly body?: Uint8Array;
}

export async function open(url: string, { method = 'POST', headers, body }: Sent) {
  const framed = headers.some((name) => /^(content-length|transfer-encoding)$/i.test(name));
  const length = framed || method === 'GET' ? [] : ['Content-Length', String(body?.length ?? 0)];
  const outgoing = request(url, { method, headers: [...headers, ...length], setHost: false });
  outgoing.end(body);
  const [answer]: IncomingMessage[] = await once(outgoing, 'response');
  if (answer === undefined) throw new Error('no answer');
  return answer;
}

export async function send(url: string, sent: Sent) {
  const answer = await open(url, sent);
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: await bodyOf(answer),
  };
}

export async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Status, or that no HTTP was spoken. */
export async function dial(
  { address }: PeerDoor,
  shown: Partial<PeerCredentials> | undefined,
  headers: readonly string[],
): Promise<number | 'refused' | undefined> {
  const { key: privateKey, cert } = shown ?? {};
  const outgoing = dialHttps({
    host: HOST,
    port: address.port,
    path: PATH,
    headers: [...headers],
    setHost: false,
    agent: false,
    rejectUnauthorized: false,
    ...(privateKey === undefined || cert === undefined ? {} : { key: privateKey, cert }),
  });
  outgoing.end();
  try {
    const [answer]: IncomingMessage[] = await once(outgoing, 'response');
    answer?.resume();
    return answer?.statusCode;
  } catch {
    return 'refused';
  }
}

export async function eventually(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}
