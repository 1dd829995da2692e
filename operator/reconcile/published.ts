// Policy documents as they lie in ConfigMaps, which others may write too: only those that we signed, for the
// workload whose ConfigMap it is. Each text is verified once.

import type { EffectivePolicy } from '#core/policy/document.ts';
import { readDocument } from '#core/policy/read-document.ts';
import { type DocumentVerifier, sha256Hex } from '#platform/documents/signed-text.ts';
import type { DocumentItem } from '../world/objects.ts';

interface Known {
  readonly jws: string;
  readonly document: EffectivePolicy | undefined;
}

/** What we wrote, and over which version of its ConfigMap. */
interface Written {
  readonly item: DocumentItem;
  readonly over: string | undefined;
  readonly atMillis: number;
}

/** A watch tells of a write within moments; longer, and what it shows is the truth. */
const UNSEEN_MILLIS = 5000;
/** Workloads of the largest clusters; beyond it the oldest is verified again. */
const MAX_REMEMBERED = 20_000;

export class PublishedDocuments {
  readonly #verifier: DocumentVerifier;
  readonly #known = new Map<string, Known>();
  readonly #written = new Map<string, Written>();

  constructor(verifier: DocumentVerifier) {
    this.#verifier = verifier;
  }

  /** Undefined when it holds none that we signed. */
  async read(item: DocumentItem): Promise<EffectivePolicy | undefined> {
    const known = this.#known.get(item.key);
    if (known?.jws === item.jws) return known.document;
    const document = await this.#verify(item);
    this.#known.delete(item.key);
    this.#known.set(item.key, { jws: item.jws, document });
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_REMEMBERED && oldest !== undefined) this.#known.delete(oldest);
    return document;
  }

  /** `item` as the copy of the cluster shows it, or what was written over it a moment ago and is not seen there yet. */
  newest(key: string, item: DocumentItem | undefined, nowMillis: number): DocumentItem | undefined {
    const written = this.#written.get(key);
    if (written === undefined) return item;
    const isUnseen = written.over === item?.version;
    if (isUnseen && nowMillis - written.atMillis < UNSEEN_MILLIS) return written.item;
    this.#written.delete(key);
    return item;
  }

  wrote(item: DocumentItem, over: string | undefined, atMillis: number): void {
    this.#written.set(item.key, { item, over, atMillis });
  }

  async #verify({
    jws,
    workloadKey,
    namespace,
  }: DocumentItem): Promise<EffectivePolicy | undefined> {
    const signed = await this.#verifier.verify('policy', jws);
    if (!signed.ok) return undefined;
    const read = readDocument(signed.value, sha256Hex);
    if (!read.ok) return undefined;
    const isIts = read.document.key === workloadKey && read.document.namespace === namespace;
    return isIts ? read.document : undefined;
  }
}
