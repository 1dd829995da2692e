import { expect } from 'chai';
import fc from 'fast-check';
import { catalogueText, readToolPage } from './definitions.ts';
import type { JsonObject, JsonValue } from './messages.ts';

const ECHO = {
  name: 'echo',
  title: 'Echo',
  description: 'Says what it was told.',
  inputSchema: { type: 'object', properties: { n: { type: 'number', multipleOf: 0.1 } } },
  outputSchema: { type: 'object' },
  annotations: { readOnlyHint: true },
  icons: [{ src: 'https://example.com/a.png' }],
  execution: { taskSupport: 'optional' },
  'x-unknown': 1,
  _meta: { 'example.com/a': 'b' },
} satisfies JsonObject;

describe('a tool definition', () => {
  it('is read with its name and its text, in the order of the list', () => {
    const page = pageOf([ECHO, { name: 'add' }]);

    expect(page.tools.map(({ name }) => name)).to.deep.equal(['echo', 'add']);
    expect(page.tools[1]?.text).to.equal('{"name":"add"}');
  });

  for (const member of Object.keys(ECHO)) {
    it(`has another text when its ${member} is another`, () => {
      const changed = { ...ECHO, [member]: member === 'name' ? 'other' : [member] };

      expect(textOf(changed)).to.not.equal(textOf(ECHO));
    });
  }

  for (const member of Object.keys(ECHO).filter((key) => key !== 'name')) {
    it(`has another text without its ${member}`, () => {
      const { [member]: _, ...rest } = ECHO as JsonObject;

      expect(textOf({ name: 'echo', ...rest })).to.not.equal(textOf(ECHO));
    });
  }

  it('has the same text whatever the order of its members', () => {
    const members = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue(), {
      noNullPrototype: true,
    });

    fc.assert(
      fc.property(members, (given) => {
        const tool = { ...(given as JsonObject), name: 'echo' };
        const turned = Object.fromEntries(Object.entries(tool).reverse());

        expect(textOf(turned)).to.equal(textOf(tool));
      }),
    );
  });

  it('keeps fractions in its text', () => {
    expect(textOf({ name: 'a', maximum: 1e-7, minimum: 0.1 })).to.equal(
      '{"maximum":1e-7,"minimum":0.1,"name":"a"}',
    );
  });

  it('has no text when a number in it is beyond all doubles', () => {
    expect(textOf({ name: 'a', maximum: Number.POSITIVE_INFINITY })).to.equal(undefined);
  });

  const hiding: readonly { readonly name: string; readonly text: string; readonly is: boolean }[] =
    [
      { name: 'tag characters', text: 'a\u{e0041}\u{e0042}', is: true },
      { name: 'a direction override', text: 'a\u202eb', is: true },
      { name: 'a direction isolate', text: 'a\u2066b', is: true },
      { name: 'a zero-width space', text: 'a\u200bb', is: true },
      { name: 'a word joiner', text: 'a\u2060b', is: true },
      { name: 'a joiner between letters', text: 'a\u200db', is: true },
      { name: 'a byte order mark', text: 'a\ufeff', is: true },
      { name: 'variation selectors that carry data', text: 'a\u{e0101}', is: true },
      { name: 'a Hangul filler', text: '\u3164', is: true },
      { name: 'terminal escapes', text: '\u001b[8mx', is: true },
      { name: 'the joiner of an emoji', text: '👩\u200d💻 at work', is: false },
      { name: 'the selector of an emoji', text: '❤\ufe0f', is: false },
      { name: 'the non-joiner of Persian', text: 'می\u200cخواهم', is: false },
      { name: 'lines and tabs', text: 'a\r\n\tb', is: false },
      { name: 'any script', text: 'żółć 漢字 עברית العربية', is: false },
    ];
  for (const { name, text, is } of hiding) {
    it(`${is ? 'hides text with' : 'hides nothing with'} ${name}`, () => {
      const places: JsonValue[] = [
        { name: 'a', description: text },
        { name: 'a', inputSchema: { properties: { [text]: {} } } },
        { name: 'a', inputSchema: { enum: ['b', text] } },
      ];

      const found = pageOf(places).tools.map(({ hidesText }) => hidesText);

      expect(found).to.deep.equal([is, is, is]);
    });
  }
});

describe('a page of tools', () => {
  const cases: readonly { readonly name: string; readonly result: JsonValue; reason?: string }[] = [
    { name: 'without tools', result: { tools: [] } },
    { name: 'without a result', result: null, reason: 'result.tools is not a list' },
    { name: 'with tools that are no list', result: { tools: {} }, reason: 'is not a list' },
    { name: 'with a tool that is no object', result: { tools: ['a'] }, reason: 'has no name' },
    { name: 'with a tool without a name', result: { tools: [{}] }, reason: 'has no name' },
    { name: 'with a name that is no text', result: { tools: [{ name: 1 }] }, reason: 'no name' },
    {
      name: 'with a cursor that is no text',
      result: { tools: [], nextCursor: 1 },
      reason: 'result.nextCursor is not a string',
    },
  ];
  for (const { name, result, reason } of cases) {
    it(`${name} is ${reason === undefined ? 'read' : 'refused'}`, () => {
      const page = readToolPage(result);

      expect(page.ok ? undefined : page.reason).to.satisfy(
        (said?: string) => said === reason || said?.includes(reason ?? '\0'),
      );
    });
  }

  it('says whether there is another, an empty cursor included', () => {
    const cursors = ['next', '', null].map((nextCursor) => {
      const page = readToolPage({ tools: [], nextCursor });
      return page.ok ? page.nextCursor : 'refused';
    });

    expect(cursors).to.deep.equal(['next', '', undefined]);
  });
});

describe('a catalogue', () => {
  it('is one text whatever order its tools came in, odd names included', () => {
    const tools = [
      ['b', '2'],
      ['__proto__', '3'],
      ['a', '1'],
    ] as const;

    const text = catalogueText(tools);

    expect(text).to.equal('{"__proto__":"3","a":"1","b":"2"}');
    expect(catalogueText(tools.toReversed())).to.equal(text);
  });
});

function pageOf(tools: readonly JsonValue[]) {
  const page = readToolPage({ tools });
  if (!page.ok) throw new Error(page.reason);
  return page;
}

function textOf(tool: JsonObject): string | undefined {
  return pageOf([tool]).tools[0]?.text;
}
