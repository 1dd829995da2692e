// Pins how flags and their environment twins are read, and that a complaint says what to do
// without repeating what was typed.

import { expect } from 'chai';
import { UsageError } from './command.ts';
import {
  atLeastOne,
  hostPort,
  integer,
  oneOf,
  onOff,
  required,
  text,
  texts,
  url,
  urls,
  withDefault,
} from './flag-kinds.ts';
import { parseFlags } from './flags.ts';

const table = {
  policy: texts,
  data: withDefault(text, './gatehouse-data'),
  listen: hostPort,
  upstream: url,
  publicUrl: urls,
  retries: integer(1, 10),
  level: oneOf(['info', 'debug']),
  json: onOff,
};

function complaint(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    expect(error).to.be.instanceOf(UsageError);
    return error instanceof Error ? error.message : '';
  }
  throw new Error('no complaint was made');
}

describe('flags', () => {
  it('reads each kind of flag from the command line', () => {
    const { flags } = parseFlags(
      table,
      [
        ...['--policy', 'a.yaml', '--policy=b.yaml', '--listen', '[::1]:0', '--json'],
        ...['--upstream', 'http://127.0.0.1:3000/mcp', '--retries', '3', '--level', 'debug'],
        ...['--public-url', 'https://a.example', '--public-url', 'https://b.example/mcp'],
      ],
      {},
    );

    expect(flags.policy).to.deep.equal(['a.yaml', 'b.yaml']);
    expect(flags.data).to.equal('./gatehouse-data');
    expect(flags.listen).to.deep.equal({ host: '::1', port: 0 });
    expect(flags.upstream?.href).to.equal('http://127.0.0.1:3000/mcp');
    expect(flags.publicUrl.map((one) => one.host)).to.deep.equal(['a.example', 'b.example']);
    expect(flags.retries).to.equal(3);
    expect(flags.level).to.equal('debug');
    expect(flags.json).to.equal(true);
  });

  it('reads the environment twin when the flag is absent', () => {
    const env = {
      GATEHOUSE_POLICY: 'a.yaml, b.yaml',
      GATEHOUSE_PUBLIC_URL: 'https://a.example',
      GATEHOUSE_JSON: 'true',
      GATEHOUSE_LISTEN: 'localhost:8080',
    };

    const { flags } = parseFlags(table, [], env);

    expect(flags.policy).to.deep.equal(['a.yaml', 'b.yaml']);
    expect(flags.publicUrl.map((one) => one.host)).to.deep.equal(['a.example']);
    expect(flags.json).to.equal(true);
    expect(flags.listen).to.deep.equal({ host: 'localhost', port: 8080 });
  });

  it('lets the command line win over the environment', () => {
    const env = { GATEHOUSE_DATA: '/from/env', GATEHOUSE_POLICY: 'env.yaml' };

    const { flags } = parseFlags(table, ['--data', '/from/flag', '--policy', 'flag.yaml'], env);

    expect(flags.data).to.equal('/from/flag');
    expect(flags.policy).to.deep.equal(['flag.yaml']);
  });

  it('keeps operands apart from flags, and everything after -- is an operand', () => {
    const files = { name: 'FILE', atLeast: 1, atMost: 9 };

    const { flags, operands } = parseFlags(table, ['a', '--json', 'b', '--', '--x'], {}, files);

    expect(flags.json).to.equal(true);
    expect(operands).to.deep.equal(['a', 'b', '--x']);
  });

  const refused: readonly { name: string; args: readonly string[]; says: RegExp }[] = [
    { name: 'an unknown flag', args: ['--lisen', 'x'], says: /--lisen; did you mean --listen\?/ },
    { name: 'a far-off flag', args: ['--zzzzzzzzzz'], says: /--zzzzzzzzzz; see --help/ },
    { name: 'an unknown flag with a value', args: ['--token=s3cret'], says: /flag --token;/ },
    { name: 'an unknown short flag', args: ['-x'], says: /unknown flag -x/ },
    { name: 'a prototype name', args: ['--constructor'], says: /unknown flag --constructor/ },
    { name: 'a missing value', args: ['--listen'], says: /--listen needs a value/ },
    { name: 'a flag in a value place', args: ['--data', '--json'], says: /--data=VALUE/ },
    { name: 'an empty value', args: ['--data='], says: /--data needs a value/ },
    { name: 'a switch with a value', args: ['--json=yes'], says: /--json takes no value/ },
    { name: 'a flag given twice', args: ['--data=a', '--data=b'], says: /--data is given twice/ },
    { name: 'an operand', args: ['file'], says: /one word too many/ },
    { name: 'no port', args: ['--listen=localhost'], says: /--listen must be HOST:PORT/ },
    { name: 'a huge port', args: ['--listen=h:65536'], says: /--listen must be HOST:PORT/ },
    { name: 'bare IPv6', args: ['--listen=::1:80'], says: /--listen must be HOST:PORT/ },
    { name: 'bracketed IPv4', args: ['--listen=[127.0.0.1]:80'], says: /must be HOST:PORT/ },
    { name: 'an empty host', args: ['--listen=:80'], says: /--listen must be HOST:PORT/ },
    { name: 'a relative URL', args: ['--upstream=/mcp'], says: /--upstream must be an absolute/ },
    { name: 'a strange scheme', args: ['--upstream=file:///x'], says: /must be an absolute URL/ },
    { name: 'a credential', args: ['--upstream=http://u:p@h/'], says: /user name or password/ },
    { name: 'a fragment', args: ['--upstream=http://h/#x'], says: /must not have a fragment/ },
    { name: 'no number', args: ['--retries=1.5'], says: /whole number from 1 to 10/ },
    { name: 'a number too large', args: ['--retries=11'], says: /whole number from 1 to 10/ },
    { name: 'an unknown word', args: ['--level=loud'], says: /must be one of info, debug/ },
  ];
  for (const { name, args, says } of refused) {
    it(`refuses ${name} and says what to do`, () => {
      expect(complaint(() => parseFlags(table, args, {}))).to.match(says);
    });
  }

  const refusedInEnv: readonly { name: string; env: Record<string, string>; says: RegExp }[] = [
    { name: 'URL', env: { GATEHOUSE_UPSTREAM: 'x' }, says: /^GATEHOUSE_UPSTREAM must be an/ },
    { name: 'switch', env: { GATEHOUSE_JSON: 'yes' }, says: /^GATEHOUSE_JSON must be true or fal/ },
    { name: 'empty value', env: { GATEHOUSE_DATA: '' }, says: /^GATEHOUSE_DATA is set but has an/ },
    { name: 'empty item', env: { GATEHOUSE_POLICY: 'a,,b' }, says: /^GATEHOUSE_POLICY is set but/ },
  ];
  for (const { name, env, says } of refusedInEnv) {
    it(`names the variable when its ${name} is bad`, () => {
      expect(complaint(() => parseFlags(table, [], env))).to.match(says);
    });
  }

  it('names both ways to give a flag that is required', () => {
    const act = () => parseFlags({ publicUrl: required(url) }, [], {});

    expect(complaint(act)).to.match(/^--public-url \(or GATEHOUSE_PUBLIC_URL\) is missing/);
  });

  it('wants a repeated required flag at least once', () => {
    const act = () => parseFlags({ policy: atLeastOne(texts) }, [], {});

    expect(complaint(act)).to.match(/is missing; give it at least once/);
  });

  it('says which operand is missing', () => {
    const act = () => parseFlags({}, [], {}, { name: 'FILE', atLeast: 1, atMost: 1 });

    expect(complaint(act)).to.equal('FILE is missing; name at least 1');
  });

  it('never repeats a value that was typed', () => {
    const secret = 's3cret';
    const tries = ['--listen=', '--upstream=', '--retries=', '--level=', '--unknown='];

    for (const flag of tries) {
      const message = complaint(() => parseFlags(table, [`${flag}${secret}`], {}));

      expect(message, flag).to.not.include(secret);
    }
  });
});
