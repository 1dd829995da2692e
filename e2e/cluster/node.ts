// The node: containerd with a bridge for pods, the kubelet, kube-proxy, and the cluster's DNS and storage.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { ADDRESSES, CONTAINERD_SOCKET, FOLDERS, NAMES } from './addresses.ts';
import { type Api, answers } from './api.ts';
import { run, saidBy, startDaemon, untilReady } from './daemons.ts';
import { DNS_READY } from './dns.ts';
import { PAUSE_IMAGE } from './images.ts';
import { STORAGE_CLASS } from './storage.ts';

const NETWORKS = join(FOLDERS.config, 'networks');
const PROXY_HEALTH = `${ADDRESSES.node}:10256`;

export async function startContainerd(): Promise<void> {
  mkdirSync(NETWORKS, { recursive: true });
  writeFileSync(join(NETWORKS, '10-bridge.conflist'), JSON.stringify(bridge()));
  const config = join(FOLDERS.config, 'containerd.toml');
  writeFileSync(config, containerdConfig());
  startDaemon({ name: 'containerd', command: 'containerd', args: ['--config', config] });
  await untilReady('containerd', () => {
    try {
      return ctr('version') !== '';
    } catch {
      return false;
    }
  });
}

/** containerd's own command line, in the part of it that the kubelet uses. */
export function ctr(...args: readonly string[]): string {
  return run('ctr', '--address', CONTAINERD_SOCKET, '--namespace', 'k8s.io', ...args);
}

export function startNode(programs: string): void {
  const kubelet = writeConfig('kubelet.yaml', kubeletConfig());
  startDaemon({
    name: 'kubelet',
    command: join(programs, 'kubelet'),
    args: [
      `--config=${kubelet}`,
      `--kubeconfig=${join(FOLDERS.keys, 'kubelet.kubeconfig')}`,
      `--hostname-override=${NAMES.node}`,
      `--node-ip=${ADDRESSES.node}`,
      `--root-dir=${join(FOLDERS.root, 'kubelet')}`,
    ],
  });
  const proxy = writeConfig('kube-proxy.yaml', proxyConfig());
  startDaemon({
    name: 'kube-proxy',
    command: join(programs, 'kube-proxy'),
    args: [`--config=${proxy}`],
  });
  for (const name of ['dns', 'storage']) {
    startDaemon({
      name,
      command: process.execPath,
      args: [fileURLToPath(import.meta.resolve(`./${name}.ts`))],
    });
  }
}

export async function untilNodeReady(api: Api): Promise<void> {
  const isReady = '"type":"Ready","status":"True"';
  await untilReady('kubelet', () => answers(api, `/api/v1/nodes/${NAMES.node}`, isReady), 180_000);
  // What every pod is given; controllers make it.
  await untilReady(
    'kube-controller-manager',
    () => answers(api, '/api/v1/namespaces/default/serviceaccounts/default'),
    120_000,
  );
  // It ends, to be started again, when it has come long before the kubelet.
  await untilReady('kube-proxy', isProxyReady, 120_000);
  await untilReady('dns', () => saidBy('dns').includes(DNS_READY));
  await untilReady('storage', () => answers(api, STORAGE_CLASS));
  await untilReady('kube-scheduler', () => true);
}

/** Services are answered for. */
async function isProxyReady(): Promise<boolean> {
  try {
    return (await fetch(`http://${PROXY_HEALTH}/healthz`)).ok;
  } catch {
    return false;
  }
}

function writeConfig(file: string, value: unknown): string {
  const path = join(FOLDERS.config, file);
  const text = stringify(value);
  // kube-proxy ends when its file is written, also with the same words.
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text);
  return path;
}

function containerdConfig(): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  const unused = ['btrfs', 'zfs', 'devmapper'].map(
    (name) => `"io.containerd.snapshotter.v1.${name}"`,
  );
  return `version = 2
root = "${FOLDERS.root}/containerd"
state = "${FOLDERS.run}/containerd"
disabled_plugins = [${unused}]
[grpc]
  address = "${CONTAINERD_SOCKET}"
[${cri}]
  sandbox_image = "${PAUSE_IMAGE}"
  # Where root may not make a process less likely to be killed, no pod would start without this.
  restrict_oom_score_adj = true
[${cri}.cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = "${NETWORKS}"
[${cri}.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[${cri}.containerd.runtimes.runc.options]
  BinaryName = "/usr/sbin/runc"
  SystemdCgroup = false
`;
}

function bridge(): unknown {
  const ipam = {
    type: 'host-local',
    dataDir: join(FOLDERS.root, 'addresses'),
    ranges: [[{ subnet: ADDRESSES.podsOfNode }]],
    routes: [{ dst: '0.0.0.0/0' }],
  };
  return {
    cniVersion: '1.0.0',
    name: 'pods',
    plugins: [
      { type: 'bridge', bridge: 'pods', isGateway: true, hairpinMode: true, ipMasq: false, ipam },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
}

function kubeletConfig(): unknown {
  // Pods ask the cluster's DNS alone: the machine's would not know where they are.
  const resolvConf = join(FOLDERS.config, 'resolv.conf');
  writeFileSync(resolvConf, '');
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: join(FOLDERS.keys, 'ca.crt') },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: join(FOLDERS.keys, 'kubelet.crt'),
    tlsPrivateKeyFile: join(FOLDERS.keys, 'kubelet.key'),
    address: ADDRESSES.node,
    cgroupDriver: 'cgroupfs',
    // Machines that still have cgroups of the first version are good enough for tests.
    failCgroupV1: false,
    failSwapOn: false,
    containerRuntimeEndpoint: `unix://${CONTAINERD_SOCKET}`,
    clusterDNS: [ADDRESSES.node],
    clusterDomain: NAMES.clusterDomain,
    resolvConf,
    volumePluginDir: join(FOLDERS.root, 'volume-plugins'),
    serializeImagePulls: false,
    // Images come from here alone: what is collected would be gone.
    imageGCHighThresholdPercent: 100,
    evictionHard: {
      'memory.available': '100Mi',
      'nodefs.available': '1%',
      'imagefs.available': '1%',
    },
    // Secrets and ConfigMaps reach pods in a moment, as the journeys expect.
    configMapAndSecretChangeDetectionStrategy: 'Watch',
    syncFrequency: '10s',
  };
}

function proxyConfig(): unknown {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    clientConnection: { kubeconfig: join(FOLDERS.keys, 'kube-proxy.kubeconfig') },
    mode: 'nftables',
    clusterCIDR: ADDRESSES.pods,
    bindAddress: ADDRESSES.node,
    hostnameOverride: NAMES.node,
    healthzBindAddress: PROXY_HEALTH,
    metricsBindAddress: '127.0.0.1:10249',
    // The limits on connections are the machine's.
    conntrack: { maxPerCore: 0, min: 0 },
  };
}
