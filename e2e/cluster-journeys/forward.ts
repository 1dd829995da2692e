// `kubectl port-forward`, as somebody at their desk uses it to reach what is inside the cluster.

import { until } from '#e2e/journeys/until.ts';
import { Child } from '#e2e/servers/child.ts';

export async function forward(
  namespace: string,
  target: string,
  ports: `${number}:${number}`,
): Promise<Child> {
  const child = new Child({
    command: 'kubectl',
    args: ['-n', namespace, 'port-forward', target, ports],
  });
  await until(
    `a port forwarded to ${target}`,
    () => {
      if (child.hasExited) throw new Error(child.output);
      return child.output.includes('Forwarding from');
    },
    30_000,
  );
  return child;
}
