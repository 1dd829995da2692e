import { expect } from 'chai';
import fc from 'fast-check';
import { compileGlob, NARROW, unitsOf, WIDE } from './glob.ts';

describe('a glob for names', () => {
  const cases: [pattern: string, text: string, matches: boolean][] = [
    ['refund', 'refund', true],
    ['refund', 'Refund', false],
    ['refund', 'refunds', false],
    ['get_*', 'get_', true],
    ['get_*', 'get_user', true],
    ['get_*', 'forget_user', false],
    ['*_user', 'get_user', true],
    ['*', '', true],
    ['*', 'any/thing?#', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['files/*', 'files/a/b', true],
    ['**', 'x', true],
    ['a?c', 'abc', false],
    ['a?c', 'a?c', true],
    ['[ab]', 'a', false],
    ['a.c', 'abc', false],
    ['*\u{1f600}', 'x\u{1f600}', true],
  ];
  for (const [pattern, text, matches] of cases) {
    it(`${pattern} ${matches ? 'matches' : 'does not match'} ${text}`, () => {
      expect(compileGlob(pattern, 'name').matches(text)).to.equal(matches);
    });
  }

  it('agrees with a regular expression on any text', () => {
    const pieces = fc.array(fc.constantFrom('a', 'b', '*', '.', '/'), { maxLength: 8 });
    const texts = fc.string({ unit: fc.constantFrom('a', 'b', '.', '/'), maxLength: 10 });

    fc.assert(
      fc.property(pieces, texts, (parts, text) => {
        const pattern = parts.join('');
        const regex = new RegExp(
          `^${parts.map((part) => (part === '*' ? '.*' : `\\${part}`.replace(/\\([ab])/, '$1'))).join('')}$`,
          's',
        );

        expect(compileGlob(pattern, 'name').matches(text)).to.equal(regex.test(text));
      }),
    );
  });

  it('stays fast on a name made to make backtracking slow', () => {
    const glob = compileGlob(`${'a*'.repeat(60)}b`, 'name');

    // 60 stars over 1000 characters: a backtracking matcher would never return.
    expect(glob.matches('a'.repeat(1000))).to.equal(false);
  });

  it('matches nothing longer than any real name', () => {
    expect(compileGlob('a*', 'name').matches('a'.repeat(8193))).to.equal(false);
  });
});

describe('a glob for URIs', () => {
  const cases: [pattern: string, text: string, matches: boolean][] = [
    ['file:///a/*', 'file:///a/b', true],
    ['file:///a/*', 'file:///a/b/c', false],
    ['file:///a/*', 'file:///a/b?c', false],
    ['file:///a/*', 'file:///a/b#c', false],
    ['file:///a/**', 'file:///a/b/c?d#e', true],
    ['file:///**/b*c', 'file:///x/bz/bzc', true],
    ['file:///*/b', 'file:///a/b', true],
    ['file:///*/b', 'file:///a/a/b', false],
    ['https://*.example/**', 'https://a.example/x', true],
    ['https://*.example/**', 'https://evil.test#@a.example/x', false],
    ['https://*.example/**', 'https://evil.test/.example/x', false],
    ['**', 'x:y', true],
  ];
  for (const [pattern, text, matches] of cases) {
    it(`${pattern} ${matches ? 'matches' : 'does not match'} ${text}`, () => {
      expect(compileGlob(pattern, 'uri').matches(text)).to.equal(matches);
    });
  }
});

describe('a glob and an outline', () => {
  const outline = (...parts: (string | number)[]) =>
    parts.flatMap((part) => (typeof part === 'string' ? unitsOf(part) : [part]));
  const cases: [pattern: string, parts: (string | number)[], covers: boolean, meets: boolean][] = [
    ['x:a/**', ['x:a/', WIDE], true, true],
    ['x:a/*', ['x:a/', WIDE], false, true],
    ['x:a/*', ['x:a/', NARROW], true, true],
    ['x:a/b', ['x:a/', NARROW], false, true],
    ['x:b/**', ['x:a/', WIDE], false, false],
    ['x:a/*/c', ['x:a/', NARROW, '/c'], true, true],
    ['x:a/*/c', ['x:a/', NARROW, '/d'], false, false],
    ['**', [WIDE], true, true],
    ['x:a', ['x:a'], true, true],
  ];
  for (const [pattern, parts, covers, meets] of cases) {
    it(`${pattern} ${covers ? 'covers' : 'does not cover'}, ${meets ? 'meets' : 'does not meet'} ${parts.join(' ')}`, () => {
      const glob = compileGlob(pattern, 'uri');

      expect(glob.covers(outline(...parts))).to.equal(covers);
      expect(glob.meets(outline(...parts))).to.equal(meets);
    });
  }

  it('never covers what it does not match', () => {
    const words = fc.array(fc.constantFrom('a', 'b', '/', '*', '**'), { maxLength: 6 });
    const fillings = fc.array(fc.constantFrom('', 'a', 'ab', 'a/b', '/'), {
      minLength: 6,
      maxLength: 6,
    });

    fc.assert(
      fc.property(words, words, fillings, (wide, narrow, fills) => {
        const glob = compileGlob(wide.join(''), 'uri');
        const other = compileGlob(narrow.join(''), 'uri');
        const text = other.outline
          .map((unit, at) =>
            unit < 0 ? (fills[at % fills.length] ?? '') : String.fromCharCode(unit),
          )
          .join('');
        fc.pre(other.matches(text));

        if (glob.covers(other.outline)) expect(glob.matches(text)).to.equal(true);
        if (glob.matches(text)) expect(glob.meets(other.outline)).to.equal(true);
      }),
    );
  });
});
