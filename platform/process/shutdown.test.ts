// Pins what the first and the second signal do, on a source of signals and on a real process.

import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { expect } from 'chai';
import { EXIT_DRAIN_CUT, listenForShutdown, type SignalSource } from './shutdown.ts';

function listening(drainSeconds: number) {
  const source = new EventEmitter();
  const exits: number[] = [];
  const exited = new Promise<number>((resolve) => {
    source.once('exited', resolve);
  });
  const shutdown = listenForShutdown(source as SignalSource, {
    drainSeconds,
    exit: (code) => {
      exits.push(code);
      source.emit('exited', code);
    },
  });
  return { source, exits, exited, shutdown };
}

describe('shutdown', () => {
  for (const signal of ['SIGTERM', 'SIGINT']) {
    it(`asks to stop on ${signal}, and lets the drain go on`, () => {
      const { source, exits, shutdown } = listening(60);

      source.emit(signal, signal);

      expect(shutdown.stop.aborted).to.equal(true);
      expect(exits).to.deep.equal([]);
      shutdown.close();
    });
  }

  it('ends at once on the second signal, saying which', () => {
    const { source, exits, shutdown } = listening(60);

    source.emit('SIGTERM', 'SIGTERM');
    source.emit('SIGINT', 'SIGINT');

    expect(exits).to.deep.equal([130]);
    shutdown.close();
  });

  it('cuts a drain that outlives its deadline', async () => {
    const { source, exited } = listening(0.01);
    const alive = setInterval(() => {}, 1000);

    source.emit('SIGTERM', 'SIGTERM');

    expect(await exited).to.equal(EXIT_DRAIN_CUT);
    clearInterval(alive);
  });

  it('lets go of its signals and its deadline when closed, twice if need be', () => {
    const { source, shutdown } = listening(60);

    shutdown.close();
    shutdown.close();

    expect(source.listenerCount('SIGTERM') + source.listenerCount('SIGINT')).to.equal(0);
  });

  it('hears real signals, and a second one ends a process that hangs', async () => {
    const program = `
      import { listenForShutdown } from '#platform/process/shutdown.ts';
      const exit = (code) => process.exit(code);
      const { stop } = listenForShutdown(process, { drainSeconds: 60, exit });
      stop.addEventListener('abort', () => console.log('draining'));
      setInterval(() => {}, 1000);
      console.log('ready');
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });

    const [ready] = await once(child.stdout, 'data');
    child.kill('SIGTERM');
    const [draining] = await once(child.stdout, 'data');
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');

    expect(String(ready)).to.equal('ready\n');
    expect(String(draining)).to.equal('draining\n');
    expect(code).to.equal(143);
  });
});
