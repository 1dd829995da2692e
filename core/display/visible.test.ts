// What a reader would not see is shown to them, whoever put it there.

import { expect } from 'chai';
import { visible, visibleLines } from './visible.ts';

describe('visible text', () => {
  const unseen: readonly (readonly [name: string, character: string])[] = [
    ['a Hangul filler', '\u3164'],
    ['a half-width Hangul filler', '\uffa0'],
    ['a grapheme joiner', '\u034f'],
    ['a Mongolian vowel separator', '\u180e'],
    ['a selector of a variant', '\ufe01'],
    ['one of the others', '\u{e0101}'],
    ['a blank of Braille', '\u2800'],
    ['an invisible operator of music', '\u{1d173}'],
    ['a language tag', '\u{e0001}'],
    ['a zero-width joiner', '\u200d'],
    ['a mark of direction', '\u061c'],
  ];
  for (const [name, character] of unseen) {
    it(`writes out ${name}`, () => {
      const written = `\\u{${character.codePointAt(0)?.toString(16)}}`;

      expect(visible(`pay${character}100`)).to.equal(`pay${written}100`);
      expect(visibleLines(`pay${character}100`)).to.equal(`pay${written}100`);
    });
  }

  it('leaves an emoji its form, and nothing else that looks like one', () => {
    expect(visible('\u2764\ufe0f')).to.equal('\u2764\ufe0f');
    expect(visible('1\ufe0f00')).to.equal('1\\u{fe0f}00');
    expect(visible('\u2764\ufe0f\ufe0f')).to.equal('\u2764\ufe0f\\u{fe0f}');
  });

  it('keeps lines and tabs where they are meant', () => {
    expect(visibleLines('a\n\tb\r')).to.equal('a\n\tb\\u{d}');
  });
});
