import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { UsageError } from './command.ts';
import { pinFrom, runPin, SECRET } from './policy-pin.testkit.ts';
import { type Behaviour, startScriptedServer } from './scripted-server.testkit.ts';

const ADD = { name: 'add', inputSchema: { type: 'object' } };

async function usageError(...args: readonly string[]): Promise<string> {
  try {
    await runPin(...args);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return 'none';
}

describe('gatehouse policy pin, where there is nothing to pin', () => {
  const failures: readonly { name: string; behaviour: Behaviour; says: string }[] = [
    {
      name: 'refuses',
      behaviour: { status: 401 },
      says: 'HTTP 401; give it a credential with --credential-file',
    },
    {
      name: 'redirects',
      behaviour: { status: 302 },
      says: 'redirects (HTTP 302); name its final address with --upstream',
    },
    { name: 'fails', behaviour: { status: 502 }, says: 'answers HTTP 502' },
    { name: 'is none', behaviour: { status: 404 }, says: 'answered HTTP 404' },
    { name: 'speaks no era', behaviour: {}, says: 'answers with JSON-RPC error -32000' },
    {
      name: 'chooses what nobody knows',
      behaviour: { legacy: [[ADD]], chosen: '2031-01-01' },
      says: 'a protocol version that Gatehouse does not support',
    },
    {
      name: 'lists no list',
      behaviour: { modern: [[]], listing: { tools: {} } },
      says: 'result.tools is not a list',
    },
    {
      name: 'never ends its list',
      behaviour: { modern: [[]], listing: { tools: [], nextCursor: 'on' } },
      says: '100 pages',
    },
    {
      name: 'has two tools of one name',
      behaviour: { modern: [[ADD], [{ ...ADD, title: 'Other' }]] },
      says: 'add: the MCP server lists two different tools of this name',
    },
    {
      name: 'has a name that is too long',
      behaviour: { modern: [[{ name: 'a'.repeat(257) }]] },
      says: 'over 256 characters',
    },
    {
      name: 'has more tools than a policy takes pins',
      behaviour: { modern: [Array.from({ length: 513 }, (_, at) => ({ name: `t${at}` }))] },
      says: 'a policy takes 512 pins, not 513',
    },
  ];
  for (const { name, behaviour, says } of failures) {
    it(`prints no pins when the server ${name}, and says so`, async () => {
      const { code, out, err } = await pinFrom(behaviour);

      expect({ code, out }).to.deep.equal({ code: 1, out: '' });
      expect(err)
        .to.match(/^gatehouse policy pin: .+\n$/)
        .and.include(says);
    });
  }

  it('says that nobody listens there', async () => {
    const server = await startScriptedServer({});
    await server.close();

    const { code, err } = await runPin('--upstream', server.url);

    expect(code).to.equal(1);
    expect(err).to.include('cannot be reached');
  });

  const mistakes: readonly { name: string; args: readonly string[]; says: string }[] = [
    { name: 'no server', args: [], says: '--upstream (or GATEHOUSE_UPSTREAM) is missing' },
    { name: 'no URL', args: ['--upstream', 'here'], says: '--upstream must be an absolute URL' },
    {
      name: 'plain http beyond loopback',
      args: ['--upstream', 'http://tools.example/mcp'],
      says: 'add --allow-plain-http',
    },
    {
      name: 'two credentials',
      args: [
        '--upstream',
        'https://a.example/mcp',
        '--credential-env',
        'A',
        '--credential-file',
        'b',
      ],
      says: 'not both',
    },
    {
      name: 'a header without a credential',
      args: ['--upstream', 'https://a.example/mcp', '--credential-header', 'x-key'],
      says: '--credential-header needs',
    },
    {
      name: 'a header that is none',
      args: [
        '--upstream',
        'https://a.example/mcp',
        '--credential-env',
        'A',
        '--credential-header',
        'x y',
      ],
      says: '--credential-header must be the name of an HTTP header',
    },
    {
      name: 'a variable that is not set',
      args: ['--upstream', 'https://a.example/mcp', '--credential-env', 'NOT_SET'],
      says: '--credential-env names a variable that does not hold one header value',
    },
    {
      name: 'a file that is not there',
      args: ['--upstream', 'https://a.example/mcp', '--credential-file', '/nowhere/x'],
      says: '--credential-file: /nowhere/x: cannot be read (ENOENT)',
    },
  ];
  for (const { name, args, says } of mistakes) {
    it(`names the flag for ${name}`, async () => {
      expect(await usageError(...args)).to.include(says);
    });
  }

  it('never repeats a credential that cannot be sent', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-policy-pin-'));
    const file = join(folder, 'credential');
    await writeFile(file, `${SECRET}\n${SECRET}\n`);

    const message = await usageError(
      '--upstream',
      'https://a.example/mcp',
      '--credential-file',
      file,
    );

    await rm(folder, { recursive: true });
    expect(message).to.include('does not hold one header value').and.not.include(SECRET);
  });
});
