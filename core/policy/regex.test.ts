import { expect } from 'chai';
import fc from 'fast-check';
import { compileRegex } from './regex.ts';
import { RegexFault } from './regex-syntax.ts';

function matches(pattern: string, text: string, steps = 1_000_000): boolean {
  return compileRegex(pattern).test(text, { steps });
}

describe('a regular expression', () => {
  const cases: [pattern: string, text: string, matches: boolean][] = [
    ['b', 'abc', true],
    ['^b', 'abc', false],
    ['^a.c$', 'abc', true],
    ['^a.c$', 'a\nc', false],
    ['(?s)^a.c$', 'a\nc', true],
    ['(?i)^ab$', 'AB', true],
    ['(?i)[a-c]+', 'B', true],
    ['(?is)^a.b$', 'A\nB', true],
    ['^[a-z]+$', 'abc', true],
    ['^[a-z]+$', 'abC', false],
    ['^[^a-z]$', 'A', true],
    ['^[]a]$', ']', true],
    ['^[a-]$', '-', true],
    ['^[\\w-]+$', 'a_1-', true],
    ['^\\d{2,3}$', '12', true],
    ['^\\d{2,3}$', '1234', false],
    ['^\\d{2}$', '123', false],
    ['^\\d{2,}$', '12345', true],
    ['^(?:ab|cd)*$', 'abcdab', true],
    ['^(a|b)?c$', 'c', true],
    ['^a+?$', 'aaa', true],
    ['^(a*)*$', 'aaa', true],
    ['^(a*)+$', 'b', false],
    ['\\bcat\\b', 'a cat.', true],
    ['\\bcat\\b', 'concat', false],
    ['\\Bcat', 'concat', true],
    ['\\Aab\\z', 'ab', true],
    ['^\\x41$', 'A', true],
    ['^\\.$', 'a', false],
    ['^.$', '\u{1f600}', true],
    ['^\u{1f600}+$', '\u{1f600}\u{1f600}', true],
    ['', 'anything', true],
    ['^$', '', true],
    ['a$', 'a\n', false],
    ['^[\\d\\s]+$', '1 2', true],
    ['x|', 'y', true],
  ];
  for (const [pattern, text, expected] of cases) {
    it(`${JSON.stringify(pattern)} ${expected ? 'matches' : 'does not match'} ${JSON.stringify(text)}`, () => {
      expect(matches(pattern, text)).to.equal(expected);
    });
  }

  const refused: string[] = [
    '(',
    ')',
    'a)',
    '[a',
    '*a',
    '+',
    'a**',
    'a{2}{3}',
    'a{3,2}',
    'a{1001}',
    'a{,2}',
    'a{x}',
    '(?=a)',
    '(?<n>a)',
    '\\1',
    '\\p{L}',
    '\\',
    '\\x4',
    '[z-a]',
    '[\\d-z]{',
    '[[:alpha:]]',
    '^*',
    '(((a{50}){50}){50})',
    '('.repeat(60) + ')'.repeat(60),
  ];
  for (const pattern of refused) {
    it(`${JSON.stringify(pattern.slice(0, 30))} is refused`, () => {
      expect(() => compileRegex(pattern)).to.throw(RegexFault);
    });
  }

  it('agrees with V8 on what both can read', () => {
    const atoms = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\w', '\\b', '^', '$');
    const quantified = fc
      .tuple(
        fc.constantFrom('a', 'b', '.', '[ab]', '(a|bb)', '(?:ab)*'),
        fc.constantFrom('', '*', '+', '?', '{2}', '{1,2}'),
      )
      .filter(([atom, quantifier]) => !(atom.endsWith('*') && quantifier !== ''))
      .map((parts) => parts.join(''));
    const patterns = fc
      .array(fc.oneof(atoms, quantified, fc.constant('|')), { maxLength: 6 })
      .map((parts) => parts.join(''));
    const texts = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n'), maxLength: 8 });

    fc.assert(
      fc.property(patterns, texts, (pattern, text) => {
        expect(matches(pattern, text)).to.equal(new RegExp(pattern, 'u').test(text));
      }),
      { numRuns: 500 },
    );
  });

  it('takes time that grows with the text alone, where backtracking would never end', () => {
    expect(matches('^(a+)+$', `${'a'.repeat(5000)}b`)).to.equal(false);
  });

  it('gives up when its budget is used up', () => {
    const budget = { steps: 100 };

    expect(() => compileRegex('a*b').test('a'.repeat(1000), budget)).to.throw(RegexFault);
  });
});
