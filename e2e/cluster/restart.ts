// Faults of the node, for journeys: its daemons die and are started again, or a pod dies with everything in it,
// as when a machine loses power.

import { NAMES } from './addresses.ts';
import { type Api, answers, openApi } from './api.ts';
import { killDaemon, untilReady } from './daemons.ts';
import { ctr, startContainerd, startNode } from './node.ts';
import { kubernetesPrograms } from './programs.ts';
import { endShim } from './shims.ts';

/** The kubelet and containerd are killed, `meanwhile` happens, and they are started again. */
export async function restartNode(meanwhile: () => Promise<void> | void = () => {}): Promise<void> {
  await killDaemon('kubelet');
  await meanwhile();
  await killDaemon('containerd');
  await startContainerd();
  startNode(await kubernetesPrograms());
  await untilKubeletAnswers(openApi());
}

/** All containers of the pod, and what holds its network, end at once. */
export async function endPod(uid: string): Promise<void> {
  const sandboxes = idsOf(`labels."io.kubernetes.pod.uid"==${uid}`).filter(isSandbox);
  for (const id of sandboxes) await endShim(id);
}

/** One container of the pod is killed, as when it runs out of memory. */
export function killContainer(uid: string, name: string): void {
  const filter = `labels."io.kubernetes.pod.uid"==${uid},labels."io.kubernetes.container.name"==${name}`;
  for (const id of idsOf(filter)) {
    try {
      ctr('tasks', 'kill', '--signal', 'SIGKILL', id);
    } catch {
      // One that ran before.
    }
  }
}

function idsOf(filter: string): readonly string[] {
  return ctr('containers', 'list', '--quiet', filter)
    .split('\n')
    .filter((id) => id !== '');
}

function isSandbox(id: string): boolean {
  return JSON.parse(ctr('containers', 'info', id)).Labels['io.cri-containerd.kind'] === 'sandbox';
}

async function untilKubeletAnswers(api: Api): Promise<void> {
  const path = `/api/v1/nodes/${NAMES.node}/proxy/healthz`;
  await untilReady('kubelet', () => answers(api, path, 'ok'), 120_000);
}
