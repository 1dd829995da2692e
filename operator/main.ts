// The process of the operator: the only file of it that reads the environment, listens for signals and exits.

import { createClock } from '#platform/process/clock.ts';
import { createLogger } from '#platform/process/log.ts';
import { listenForShutdown } from '#platform/process/shutdown.ts';
import manifest from '../package.json' with { type: 'json' };
import { injectionSettings } from './injection-settings.ts';
import { ClusterAccessFault } from './kube/access.ts';
import { KubeClient } from './kube/client.ts';
import { podAccess } from './kube/kubeconfig.ts';
import { runOperator } from './run-operator.ts';
import { runUninstall } from './run-uninstall.ts';
import { type OperatorSettings, readSettings } from './settings.ts';

/** EX_SOFTWARE and EX_CONFIG of sysexits.h, and one for a lost lease or a chart that must stay: no fault. */
const EXIT = { fault: 70, config: 78, lost: 1, stay: 1 };
const DRAIN_SECONDS = 40;

const clock = createClock();

function settingsOrExit(): OperatorSettings {
  try {
    return readSettings(process.env);
  } catch (error) {
    process.stderr.write(`gatehouse operator: ${error instanceof Error ? error.message : ''}\n`);
    process.exit(EXIT.config);
  }
}

const settings = settingsOrExit();
const log = createLogger({
  level: settings.logLevel,
  write: (lines) => void process.stderr.write(lines),
  now: () => clock.timestamp(),
});

function end(code: number): never {
  log.flush();
  process.exit(code);
}

const { stop } = listenForShutdown(process, { drainSeconds: DRAIN_SECONDS, exit: end });

try {
  const access = await podAccess(process.env);
  if (process.argv[2] === 'uninstall') {
    const client = new KubeClient(access);
    const say = (line: string) => void process.stdout.write(`${line}\n`);
    const version = manifest.version;
    end((await runUninstall({ settings, client, clock, version, say })) ? 0 : EXIT.stay);
  }
  await runOperator({
    ...{ settings, log, clock, stop, version: manifest.version },
    injection: injectionSettings(process.env, settings, manifest.version),
    client: new KubeClient(access),
    random: Math.random,
    onLoss: () => {
      log.error('the lease is lost: another replica may lead now');
      end(EXIT.lost);
    },
  });
  end(0);
} catch (error) {
  log.error('cannot go on', error instanceof Error ? { error } : {});
  if (error instanceof ClusterAccessFault) {
    process.stderr.write(`gatehouse operator: ${error.message}\n`);
    end(EXIT.config);
  }
  end(EXIT.fault);
}
