// Certificates of authorities in ConfigMaps that policies name: each is watched by its name, for as long as a policy names
// it, and nothing else of any namespace is read. What does not hold certificates goes no further than here.

import { type CaBundleRead, readCaBundle } from '#platform/oidc/ca-bundle.ts';
import type { KubeClient } from '../kube/client.ts';
import { PATHS } from '../kube/paths.ts';
import { Reflector } from '../kube/reflector.ts';

export interface BundlePlace {
  readonly namespace: string;
  readonly name: string;
  readonly key: string;
}

export interface BundleWatchOptions {
  readonly client: KubeClient;
  readonly random: () => number;
  /** What this owner wants has changed. */
  readonly onChange: (owner: string) => void;
  readonly onFault: (error: unknown) => void;
}

interface BundleItem {
  readonly key: string;
  readonly read: CaBundleRead;
}

interface Watched {
  readonly reflector: Reflector<BundleItem>;
  readonly owners: Set<string>;
}

/** Each holds a connection to the API server, and no namespace may use up those of the others. */
const MAX_WATCHED = 256;
const MAX_EACH = 32;
/** While the API server is away the last documents stay. */
const SYNC_MS = 5_000;

export class BundleWatch {
  readonly #options: BundleWatchOptions;
  readonly #watched = new Map<string, Watched>();

  constructor(options: BundleWatchOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#watched.size;
  }

  /** All that this owner wants from now on. Resolves when it is known, or after a while. */
  async want(owner: string, places: readonly BundlePlace[]): Promise<void> {
    const distinct = new Map(places.map((place) => [idOf(place), place]));
    const wanted = new Map([...distinct].slice(0, MAX_EACH));
    for (const [id, { owners }] of this.#watched) if (!wanted.has(id)) owners.delete(owner);
    for (const [id, place] of wanted) this.#watch(id, place)?.owners.add(owner);
    this.#dropUnwanted();
    const synced = [...wanted.keys()].map((id) => this.#watched.get(id)?.reflector.synced);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, SYNC_MS).unref();
    });
    await Promise.race([Promise.all(synced), late]);
    clearTimeout(timer);
  }

  /** Of a place that somebody wants. */
  find(place: BundlePlace): CaBundleRead {
    const watched = this.#watched.get(idOf(place));
    if (watched === undefined) {
      return {
        ok: false,
        problem: `is one too many: at most ${MAX_EACH} of a namespace and ${MAX_WATCHED} in all are looked at`,
      };
    }
    const { reflector } = watched;
    if (!reflector.hasSynced) return { ok: false, problem: 'could not be read yet' };
    return reflector.items()[0]?.read ?? { ok: false, problem: 'does not exist' };
  }

  async close(): Promise<void> {
    const all = [...this.#watched.values()];
    this.#watched.clear();
    await Promise.all(all.map(({ reflector }) => reflector.close()));
  }

  #watch(id: string, place: BundlePlace): Watched | undefined {
    const known = this.#watched.get(id);
    if (known !== undefined || this.#watched.size >= MAX_WATCHED) return known;
    const { client, random, onChange, onFault } = this.#options;
    const owners = new Set<string>();
    const reflector = new Reflector<BundleItem>({
      ...{ client, random, onFault },
      path: PATHS.configMapsOf(place.namespace),
      query: { fieldSelector: `metadata.name=${place.name}` },
      read: (object) => ({ key: id, read: readBundle(object, place.key) }),
      onChange: () => {
        for (const owner of owners) onChange(owner);
      },
    });
    const watched = { reflector, owners };
    this.#watched.set(id, watched);
    reflector.start();
    return watched;
  }

  #dropUnwanted(): void {
    for (const [id, { owners, reflector }] of this.#watched) {
      if (owners.size > 0) continue;
      this.#watched.delete(id);
      reflector.close().catch(() => {});
    }
  }
}

function readBundle(object: unknown, key: string): CaBundleRead {
  const data: unknown = Object(Object(object).data);
  const text: unknown = Object.hasOwn(Object(data), key) ? Object(data)[key] : undefined;
  if (typeof text !== 'string') return { ok: false, problem: `has no key ${key}` };
  const read = readCaBundle(text);
  return read.ok ? read : { ok: false, problem: `key ${key} ${read.problem}` };
}

function idOf({ namespace, name, key }: BundlePlace): string {
  return `${namespace}/${name}/${key}`;
}
