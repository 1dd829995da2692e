// Silence past 300 s, where HTTP libraries give up by default: a GET stream on which nothing happens,
// and a call whose answer takes that long, both through Gatehouse. Run in the background by `make ci`.

import { request as httpRequest, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { openPath } from '#e2e/conformance/through-gatehouse.ts';
import { start as startLegacy } from '#e2e/servers/legacy-fixture.ts';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';

/** Over 300 by more than any timer is late. SOAK_SECONDS shortens it to try the script itself. */
const SILENCE_SECONDS = Number(process.env.SOAK_SECONDS ?? 310);
const EVENT_DEADLINE_MS = 5000;
const MARK = 'after the silence';
const ME = { name: 'gatehouse-soak', version: '1.0.0' };

const REVISION = '2026-07-28';
const MODERN_HEADERS = {
  'mcp-protocol-version': REVISION,
  'mcp-method': 'tools/call',
  'mcp-name': 'slow',
};

const results = await Promise.allSettled([soakStream(), soakCall()]);
for (const result of results) {
  const line = result.status === 'fulfilled' ? `✓ ${result.value}` : `✗ ${result.reason}`;
  process.stdout.write(`${line}\n`);
}
process.exit(results.every(({ status }) => status === 'fulfilled') ? 0 : 1);

/** The server sends nothing at all on the stream, not even comments, until it is told to. */
async function soakStream(): Promise<string> {
  const fixture = await startLegacy({ keepAliveMs: 0 });
  const path = await openPath(fixture.url);
  try {
    const session = await openSession(path.url);
    const stream = await send(path.url, 'GET', session);
    if (stream.statusCode !== 200) throw new Error(`GET was answered ${stream.statusCode}`);
    const heard = listen(stream);
    await delay(SILENCE_SECONDS * 1000);
    if (heard.ended) throw new Error('the GET stream did not survive the silence');
    await emit(fixture.url);
    await until(() => heard.text.includes(MARK), 'no event came on the GET stream');
    return `a GET stream silent for ${SILENCE_SECONDS} s delivered an event`;
  } finally {
    await path.close();
    await fixture.close();
  }
}

/** Answered as JSON, so that not even a response header travels before the end. */
async function soakCall(): Promise<string> {
  const fixture = await startModern();
  const path = await openPath(fixture.url);
  try {
    const answer = await send(path.url, 'POST', MODERN_HEADERS, slowCall(SILENCE_SECONDS * 1000));
    const heard = listen(answer);
    await until(() => heard.ended, 'the answer did not end');
    if (answer.statusCode !== 200) throw new Error(`the call was answered ${answer.statusCode}`);
    if (!heard.text.includes('Waited')) throw new Error('the call has no result');
    return `a call that took ${SILENCE_SECONDS} s was answered`;
  } finally {
    await path.close();
    await fixture.close();
  }
}

function slowCall(ms: number): unknown {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': REVISION,
    'io.modelcontextprotocol/clientCapabilities': {},
    'io.modelcontextprotocol/clientInfo': ME,
  };
  const params = { name: 'slow', arguments: { ms }, _meta };
  return { jsonrpc: '2.0', id: 1, method: 'tools/call', params };
}

/** Headers that carry the session on later requests. */
async function openSession(url: string): Promise<Record<string, string>> {
  const protocolVersion = '2025-11-25';
  const initialize = await send(
    url,
    'POST',
    {},
    {
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: { protocolVersion, capabilities: {}, clientInfo: ME },
    },
  );
  initialize.resume();
  const session = z.string().parse(initialize.headers['mcp-session-id']);
  const headers = { 'mcp-session-id': session, 'mcp-protocol-version': protocolVersion };
  const initialized = { jsonrpc: '2.0', method: 'notifications/initialized' };
  (await send(url, 'POST', headers, initialized)).resume();
  return headers;
}

/** By node:http, which has no timeout of its own; fetch gives up on a silent body after 300 s. */
function send(
  url: string,
  method: 'GET' | 'POST',
  headers: Record<string, string>,
  body?: unknown,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const accept = method === 'GET' ? 'text/event-stream' : 'application/json, text/event-stream';
    const options = { method, headers: { accept, 'content-type': 'application/json', ...headers } };
    const outgoing = httpRequest(url, options, resolve).on('error', reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function listen(stream: IncomingMessage): { text: string; ended: boolean } {
  const heard = { text: '', ended: false };
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    heard.text += chunk;
  });
  stream.on('close', () => {
    heard.ended = true;
  });
  stream.on('error', () => undefined);
  return heard;
}

async function emit(url: string): Promise<void> {
  const params = { level: 'info', data: MARK };
  const body = JSON.stringify({ method: 'notifications/message', params });
  const response = await fetch(new URL('/__event', url), { method: 'POST', body });
  if (!response.ok) throw new Error(`the side door answered ${response.status}`);
}

async function until(holds: () => boolean, otherwise: string): Promise<void> {
  const deadline = performance.now() + EVENT_DEADLINE_MS;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(otherwise);
    await delay(20);
  }
}
