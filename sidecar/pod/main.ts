// The process of a sidecar in a pod: `node sidecar.mjs` runs the gateway, `node sidecar.mjs drain` is the hook that
// the kubelet runs before it stops the pod. The only file here that reads the environment, hears signals and exits.

import { createClock } from '#platform/process/clock.ts';
import { createLogger } from '#platform/process/log.ts';
import { listenForShutdown } from '#platform/process/shutdown.ts';
import { askToDrain } from './ask-to-drain.ts';
import { runPod } from './run-pod.ts';
import { adminPort, drainSeconds, type PodSettings, readPodSettings } from './settings.ts';

/** EX_CONFIG of sysexits.h: the sidecar cannot start as it is configured. */
const EXIT_CONFIG = 78;
/** EX_SOFTWARE: a fault of ours. */
const EXIT_FAULT = 70;
/** EX_UNAVAILABLE: nobody to ask. */
const EXIT_UNAVAILABLE = 69;

const say = (text: string): void => void process.stderr.write(`gatehouse: ${text}\n`);

async function main(word: string | undefined): Promise<number> {
  if (word === 'drain') return drain();
  if (word === undefined) return run();
  say(`${word}: there is only drain, and no word at all to run`);
  return EXIT_CONFIG;
}

async function run(): Promise<number> {
  let settings: PodSettings;
  try {
    settings = readPodSettings(process.env);
  } catch (error) {
    return unstarted(error);
  }
  const clock = createClock();
  const log = createLogger({
    level: settings.logLevel,
    write: (text) => void process.stderr.write(text),
    now: () => clock.timestamp(),
  });
  const shutdown = listenForShutdown(process, {
    drainSeconds: settings.drainSeconds,
    exit: (code) => process.exit(code),
  });
  try {
    await runPod(settings, log.with({ pod: settings.podName }), shutdown.stop);
    return 0;
  } catch (error) {
    return unstarted(error);
  } finally {
    log.flush();
    shutdown.close();
  }
}

async function drain(): Promise<number> {
  try {
    const status = await askToDrain(adminPort(process.env), drainSeconds(process.env));
    return status === 200 ? 0 : EXIT_UNAVAILABLE;
  } catch (error) {
    say(`the sidecar could not be asked to drain (${codeOf(error)})`);
    return EXIT_UNAVAILABLE;
  }
}

/** Faults of configuration say what to do; of others only the kind is said, since a peer may be quoted. */
function unstarted(error: unknown): number {
  const isOurs = error instanceof Error && /Fault$/.test(error.name);
  say(isOurs ? error.message : `a fault (${codeOf(error)})`);
  if (!isOurs && error instanceof Error) say(error.stack?.split('\n').slice(1).join('\n') ?? '');
  return isOurs ? EXIT_CONFIG : EXIT_FAULT;
}

function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error) return String(error.code);
  return error instanceof Error ? error.name : 'unknown';
}

process.exitCode = await main(process.argv[2]);
