import { hash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { pinFrom, SECRET } from './policy-pin.testkit.ts';
import type { Behaviour } from './scripted-server.testkit.ts';

const ADD = { name: 'add', description: 'Adds.', inputSchema: { type: 'object' } };
const ECHO = { inputSchema: { type: 'object' }, name: 'echo', 'x-odd': 1e-7 };
/** Written out, so that another way of computing them would show. */
const PINS = [
  {
    name: 'add',
    digest: digestOf('{"description":"Adds.","inputSchema":{"type":"object"},"name":"add"}'),
  },
  {
    name: 'echo',
    digest: digestOf('{"inputSchema":{"type":"object"},"name":"echo","x-odd":1e-7}'),
  },
];

function digestOf(text: string): string {
  return `sha256:${hash('sha256', text)}`;
}

describe('gatehouse policy pin', () => {
  const shapes: readonly { readonly name: string; readonly behaviour: Behaviour }[] = [
    { name: 'a modern server', behaviour: { modern: [[ECHO, ADD]] } },
    { name: 'a legacy server', behaviour: { legacy: [[ECHO, ADD]] } },
    { name: 'a server of both eras', behaviour: { modern: [[ADD, ECHO]], legacy: [[ECHO, ADD]] } },
    { name: 'a modern server that pages', behaviour: { modern: [[ECHO], [], [ADD]] } },
    { name: 'a legacy server that pages', behaviour: { legacy: [[ECHO], [ADD]] } },
    { name: 'a modern server that streams', behaviour: { modern: [[ECHO], [ADD]], stream: true } },
    {
      name: 'a server of the eldest revision',
      behaviour: { legacy: [[ADD], [ECHO]], chosen: '2024-11-05' },
    },
    { name: 'a server that repeats itself', behaviour: { modern: [[ADD, ECHO], [ADD]] } },
  ];
  for (const { name, behaviour } of shapes) {
    it(`prints every tool of ${name}, by name`, async () => {
      const { code, out, err } = await pinFrom(behaviour);

      expect({ code, err }).to.deep.equal({ code: 0, err: '' });
      expect(parse(out)).to.deep.equal({ spec: { tools: { pins: PINS } } });
    });
  }

  it('ends the session that it opened', async () => {
    const { heard } = await pinFrom({ legacy: [[ADD]] });

    const last = heard.at(-1);
    expect(last?.http).to.equal('DELETE');
    expect(last?.headers['mcp-session-id']).to.equal('s1');
  });

  it('calls no tool', async () => {
    const { heard } = await pinFrom({ modern: [[ADD]], legacy: [[ADD]] });

    expect(heard.map(({ method }) => method)).to.not.include('tools/call');
  });

  it('prints a server without tools as no pins', async () => {
    const { code, out } = await pinFrom({ modern: [[]] });

    expect(code).to.equal(0);
    expect(parse(out)).to.deep.equal({ spec: { tools: { pins: [] } } });
  });

  it('quotes names, so that no name becomes something else', async () => {
    const odd = ['on', '1', "a'b", 'a: "b"', 'żółć', 'line\nbreak', 'turned\u202e', '- x'];

    const { out } = await pinFrom({ modern: [odd.map((name) => ({ name }))] });

    const names = parse(out).spec.tools.pins.map(({ name }: { name: string }) => name);
    expect(names).to.deep.equal(odd.toSorted());
    expect(out).to.not.include('\u202e');
  });

  it('warns of definitions that hold what nobody sees', async () => {
    const { code, err } = await pinFrom({
      modern: [[ADD, { ...ECHO, description: 'a\u{e0041}' }]],
    });

    expect(code).to.equal(0);
    expect(err).to.match(/^warning: echo: .*nobody sees\n$/);
  });

  it('warns of a tool that the other era is told of otherwise', async () => {
    const other = [{ ...ADD, title: 'Add' }, ECHO];

    const { out, err } = await pinFrom({ modern: [[ADD, ECHO]], legacy: [other] });

    expect(parse(out).spec.tools.pins).to.deep.equal(PINS);
    expect(err).to.match(/^warning: add: .*MCP 2025-11-25.*\n$/);
  });

  describe('with a credential', () => {
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'gatehouse-policy-pin-'));
    });
    afterEach(() => rm(folder, { recursive: true }));

    const given: readonly {
      name: string;
      flags: readonly string[];
      header: string;
      value: string;
    }[] = [
      {
        name: 'from the environment',
        flags: ['--credential-env', 'TOOL_TOKEN'],
        header: 'authorization',
        value: `Bearer ${SECRET}`,
      },
      {
        name: 'from a file',
        flags: ['--credential-file', 'FILE'],
        header: 'authorization',
        value: `Basic ${SECRET}`,
      },
      {
        name: 'in another header',
        flags: ['--credential-file', 'FILE', '--credential-header', 'X-Api-Key'],
        header: 'x-api-key',
        value: `Basic ${SECRET}`,
      },
    ];
    for (const { name, flags, header, value } of given) {
      it(`${name} sends it with each request and shows it nowhere`, async () => {
        const file = join(folder, 'credential');
        await writeFile(file, `Basic ${SECRET}\n`);

        const flagged = flags.map((flag) => (flag === 'FILE' ? file : flag));
        const { out, err, heard } = await pinFrom({ legacy: [[ADD], [ECHO]] }, ...flagged);

        expect(heard.map(({ headers }) => headers[header])).to.deep.equal(heard.map(() => value));
        expect(out + err).to.not.include(SECRET);
      });
    }
  });
});
