// Hostile text on a terminal is seen, not obeyed.

import { expect } from 'chai';
import fc from 'fast-check';
import { columns, printable } from './printable.ts';

describe('printable', () => {
  const cases = [
    { name: 'an escape sequence', text: '\u001b[31mred', shown: '\\u{1b}[31mred' },
    { name: 'a new line', text: 'a\nVERIFIED', shown: 'a\\u{a}VERIFIED' },
    { name: 'a carriage return', text: 'a\rb', shown: 'a\\u{d}b' },
    { name: 'a C1 control', text: 'a\u009b31m', shown: 'a\\u{9b}31m' },
    { name: 'an override of direction', text: 'a\u202eb', shown: 'a\\u{202e}b' },
    { name: 'an isolate', text: 'a\u2066b', shown: 'a\\u{2066}b' },
    { name: 'a zero-width space', text: 'a\u200bb', shown: 'a\\u{200b}b' },
    { name: 'a tag character', text: 'a\u{e0041}', shown: 'a\\u{e0041}' },
    { name: 'a lone surrogate', text: 'a\ud800', shown: 'a\\u{d800}' },
  ];
  for (const { name, text, shown } of cases) {
    it(`writes out ${name}`, () => {
      expect(printable(text)).to.equal(shown);
    });
  }

  it('leaves the words of the world alone', () => {
    const text = 'échange 検索 поиск 🙂 a-b_c:d/e';

    expect(printable(text)).to.equal(text);
  });

  it('never lets a control through', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.to.match(/\p{Cc}/u);
      }),
    );
  });
});

describe('columns', () => {
  it('pads all but the last', () => {
    expect(
      columns([
        ['a', 'bb', 'c'],
        ['aaa', 'b', ''],
      ]),
    ).to.equal('a    bb  c\naaa  b\n');
  });
});
