// Where the test cluster is: names, addresses and folders. One cluster per machine, all of it in a
// network namespace of its own, so that no rule of its networking is one of the machine's.

import { homedir } from 'node:os';
import { join } from 'node:path';

/** As the machine sees it; nodes and pods reach the machine at `host`. */
export const ADDRESSES = {
  host: '10.98.0.1',
  node: '10.98.0.2',
  /** The machine's and the node's end of the line between them. */
  prefix: 24,
  pods: '10.244.0.0/16',
  podsOfNode: '10.244.0.0/24',
  services: '10.96.0.0/16',
  apiService: '10.96.0.1',
} as const;

export const NAMES = {
  namespace: 'gatehouse',
  hostLink: 'gh-cluster',
  node: 'gatehouse-node',
  /** First part of the names of images: a domain that exists nowhere, so that none is ever looked for. */
  images: 'gatehouse.test',
  /** What pods call the machine, as the DNS of the cluster knows it. */
  host: 'host.gatehouse.test',
  clusterDomain: 'cluster.local',
} as const;

export const API_URL = `https://${ADDRESSES.node}:6443`;

const ROOT = '/var/lib/gatehouse-cluster';
const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'gatehouse');

export const FOLDERS = {
  root: ROOT,
  keys: join(ROOT, 'keys'),
  pids: join(ROOT, 'pids'),
  logs: join(ROOT, 'logs'),
  config: join(ROOT, 'config'),
  /** Sockets, whose paths may not be long. */
  run: '/run/gatehouse-cluster',
  /** What outlives clusters, and checkouts. */
  cache: CACHE,
} as const;

export const KUBECONFIG = join(FOLDERS.keys, 'admin.kubeconfig');
export const CONTAINERD_SOCKET = join(FOLDERS.run, 'containerd.sock');
