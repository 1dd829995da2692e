// A console is opened by one flag, and every other flag of it is refused without that one.

import { expect } from 'chai';
import { UsageError } from './command.ts';
import { CONSOLE_FLAGS, checkApprovalKey, consoleSettings, decidingUrl } from './console-flags.ts';
import { text } from './flag-kinds.ts';
import { parseFlags } from './flags.ts';

const REST = { dataDir: 'd', allowPlainHttp: false };

function read(...words: readonly string[]) {
  return consoleSettings(parseFlags(CONSOLE_FLAGS, words, {}).flags, REST);
}

describe('the flags of a console', () => {
  it('open none when none is given', () => {
    expect(read()).to.equal(undefined);
  });

  it('open one for this machine by its address alone', () => {
    const settings = read('--console', '127.0.0.1:8443');

    expect(settings?.publicUrl.href).to.equal('http://localhost:8443/');
    expect(settings).to.deep.include({ auditors: [], clientId: undefined, ...REST });
  });

  it('say where browsers dial it and who may read everything', () => {
    const settings = read(
      ...['--console', '0.0.0.0:8443', '--console-url', 'https://gatehouse.example'],
      ...['--console-auditors', 'audit', '--console-auditors', 'security'],
    );

    expect(settings?.publicUrl.origin).to.equal('https://gatehouse.example');
    expect(settings?.auditors).to.deep.equal(['audit', 'security']);
  });

  const orphans = [
    ['--console-client', 'x'],
    ['--console-client-secret', 'file'],
    ['--console-auditors', 'audit'],
    ['--console-recording-key', 'file'],
  ];
  for (const [flag = '', value = ''] of orphans) {
    it(`refuse ${flag} without a console, by its name`, () => {
      expect(() => read(flag, value)).to.throw(UsageError, `${flag} is for a console`);
    });
  }

  it('refuse a port that nobody knows before it is taken', () => {
    expect(() => read('--console', '127.0.0.1:0')).to.throw(
      UsageError,
      '--console must name a port',
    );
  });
});

describe('a gateway at which nobody decides', () => {
  const table = { ...CONSOLE_FLAGS, approvalKey: text, redis: text };
  const url = ['--console-url', 'https://gatehouse.example'];
  const key = ['--approval-key', 'approval.pub'];
  const redis = ['--redis', 'redis://127.0.0.1'];

  function readAll(...words: readonly string[]) {
    const { flags } = parseFlags(table, words, {});
    checkApprovalKey(flags);
    return flags;
  }

  it('says where people decide, without a console of its own', () => {
    const flags = readAll(...key, ...url, ...redis);

    expect(decidingUrl(flags, consoleSettings(flags, REST))?.href).to.equal(
      'https://gatehouse.example/',
    );
    expect(consoleSettings(flags, REST)).to.equal(undefined);
  });

  it('takes one on loopback, as where everything is on one machine', () => {
    const flags = readAll('--console-url', 'http://localhost:8443');

    expect(consoleSettings(flags, REST)).to.equal(undefined);
  });

  for (const [wrong, says] of [
    ['http://gatehouse.example', 'https'],
    ['https://gatehouse.example/console', 'path'],
    ['https://gatehouse.example/?x=1', 'path'],
  ] as const) {
    it(`sends nobody to ${wrong}`, () => {
      const flags = readAll('--console-url', wrong);

      expect(() => consoleSettings(flags, REST)).to.throw(UsageError, `--console-url must`);
      expect(() => consoleSettings(flags, REST)).to.throw(UsageError, says);
    });
  }

  const refused: readonly (readonly [name: string, words: readonly string[], says: string])[] = [
    ['the address where they do', [...key, ...redis], '--console-url'],
    ['what both share', [...key, ...url], '--redis'],
    ['no console beside it', [...key, ...url, ...redis, '--console', 'h:1'], 'leave out --console'],
  ];
  for (const [name, words, says] of refused) {
    it(`wants ${name}`, () => {
      expect(() => readAll(...words)).to.throw(UsageError, says);
    });
  }
});
