// The operator as a process of its own for bench/operator.ts, which reaches an API server for tests as any kubeconfig says.

import { injectionSettings } from '#operator/injection-settings.ts';
import { KubeClient } from '#operator/kube/client.ts';
import { kubeconfigAccess } from '#operator/kube/kubeconfig.ts';
import { runOperator } from '#operator/run-operator.ts';
import { readSettings } from '#operator/settings.ts';
import { createClock } from '#platform/process/clock.ts';
import { createLogger } from '#platform/process/log.ts';

const [file] = process.argv.slice(2);
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());

const settings = readSettings(process.env);
await runOperator({
  settings,
  injection: injectionSettings(process.env, settings, '0.1.0'),
  client: new KubeClient(await kubeconfigAccess({ file })),
  log: createLogger({ level: 'error', write: (text) => console.error(text), now: () => '' }),
  clock: createClock(),
  version: '0.1.0',
  stop: stop.signal,
  onLoss: () => process.exit(1),
  random: Math.random,
  ports: { sidecars: 0, admission: 0, health: 0 },
  onReady: (ports) => console.log(JSON.stringify(ports)),
});
process.exit(0);
