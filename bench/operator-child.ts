// The operator as a process of its own for bench/operator.ts, on an API server for tests.

import { injectionSettings } from '#operator/injection-settings.ts';
import { KubeClient } from '#operator/kube/client.ts';
import { runOperator } from '#operator/run-operator.ts';
import { readSettings } from '#operator/settings.ts';
import { createClock } from '#platform/process/clock.ts';
import { createLogger } from '#platform/process/log.ts';

const [url = '', authorization = ''] = process.argv.slice(2);
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());

const settings = readSettings(process.env);
await runOperator({
  settings,
  injection: injectionSettings(process.env, settings, '0.1.0'),
  client: new KubeClient({ url, skipVerify: true, authorization: async () => authorization }),
  log: createLogger({ level: 'error', write: (text) => console.error(text), now: () => '' }),
  clock: createClock(),
  version: '0.1.0',
  stop: stop.signal,
  onLoss: () => process.exit(1),
  random: Math.random,
  ports: { sidecars: 0, admission: 0, health: 0 },
  onReady: ({ health }) => console.log(`http://127.0.0.1:${health}`),
});
process.exit(0);
