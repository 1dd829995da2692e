// The process of `gatehouse`: the only file of the CLI that reads the environment, listens for
// signals and exits. Everything else is handed what it needs.

import { DEFAULT_DRAIN_SECONDS, listenForShutdown } from '#platform/process/shutdown.ts';
import { VERSION } from '#platform/process/version.ts';
import type { CommandIo } from './command.ts';
import { COMMANDS, type CommandEntry } from './command-table.ts';
import { dispatch } from './dispatch.ts';

/** EX_SOFTWARE of sysexits.h: a fault of ours, not of the command line. */
const EXIT_FAULT = 70;

// A reader that has seen enough (`| head`) is no fault; the command's own exit code stays true.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') {
      process.exit(EXIT_FAULT);
    }
  });
}

const print = {
  stdout: (text: string): void => void process.stdout.write(text),
  stderr: (text: string): void => void process.stderr.write(text),
};

/** A command that does not serve dies of a signal as any program does. */
function ioFor(entry: CommandEntry): CommandIo {
  const stop =
    entry.serves === true
      ? listenForShutdown(process, {
          drainSeconds: DEFAULT_DRAIN_SECONDS,
          exit: (code) => process.exit(code),
        }).stop
      : new AbortController().signal;
  return { ...print, env: process.env, stop };
}

async function main(): Promise<number> {
  try {
    const cli = { commands: COMMANDS, version: VERSION, ioFor };
    return await dispatch(cli, process.argv.slice(2), print);
  } catch (error) {
    const shown = error instanceof Error ? (error.stack ?? error.message) : 'unknown';
    print.stderr(`gatehouse: internal fault, please report it: ${shown}\n`);
    return EXIT_FAULT;
  }
}

const code = await main();
// Not left to the event loop: a handle that somebody forgot must not keep a finished command alive.
process.stdout.write('', () => process.exit(code));
