// Spans point at exactly the bytes of the value they name, however the text is written.

import { expect } from 'chai';
import fc from 'fast-check';
import type { JsonValue } from './messages.ts';
import { bytesOf, type OddJson, oddJson, textOf } from './odd-json.testkit.ts';
import {
  decodeString,
  elements,
  locate,
  members,
  rootSpan,
  type Span,
  SpanFault,
} from './spans.ts';

const TEXT = ' {"a" : [1, "x\\"]" ,{}] ,\n"\\u0062":{"c":-1.50e+3}, "d":[ ] } ';

describe('locate', () => {
  const cases: readonly { path: readonly (string | number)[]; text: string | undefined }[] = [
    { path: [], text: TEXT.trim() },
    { path: ['a'], text: '[1, "x\\"]" ,{}]' },
    { path: ['a', 0], text: '1' },
    { path: ['a', 1], text: '"x\\"]"' },
    { path: ['a', 2], text: '{}' },
    { path: ['a', 3], text: undefined },
    { path: ['b'], text: '{"c":-1.50e+3}' },
    { path: ['b', 'c'], text: '-1.50e+3' },
    { path: ['b', 0], text: undefined },
    { path: ['d'], text: '[ ]' },
    { path: ['d', 0], text: undefined },
    { path: ['d', 'length'], text: undefined },
    { path: ['constructor'], text: undefined },
    { path: ['e', 'f', 0], text: undefined },
    { path: ['b', 'c', 'd'], text: undefined },
  ];
  for (const { path, text } of cases) {
    it(`finds ${text ?? 'nothing'} at /${path.join('/')}`, () => {
      expect(slice(TEXT, locate(bytesOf(TEXT), path))).to.equal(text);
    });
  }

  it('throws on bytes that did not pass the gate, and ends', () => {
    for (const text of [
      '',
      '{',
      '{"a',
      '{"a"',
      '{"a":',
      '{"a":1',
      '[1',
      '[1 2]',
      '{"a" 1}',
      '"',
      '{1:2}',
      '[,]',
    ]) {
      expect(() => locate(bytesOf(text), ['a', 0, 'b']), text).to.not.throw(TypeError);
      expect(() => walkAll(text), text).to.throw(SpanFault);
    }
  });

  it('names an offset in its fault and none of the text', () => {
    expect(() => walkAll('{"s3cret')).to.throw(SpanFault, /offset 1$/);
  });
});

describe('spans', () => {
  it('cover every value of odd texts, and nothing else', () => {
    fc.assert(
      fc.property(oddJson({ unique: true, wellFormed: true }), (json) => {
        const text = textOf(json);
        const bytes = bytesOf(text);

        expectSame(bytes, rootSpan(bytes), json);
      }),
      { numRuns: 1000 },
    );
  });
});

function expectSame(bytes: Uint8Array, span: Span, json: OddJson): void {
  const text = Buffer.from(bytes.subarray(span.start, span.end)).toString('utf8');
  expect(text).to.equal(textOf(json));
  if (json.kind === 'string') expect(decodeString(bytes, span)).to.equal(json.value);
  if (json.kind === 'array') {
    const found = [...elements(bytes, span)];
    expect(found).to.have.length(json.items.length);
    for (const [index, item] of json.items.entries()) expectSame(bytes, found[index]!, item);
  }
  if (json.kind === 'object') {
    const found = [...members(bytes, span)];
    expect(found.map((member) => member.key)).to.deep.equal(json.members.map(([key]) => key.value));
    for (const [index, [key, value]] of json.members.entries()) {
      expectSame(bytes, found[index]!.name, key);
      expectSame(bytes, found[index]!.value, value);
    }
  }
}

function slice(text: string, span: Span | undefined): string | undefined {
  return span === undefined
    ? undefined
    : Buffer.from(bytesOf(text).subarray(span.start, span.end)).toString('utf8');
}

/** Reads everything there is, so that damage anywhere is met. */
function walkAll(text: string): JsonValue {
  const bytes = bytesOf(text);
  const walk = (span: Span): JsonValue => {
    const names = [...members(bytes, span)].map((member) => walk(member.value));
    return [...names, ...[...elements(bytes, span)].map(walk)];
  };
  return walk(rootSpan(bytes));
}
