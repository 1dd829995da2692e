// All that the operator knows of the cluster: one local copy per kind, each of which says whose turn it is to be
// looked at again when something changes.

import type { McpGatewayClusterPolicy } from '#crds/cluster-policy.ts';
import type { KubeClient } from '../kube/client.ts';
import { MANAGED_BY, PATHS } from '../kube/paths.ts';
import { type Keyed, Reflector, type ReflectorOptions } from '../kube/reflector.ts';
import { ClusterIssuerWatch } from './cluster-issuer.ts';
import {
  type BaselineItem,
  type DocumentItem,
  type NamespaceItem,
  type PodItem,
  type PolicyItem,
  readBaselineItem,
  readDocumentItem,
  readNamespaceItem,
  readPodItem,
  readPolicyItem,
  readServiceItem,
  type ServiceItem,
} from './objects.ts';

export interface World {
  readonly policies: Reflector<PolicyItem>;
  readonly baselines: Reflector<PolicyItem<McpGatewayClusterPolicy>>;
  readonly namespaces: Reflector<NamespaceItem>;
  readonly pods: Reflector<PodItem>;
  readonly documents: Reflector<DocumentItem>;
  readonly services: Reflector<ServiceItem>;
  readonly clusterIssuer: ClusterIssuerWatch;
  /** Resolves when all of it has been read once. */
  synced(): Promise<void>;
  isSynced(): boolean;
  close(): Promise<void>;
}

export interface WorldChanges {
  /** This namespace has to be looked at. */
  readonly namespace: (name: string) => void;
  /** All of them: a baseline changed. */
  readonly cluster: () => void;
  /** A policy document changed: open streams want it. */
  readonly document: (item: DocumentItem) => void;
}

export interface WorldOptions {
  readonly client: KubeClient;
  readonly changes: WorldChanges;
  readonly random: () => number;
  readonly onFault: (kind: string, error: unknown) => void;
}

/** Pods that are over are nobody's concern. */
const LIVE_PODS = { fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed' };
const OURS = {
  labelSelector: Object.entries(MANAGED_BY)
    .map((pair) => pair.join('='))
    .join(),
};

export function watchWorld(options: WorldOptions): World {
  const parts = reflectors(options);
  const all = Object.values(parts);
  for (const reflector of all) reflector.start();
  const clusterIssuer = watchClusterIssuer(options);
  const asked = clusterIssuer.look();
  return {
    ...parts,
    clusterIssuer,
    synced: async () => void (await Promise.all([asked, ...all.map(({ synced }) => synced)])),
    isSynced: () => all.every(({ hasSynced }) => hasSynced),
    close: async () => {
      clusterIssuer.close();
      await Promise.all(all.map((reflector) => reflector.close()));
    },
  };
}

function reflectors(options: WorldOptions) {
  const { changes } = options;
  const ofNamespace = (_: string, now?: Namespaced, before?: Namespaced) => {
    const { namespace } = now ?? before ?? {};
    if (namespace !== undefined) changes.namespace(namespace);
  };
  return {
    policies: reflect(options, 'policies', PATHS.policies, {
      read: readPolicyItem,
      // What we wrote into its status ourselves changes nothing.
      onChange: (key, now, before) => isNews(now, before) && ofNamespace(key, now, before),
    }),
    baselines: reflect<BaselineItem>(options, 'baselines', PATHS.clusterPolicies, {
      read: readBaselineItem,
      onChange: (_, now, before) => isNews(now, before) && changes.cluster(),
    }),
    namespaces: reflect(options, 'namespaces', PATHS.namespaces, {
      read: readNamespaceItem,
      metadataOnly: true,
      onChange: (key) => changes.namespace(key),
    }),
    pods: reflect(options, 'pods', PATHS.pods, {
      read: readPodItem,
      metadataOnly: true,
      query: LIVE_PODS,
      onChange: (key, now, before) => isSeen(now, before) && ofNamespace(key, now, before),
    }),
    services: reflect(options, 'services', PATHS.services, {
      read: readServiceItem,
      // It may lead to pods that have no sidecar.
      onChange: (key, now, before) => isSeen(now, before) && ofNamespace(key, now, before),
    }),
    documents: reflect(options, 'documents', PATHS.configMaps, {
      read: readDocumentItem,
      query: OURS,
      onChange: (key, now, before) => {
        if (now !== undefined) changes.document(now);
        ofNamespace(key, now, before);
      },
    }),
  };
}

function watchClusterIssuer({ client, changes, onFault }: WorldOptions): ClusterIssuerWatch {
  return new ClusterIssuerWatch({
    client,
    onChange: () => changes.cluster(),
    onFault: (error) => onFault('the issuer of the cluster', error),
  });
}

type Namespaced = { readonly namespace: string } | undefined;

function reflect<Item extends Keyed>(
  { client, random, onFault }: WorldOptions,
  kind: string,
  path: string,
  more: Pick<ReflectorOptions<Item>, 'read' | 'onChange' | 'query' | 'metadataOnly'>,
): Reflector<Item> {
  return new Reflector<Item>({
    client,
    path,
    random,
    onFault: (error) => onFault(kind, error),
    ...more,
  });
}

function isNews(now: { uid: string; generation: number } | undefined, before: typeof now): boolean {
  return now?.uid !== before?.uid || now?.generation !== before?.generation;
}

/** Pods change all the time; what counts is who they are and what of ours they carry. */
function isSeen<Item extends PodItem | ServiceItem>(now?: Item, before?: Item): boolean {
  return JSON.stringify(now) !== JSON.stringify(before);
}
