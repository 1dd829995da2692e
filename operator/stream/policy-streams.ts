// Sidecars that follow their policy: each gets the document of its workload at once and every newer one as it
// appears. Only documents that we signed go out, whatever lies in the ConfigMap.

import type { ServerResponse } from 'node:http';
import { documentConfigMap } from '#core/workloads/workload-key.ts';
import type { PublishedDocuments } from '../reconcile/published.ts';
import type { DocumentItem } from '../world/objects.ts';
import { refused } from './answer.ts';
import type { Caller } from './caller.ts';

interface Stream {
  readonly caller: Caller;
  readonly response: ServerResponse;
  /** Of the ConfigMap it follows. */
  readonly documentKey: string;
  generation: number;
}

export interface PolicyStreamsOptions {
  readonly published: PublishedDocuments;
  readonly find: (documentKey: string) => DocumentItem | undefined;
  /** False once the pod is gone. */
  readonly isHere: (caller: Caller) => boolean;
  readonly random: () => number;
}

const COMMENT_MILLIS = 15_000;
/** A token is good for an hour; each stream proves itself anew before that. */
const LIFE_MILLIS = { least: 30 * 60_000, spread: 20 * 60_000 };
/** As many pods as a cluster may have, and of each one that comes back before its old one is missed. */
const MAX_STREAMS = 10_000;
const MAX_PER_POD = 2;

export class PolicyStreams {
  readonly #options: PolicyStreamsOptions;
  readonly #streams = new Set<Stream>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: PolicyStreamsOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#beat(), COMMENT_MILLIS).unref();
  }

  get size(): number {
    return this.#streams.size;
  }

  /** Throws RefusedRequest when there are too many. */
  open(caller: Caller, workloadKey: string, response: ServerResponse): void {
    if (this.#streams.size >= MAX_STREAMS) throw refused(503, 'busy', 'too many streams are open');
    const own = [...this.#streams].filter((stream) => stream.caller.podUid === caller.podUid);
    if (own.length >= MAX_PER_POD) own[0]?.response.destroy();
    const documentKey = `${caller.namespace}/${documentConfigMap(workloadKey)}`;
    const stream: Stream = { caller, response, documentKey, generation: 0 };
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.flushHeaders();
    this.#streams.add(stream);
    const { least, spread } = LIFE_MILLIS;
    const end = setTimeout(() => response.end(), least + this.#options.random() * spread).unref();
    response.once('close', () => {
      clearTimeout(end);
      this.#streams.delete(stream);
    });
    const item = this.#options.find(documentKey);
    if (item !== undefined) this.tell(item);
  }

  /** To all that follow it and do not have it. */
  tell(item: DocumentItem): void {
    const followers = [...this.#streams].filter(({ documentKey }) => documentKey === item.key);
    if (followers.length === 0) return;
    this.#options.published.read(item).then(
      (document) => {
        if (document === undefined) return;
        for (const stream of followers) this.#send(stream, document.generation, item.jws);
      },
      () => {},
    );
  }

  close(): void {
    clearInterval(this.#timer);
    for (const { response } of this.#streams) response.end();
  }

  #send(stream: Stream, generation: number, jws: string): void {
    if (generation <= stream.generation) return;
    stream.generation = generation;
    // Who does not read is cut off, and comes back for the newest.
    if (stream.response.writableNeedDrain) stream.response.destroy();
    else stream.response.write(`event: policy\ndata: ${jws}\n\n`);
  }

  #beat(): void {
    for (const { caller, response } of this.#streams) {
      if (response.writableNeedDrain || !this.#options.isHere(caller)) response.destroy();
      else response.write(':\n\n');
    }
  }
}
