// A session of the legacy era, spoken by hand: the handshake, then whatever the test wants to say in it.

import { EventStream } from './event-stream.ts';
import {
  type Answer,
  jsonHeaders,
  LEGACY,
  messageOf,
  open,
  type Rpc,
  type Sent,
  send,
} from './wire.ts';

export interface LegacyMessage {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: object;
  readonly result?: object;
  readonly error?: object;
}

const CLIENT_INFO = { name: 'journey', version: '1.0.0' };

export class LegacySession {
  readonly url: string;
  readonly token: string;
  /** As this client got it: sealed, when a gateway is in between. */
  readonly id: string;
  readonly revision: string;
  /** What the server said of itself. */
  readonly handshake: Rpc;

  constructor(
    url: string,
    token: string,
    opened: { id: string; revision: string; handshake: Rpc },
  ) {
    this.url = url;
    this.token = token;
    this.id = opened.id;
    this.revision = opened.revision;
    this.handshake = opened.handshake;
  }

  static async open(
    url: string,
    token: string,
    capabilities: object = {},
    revision: string = LEGACY,
  ): Promise<LegacySession> {
    const params = { protocolVersion: revision, capabilities, clientInfo: CLIENT_INFO };
    const answer = await send(url, {
      headers: jsonHeaders(token),
      body: JSON.stringify({ jsonrpc: '2.0', id: 'init', method: 'initialize', params }),
    });
    const id = answer.headers['mcp-session-id'];
    if (typeof id !== 'string') throw new Error(`no session: ${answer.status} ${answer.text}`);
    const session = new LegacySession(url, token, { id, revision, handshake: messageOf(answer) });
    await session.post({ method: 'notifications/initialized' });
    return session;
  }

  headers(token = this.token): Sent['headers'] {
    return jsonHeaders(token, ['mcp-session-id', this.id], ['mcp-protocol-version', this.revision]);
  }

  /** POSTs one message and reads the whole answer. */
  post(message: LegacyMessage, token = this.token): Promise<Answer> {
    return send(this.url, this.#sent(message, token));
  }

  /** POSTs one request and reads its answer as it comes. */
  async stream(message: LegacyMessage): Promise<EventStream> {
    return new EventStream(await open(this.url, this.#sent(message, this.token)));
  }

  /** The GET stream; with an event id, the one that broke after it. */
  async listen(lastEventId?: string): Promise<EventStream> {
    const resume = lastEventId === undefined ? [] : [['last-event-id', lastEventId] as const];
    const headers = [...this.headers(), ...resume];
    return new EventStream(await open(this.url, { method: 'GET', headers }));
  }

  /** DELETE. */
  end(): Promise<Answer> {
    return send(this.url, { method: 'DELETE', headers: this.headers() });
  }

  #sent(message: LegacyMessage, token: string): Sent {
    return { headers: this.headers(token), body: JSON.stringify({ jsonrpc: '2.0', ...message }) };
  }
}

export function toolCall(id: string | number, name: string, args: object = {}): LegacyMessage {
  return { id, method: 'tools/call', params: { name, arguments: args } };
}
