// A whole replica of the operator as a process of its own, on an API server for tests, which it reaches as any kubeconfig says:
// `operator-replica.ts KUBECONFIG`, with the settings of the operator. Prints its ports as JSON once it is ready.

import { injectionSettings } from '#operator/injection-settings.ts';
import { KubeClient } from '#operator/kube/client.ts';
import { kubeconfigAccess } from '#operator/kube/kubeconfig.ts';
import { runOperator } from '#operator/run-operator.ts';
import { readSettings } from '#operator/settings.ts';
import { createClock } from '#platform/process/clock.ts';
import { createLogger } from '#platform/process/log.ts';

/** As operator/main.ts ends when the lease is lost. */
const LOST = 1;

const [file] = process.argv.slice(2);
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());

const settings = readSettings(process.env);
const clock = createClock();
await runOperator({
  settings,
  injection: injectionSettings(process.env, settings, '0.1.0'),
  client: new KubeClient(await kubeconfigAccess({ file })),
  log: createLogger({
    level: settings.logLevel,
    write: (text) => void process.stderr.write(text),
    now: () => clock.timestamp(),
  }),
  clock,
  version: '0.1.0',
  stop: stop.signal,
  onLoss: () => process.exit(LOST),
  random: Math.random,
  ports: { sidecars: 0, admission: 0, health: 0 },
  onReady: (ports) => console.log(JSON.stringify(ports)),
});
process.exit(0);
