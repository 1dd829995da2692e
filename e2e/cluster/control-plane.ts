// The control plane: etcd, the API server, the controllers and the scheduler, with the fewest flags
// that make a whole Kubernetes of one node.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ADDRESSES, API_URL, FOLDERS, NAMES } from './addresses.ts';
import { type Api, answers } from './api.ts';
import { startDaemon, untilReady } from './daemons.ts';

const ETCD_URL = 'http://127.0.0.1:2379';

const key = (file: string) => join(FOLDERS.keys, file);

export function startApi(programs: string): void {
  const folder = join(FOLDERS.root, 'etcd');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  startDaemon({
    name: 'etcd',
    command: 'etcd',
    args: flags({
      'data-dir': folder,
      'listen-client-urls': ETCD_URL,
      'advertise-client-urls': ETCD_URL,
      'listen-peer-urls': 'http://127.0.0.1:2380',
      // A cluster that is thrown away need not survive a power cut.
      'unsafe-no-fsync': 'true',
    }),
  });
  startDaemon({
    name: 'kube-apiserver',
    command: join(programs, 'kube-apiserver'),
    args: flags({ ...API_SERVING, ...API_IDENTITY, ...API_PROXYING }),
  });
}

export async function untilApiReady(api: Api): Promise<void> {
  await untilReady('kube-apiserver', () => answers(api, '/readyz'), 120_000);
}

export function startControllers(programs: string): void {
  startDaemon({
    name: 'kube-controller-manager',
    command: join(programs, 'kube-controller-manager'),
    args: flags({
      ...asUser('kube-controller-manager'),
      'use-service-account-credentials': 'true',
      'service-account-private-key-file': key('service-accounts.key'),
      'root-ca-file': key('ca.crt'),
      'cluster-signing-cert-file': key('ca.crt'),
      'cluster-signing-key-file': key('ca.key'),
      'allocate-node-cidrs': 'true',
      'cluster-cidr': ADDRESSES.pods,
      'service-cluster-ip-range': ADDRESSES.services,
      // A machine that is busy is no node that is lost: its pods would leave their Services.
      'node-monitor-grace-period': '180s',
    }),
  });
  startDaemon({
    name: 'kube-scheduler',
    command: join(programs, 'kube-scheduler'),
    args: flags(asUser('kube-scheduler')),
  });
}

const API_SERVING = {
  'etcd-servers': ETCD_URL,
  'bind-address': '0.0.0.0',
  'advertise-address': ADDRESSES.node,
  'secure-port': new URL(API_URL).port,
  'service-cluster-ip-range': ADDRESSES.services,
  'tls-cert-file': key('apiserver.crt'),
  'tls-private-key-file': key('apiserver.key'),
  'enable-admission-plugins': 'NodeRestriction',
  'allow-privileged': 'true',
};

const API_IDENTITY = {
  'authorization-mode': 'Node,RBAC',
  'client-ca-file': key('ca.crt'),
  'service-account-issuer': `https://kubernetes.default.svc.${NAMES.clusterDomain}`,
  'service-account-signing-key-file': key('service-accounts.key'),
  'service-account-key-file': key('service-accounts.pub'),
};

const API_PROXYING = {
  'kubelet-client-certificate': key('apiserver-kubelet-client.crt'),
  'kubelet-client-key': key('apiserver-kubelet-client.key'),
  'kubelet-certificate-authority': key('ca.crt'),
  'kubelet-preferred-address-types': 'InternalIP',
  'requestheader-client-ca-file': key('front-proxy-ca.crt'),
  'requestheader-allowed-names': 'front-proxy-client',
  'requestheader-username-headers': 'X-Remote-User',
  'requestheader-group-headers': 'X-Remote-Group',
  'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
  'proxy-client-cert-file': key('front-proxy-client.crt'),
  'proxy-client-key-file': key('front-proxy-client.key'),
};

/** For a program that runs once: nobody to elect a leader from. */
function asUser(name: string): Record<string, string> {
  const kubeconfig = key(`${name}.kubeconfig`);
  return {
    kubeconfig,
    'authentication-kubeconfig': kubeconfig,
    'authorization-kubeconfig': kubeconfig,
    'bind-address': '127.0.0.1',
    'leader-elect': 'false',
  };
}

function flags(values: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(values).map(([name, value]) => `--${name}=${value}`);
}
