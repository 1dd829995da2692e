// Pins what the words on the command line come to: the right command, help where it was asked for,
// exit code 64 and a suggestion where the words were wrong.

import { expect } from 'chai';
import { type Command, UsageError } from './command.ts';
import type { CommandEntry } from './command-table.ts';
import { dispatch, findInvocation } from './dispatch.ts';

function command(name: string, run: Command['run'] = async () => 0): Command {
  return { name, summary: `does ${name}`, usage: `Usage: gatehouse ${name}`, run };
}

function entry(made: Command): CommandEntry {
  return { name: made.name, load: async () => made };
}

const COMMANDS: readonly CommandEntry[] = [
  entry(command('run', async (args) => args.length)),
  entry(
    command('policy validate', async () => {
      throw new UsageError('--x is missing');
    }),
  ),
  entry(
    command('policy test', async () => {
      throw new TypeError('a fault');
    }),
  ),
  entry(command('sessions list')),
];

async function call(...args: readonly string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const print = {
    stdout: (text: string) => out.push(text),
    stderr: (text: string) => err.push(text),
  };
  const io = { ...print, env: {}, stop: new AbortController().signal };
  const cli = { commands: COMMANDS, version: '1.2.3', ioFor: () => io };
  const code = await dispatch(cli, args, print);
  return { code, out: out.join(''), err: err.join('') };
}

describe('dispatch', () => {
  it('gives the command its own arguments and returns its exit code', async () => {
    expect((await call('run', 'a', 'b')).code).to.equal(2);
    expect((await call('sessions', 'list', '--json')).code).to.equal(0);
  });

  it('answers --version', async () => {
    expect(await call('--version')).to.deep.equal({ code: 0, out: 'gatehouse 1.2.3\n', err: '' });
  });

  for (const words of [['--help'], ['-h'], ['help']]) {
    it(`lists every command for ${words.join(' ')}`, async () => {
      const { code, out } = await call(...words);

      expect(code).to.equal(0);
      for (const { name } of COMMANDS) {
        expect(out).to.match(new RegExp(`^  ${name} +does ${name}$`, 'm'));
      }
    });
  }

  it('lists one group on its --help', async () => {
    const { code, out } = await call('policy', '--help');

    expect(code).to.equal(0);
    expect(out).to.include('does policy test').and.not.include('does run');
  });

  it("shows a command's help for --help anywhere among its flags, without running it", async () => {
    const { code, out } = await call('policy', 'validate', '--json', '-h');

    expect(code).to.equal(0);
    expect(out).to.equal('Usage: gatehouse policy validate\n');
  });

  it('takes a --help after -- for an operand', async () => {
    expect((await call('run', '--', '--help')).code).to.equal(2);
  });

  for (const words of [[], ['policy']]) {
    it(`complains with the list when only "${words.join(' ')}" is said`, async () => {
      const { code, out, err } = await call(...words);

      expect(code).to.equal(64);
      expect(out).to.equal('');
      expect(err).to.include('COMMAND [flags]');
    });
  }

  it('names the flag and shows the help after a usage error', async () => {
    const { code, err } = await call('policy', 'validate');

    expect(code).to.equal(64);
    expect(err).to.equal(
      'gatehouse policy validate: --x is missing\n\nUsage: gatehouse policy validate\n',
    );
  });

  it('does not dress a fault up as a usage error', async () => {
    const fault = await call('policy', 'test').catch((error: unknown) => error);

    expect(fault).to.be.instanceOf(TypeError);
  });

  const unknown: readonly { words: readonly string[]; says: string }[] = [
    { words: ['rnu'], says: 'did you mean "gatehouse run"?' },
    { words: ['polcy'], says: 'did you mean "gatehouse policy"?' },
    { words: ['policy', 'validat'], says: 'did you mean "gatehouse policy validate"?' },
    { words: ['validate'], says: 'did you mean "gatehouse policy validate"?' },
    { words: ['policy', 'abracadabra'], says: 'see gatehouse --help' },
    { words: ['abracadabra'], says: 'see gatehouse --help' },
    { words: ['--listen', 'x', 'run'], says: 'the command comes before its flags' },
    { words: ['constructor'], says: 'see gatehouse --help' },
  ];
  for (const { words, says } of unknown) {
    it(`answers "${words.join(' ')}" with: ${says}`, async () => {
      const { code, err } = await call(...words);

      expect(code).to.equal(64);
      expect(err).to.include(says);
    });
  }

  it('keeps control characters of a mistyped command out of the terminal', () => {
    const found = findInvocation(COMMANDS, ['\u001b[2Jrun']);

    expect(found.kind === 'unknown' && found.message).to.include('\\u001b[2Jrun');
  });
});
