// A stream of server-sent events as a client reads it: each event the moment its blank line is in.

import type { IncomingMessage } from 'node:http';
import { until } from './until.ts';
import { open, type Rpc, type Sent } from './wire.ts';

export interface StreamEvent {
  readonly id?: string;
  readonly data: string;
  /** The event without its closing blank line. */
  readonly raw: string;
}

export class EventStream {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** Everything so far that is no comment. */
  readonly events: StreamEvent[] = [];
  readonly #response: IncomingMessage;
  #text = '';
  #isOver = false;

  constructor(response: IncomingMessage) {
    this.#response = response;
    this.status = response.statusCode ?? 0;
    this.headers = response.headers;
    response.setEncoding('utf8');
    response.on('data', (text: string) => this.#read(text));
    response.once('close', () => {
      this.#isOver = true;
    });
    response.on('error', () => {});
  }

  /** The server has ended it, in good order or not. */
  get isOver(): boolean {
    return this.#isOver;
  }

  get messages(): readonly Rpc[] {
    return this.events.filter(({ data }) => data !== '').map(({ data }) => JSON.parse(data));
  }

  /** The first message so far, or to come, that `fits`. */
  message(what: string, fits: (message: Rpc) => boolean): Promise<Rpc> {
    return until(what, () => this.messages.find(fits));
  }

  /** What this stream said in answer to the request with this id. */
  answer(id: string | number): Promise<Rpc> {
    return this.message(
      `an answer to ${id}`,
      (each) => each.id === id && each.method === undefined,
    );
  }

  async end(): Promise<void> {
    await until('the end of the stream', () => this.#isOver);
  }

  /** Hangs up, without a word. */
  close(): void {
    this.#response.destroy();
  }

  #read(text: string): void {
    this.#text += text;
    const blocks = this.#text.split('\n\n');
    this.#text = blocks.pop() ?? '';
    for (const raw of blocks) {
      const event = eventOf(raw);
      if (event !== undefined) this.events.push(event);
    }
  }
}

export async function openEvents(url: string, sent: Sent): Promise<EventStream> {
  return new EventStream(await open(url, sent));
}

/** Undefined for a block of comments. */
function eventOf(raw: string): StreamEvent | undefined {
  const fields = new Map<string, string>();
  for (const line of raw.split('\n')) {
    const [name = '', ...rest] = line.split(':');
    if (name !== '') fields.set(name, rest.join(':').trimStart());
  }
  if (fields.size === 0) return undefined;
  const id = fields.get('id');
  return { raw, data: fields.get('data') ?? '', ...(id === undefined ? {} : { id }) };
}
