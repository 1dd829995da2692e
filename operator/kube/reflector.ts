// A local copy of what the API server holds of one kind, kept up to date: list in pages, then watch from
// there, through bookmarks, gone versions, refusals and dropped connections. Handlers only hear keys.

import { setTimeout as delay } from 'node:timers/promises';
import { Backoff } from './backoff.ts';
import type { KubeClient, Query } from './client.ts';
import { isExpired, KubeFault } from './kube-fault.ts';
import { readWatchEvents } from './watch-events.ts';

export interface Keyed {
  /** `namespace/name`, or `name`. */
  readonly key: string;
}

export interface ReflectorOptions<Item extends Keyed> {
  readonly client: KubeClient;
  readonly path: string;
  readonly query?: Query;
  /** Metadata alone is asked for and kept; pods are large. */
  readonly metadataOnly?: boolean;
  /** What is kept of an object; undefined: nothing. */
  readonly read: (object: unknown) => Item | undefined;
  readonly onChange: (key: string, now: Item | undefined, before: Item | undefined) => void;
  readonly onFault?: (error: unknown) => void;
  readonly random: () => number;
  /** For tests. */
  readonly backoff?: { readonly leastMillis: number; readonly mostMillis: number };
}

const PAGE = 500;
const BACKOFF = { leastMillis: 800, mostMillis: 30_000 };
/** The server ends a watch after a while, each at its own time. */
const WATCH_SECONDS = { least: 290, spread: 300 };
/** Bookmarks come about once a minute; a connection that is silent past the end is dead. */
const GRACE_MILLIS = 10_000;
/** The shortest that the server ends by itself lasts minutes. */
const SHORT_MILLIS = 1000;
const PARTIAL = 'as=PartialObjectMetadata';

export class Reflector<Item extends Keyed> {
  readonly #options: ReflectorOptions<Item>;
  readonly #items = new Map<string, Item>();
  readonly #stop = new AbortController();
  readonly #backoff: Backoff;
  readonly #synced = Promise.withResolvers<void>();
  #version = '';
  #hasSynced = false;
  #restarts = 0;
  #running: Promise<void> | undefined;

  constructor(options: ReflectorOptions<Item>) {
    const { leastMillis, mostMillis } = options.backoff ?? BACKOFF;
    this.#options = options;
    this.#backoff = new Backoff(leastMillis, mostMillis, options.random);
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** How often a watch ended other than by its time. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Resolves when the first list is in. */
  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  get(key: string): Item | undefined {
    return this.#items.get(key);
  }

  items(): readonly Item[] {
    return [...this.#items.values()];
  }

  get size(): number {
    return this.#items.size;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        if (this.#version === '') await this.#list();
        await this.#watch();
      } catch (error) {
        if (signal.aborted) return;
        await this.#recover(error);
      }
    }
  }

  async #recover(error: unknown): Promise<void> {
    this.#restarts += 1;
    if (isExpired(error)) this.#version = '';
    else this.#options.onFault?.(error);
    await delay(this.#backoff.nextMillis(error), undefined, { signal: this.#stop.signal }).catch(
      () => {},
    );
  }

  /** Takes the place of all that was known: what is not there any more is gone. */
  async #list(): Promise<void> {
    const { client, path, query = {}, read } = this.#options;
    const found = new Map<string, Item>();
    let version = '';
    let next: string | undefined;
    do {
      const page = readPage(
        await client.list(
          path,
          { ...query, limit: String(PAGE), continue: next },
          this.#accept(`${PARTIAL}List`),
        ),
      );
      for (const object of page.items) {
        const item = read(object);
        if (item !== undefined) found.set(item.key, item);
      }
      version = page.version;
      next = page.next;
    } while (next !== undefined);
    for (const key of this.#items.keys()) if (!found.has(key)) this.#set(key, undefined);
    for (const [key, item] of found) this.#set(key, item);
    this.#version = version;
    this.#hasSynced = true;
    this.#synced.resolve();
  }

  async #watch(): Promise<void> {
    const { client, path, query = {}, random } = this.#options;
    const seconds = Math.round(WATCH_SECONDS.least + random() * WATCH_SECONDS.spread);
    const bytes = await client.watch(
      path,
      {
        ...query,
        watch: 'true',
        allowWatchBookmarks: 'true',
        resourceVersion: this.#version,
        timeoutSeconds: String(seconds),
      },
      {
        accept: this.#accept(PARTIAL) ?? 'application/json',
        idleMillis: seconds * 1000 + GRACE_MILLIS,
        signal: this.#stop.signal,
      },
    );
    const since = performance.now();
    let isSilent = true;
    for await (const event of readWatchEvents(bytes)) {
      isSilent = false;
      if (event.kind === 'fault') throw event.fault;
      this.#backoff.reset();
      if (event.kind !== 'bookmark') this.#take(event.kind, event.object);
      this.#version = event.version;
    }
    // Ended at once and for nothing, as by a proxy that is on its way down: asked again at once, it would be for ever.
    if (isSilent && performance.now() - since < SHORT_MILLIS) {
      throw new KubeFault({ status: 0, reason: 'ShortWatch' });
    }
  }

  #take(kind: 'changed' | 'gone', object: unknown): void {
    const item = this.#options.read(object);
    if (item !== undefined) this.#set(item.key, kind === 'gone' ? undefined : item);
  }

  #set(key: string, item: Item | undefined): void {
    const before = this.#items.get(key);
    if (item === undefined) this.#items.delete(key);
    else this.#items.set(key, item);
    if (item === undefined && before === undefined) return;
    try {
      this.#options.onChange(key, item, before);
    } catch (error) {
      // One that cannot take a change must not end the copy for everybody.
      this.#options.onFault?.(error);
    }
  }

  #accept(as: string): string | undefined {
    return this.#options.metadataOnly === true
      ? `application/json;${as};v=v1;g=meta.k8s.io`
      : undefined;
  }
}

interface Page {
  readonly items: readonly unknown[];
  readonly version: string;
  readonly next: string | undefined;
}

function readPage(list: unknown): Page {
  const { items, metadata } = Object(list);
  const { resourceVersion, continue: next } = Object(metadata);
  if (typeof resourceVersion !== 'string' || !(Array.isArray(items) || items === null)) {
    throw new KubeFault({ status: 0, reason: 'NotAList' });
  }
  return {
    items: items ?? [],
    version: resourceVersion,
    next: typeof next === 'string' && next !== '' ? next : undefined,
  };
}
