// Makes the policy document of one workload what it should be: signed, in its ConfigMap, with the floor
// below which no sidecar starts. What already says the same, and has time left, is left alone.

import {
  buildDocument,
  type DocumentParts,
  documentText,
  type EffectivePolicy,
  floorText,
  isRenewalDue,
} from '#core/policy/document.ts';
import { readFloor } from '#core/policy/read-document.ts';
import { documentConfigMap } from '#core/workloads/workload-key.ts';
import {
  type DocumentKey,
  type DocumentVerifier,
  MAX_SIGNED_CHARS,
  sha256Hex,
  signText,
} from '#platform/documents/signed-text.ts';
import type { Namespace } from '#platform/redis/keys.ts';
import type { PolicyState } from '#platform/redis/policy-state.ts';
import type { KubeClient } from '../kube/client.ts';
import { MANAGED_BY, MANAGERS, PATHS } from '../kube/paths.ts';
import { DOCUMENT_KEY, type DocumentItem } from '../world/objects.ts';
import type { PublishedDocuments } from './published.ts';

export interface Publishing {
  readonly client: KubeClient;
  readonly key: DocumentKey;
  readonly verifier: DocumentVerifier;
  /** Undefined while Redis is away: the floor follows when it is back. */
  readonly state: () => PolicyState | undefined;
  readonly nowMillis: () => number;
  readonly published: PublishedDocuments;
  /** Digests that floors were raised for, by namespace and workload. */
  readonly floors: Map<string, string>;
}

export interface Published {
  readonly document: EffectivePolicy;
  /** It was signed just now. */
  readonly isRenewed: boolean;
  /** Another policy than before. */
  readonly isChange: boolean;
}

/** A document that does not fit where it has to go; nothing is written. */
export class DocumentTooLarge extends Error {
  override readonly name = 'DocumentTooLarge';
  readonly code = 'document_too_large';

  constructor() {
    super(`its policies together are too large to be delivered (${MAX_SIGNED_CHARS} characters)`);
  }
}

export async function publish(
  publishing: Publishing,
  parts: DocumentParts & { readonly digest: string },
  seen: DocumentItem | undefined,
): Promise<Published> {
  const { published, nowMillis } = publishing;
  const { digest, ...content } = parts;
  const now = nowMillis();
  const item = published.newest(itemKey(parts), seen, now);
  const current = item === undefined ? undefined : await published.read(item);
  const isSame = current?.digest === digest && textOf(current.sources) === textOf(content.sources);
  if (isSame && !isRenewalDue(current, now)) {
    await raiseFloor(publishing, current);
    return { document: current, isRenewed: false, isChange: false };
  }
  const newest = current?.generation ?? (await floorOf(publishing, parts));
  const document = buildDocument(content, newest, now, sha256Hex);
  published.wrote(await write(publishing, document, item?.version), seen?.version, now);
  await raiseFloor(publishing, document);
  return { document, isRenewed: true, isChange: !isSame };
}

/** Also where only a source was written anew: the document says which generation of it is in force. */
function textOf(sources: EffectivePolicy['sources']): string {
  return sources
    .map(({ kind, namespace = '', name, uid, generation }) =>
      [kind, namespace, name, uid, generation].join('/'),
    )
    .sort()
    .join();
}

/** Fails with 409 where the ConfigMap is not the one that was seen: whoever no longer leads cannot put an older policy back. */
async function write(
  { client, key }: Publishing,
  document: EffectivePolicy,
  resourceVersion: string | undefined,
): Promise<DocumentItem> {
  const jws = await signText('policy', documentText(document), key);
  if (jws.length > MAX_SIGNED_CHARS) throw new DocumentTooLarge();
  const { namespace, key: workloadKey } = document;
  const name = documentConfigMap(workloadKey);
  const written = await client.apply(
    PATHS.configMap(namespace, name),
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        ...{ name, namespace, labels: MANAGED_BY },
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
      },
      data: { [DOCUMENT_KEY]: jws },
    },
    { manager: MANAGERS.objects, force: true },
  );
  const version = String(Object(Object(written).metadata).resourceVersion ?? '');
  return { key: itemKey(document), namespace, workloadKey, jws, version };
}

function itemKey({ namespace, key }: Pick<DocumentParts, 'namespace' | 'key'>): string {
  return `${namespace}/${documentConfigMap(key)}`;
}

async function floorOf(
  { state, verifier }: Publishing,
  { namespace, key }: DocumentParts,
): Promise<number> {
  const jws = await state()
    ?.floor(namespace as Namespace, key)
    .catch(() => undefined);
  if (jws === undefined) return 0;
  const signed = await verifier.verify('floor', jws);
  const floor = signed.ok ? readFloor(signed.value) : undefined;
  return floor?.key === key ? floor.generation : 0;
}

/** A renewal leaves the floor where it is; Redis being away is made up for the next time. */
async function raiseFloor(
  { state, key, floors }: Publishing,
  { namespace, key: workload, generation, digest }: EffectivePolicy,
): Promise<void> {
  const id = `${namespace}/${workload}`;
  const store = state();
  if (store === undefined || floors.get(id) === digest) return;
  const jws = await signText('floor', floorText({ key: workload, generation }), key);
  try {
    await store.setFloor(namespace as Namespace, workload, jws);
    floors.set(id, digest);
  } catch {
    // The connection says so itself.
  }
}
