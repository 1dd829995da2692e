// A metric of the operator, of the replica that leads: the others know nothing of pods.

import { kubectl, tryKubectl } from './cluster.ts';
import { eventually } from './eventually.ts';
import { SYSTEM } from './installation.ts';

/** With its labels, as it is exposed. Whoever led a moment ago may be gone. */
export async function untilMetric(name: string, value: number): Promise<void> {
  await eventually(`${name} ${value} where the operator leads`, async () => {
    const place = `/api/v1/namespaces/${SYSTEM}/pods/${await holder()}:8080/proxy/metrics`;
    const { out } = await tryKubectl(['get', '--raw', place]);
    return out.split('\n').includes(`${name} ${value}`);
  });
}

/** Name of the pod that leads; empty while none does. */
export function holder(): Promise<string> {
  const path = 'jsonpath={.spec.holderIdentity}';
  return kubectl('-n', SYSTEM, 'get', 'lease', 'gatehouse-operator', '-o', path);
}
