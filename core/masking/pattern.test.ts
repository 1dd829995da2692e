// A pattern finds all of what it matches, in time that no text can stretch.

import { expect } from 'chai';
import fc from 'fast-check';
import { compilePattern } from './pattern.ts';

const budget = () => ({ steps: 10_000_000 });

describe('pattern', () => {
  const cases: readonly { pattern: string; marked: string }[] = [
    { pattern: 'ACME-[0-9]{4}', marked: 'id «ACME-1234», «ACME-5678»!' },
    { pattern: '(?i)acme-\\d+', marked: '«AcMe-12»' },
    { pattern: 'a*', marked: 'b«aaa»b' },
    { pattern: '\\bfoo\\b', marked: 'foobar «foo» barfoo' },
    { pattern: 'foo|foobar', marked: '«foobar» «foo»' },
    { pattern: '\\d{3}', marked: 'x«12345»y12' },
    { pattern: '^key', marked: '«key» key' },
    { pattern: 'end$', marked: 'end «end»' },
    { pattern: '😀+', marked: 'a«😀😀»b' },
    { pattern: 'ab|b+c', marked: '«abbc»' },
    { pattern: 'x', marked: 'nothing' },
  ];
  for (const { pattern, marked } of cases) {
    it(`${pattern} finds ${marked}`, () => {
      const text = marked.replaceAll(/[«»]/g, '');

      expect(mark(text, pattern)).to.equal(marked);
    });
  }

  it('finds every character that any match of RegExp holds', () => {
    const patterns = ['a+b', '(?:ab|ba)+', 'a[bc]{1,3}', 'c(?:a|b)*c', '\\bab', 'b$'];
    const texts = fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' '), maxLength: 20 });

    fc.assert(
      fc.property(fc.constantFrom(...patterns), texts, (pattern, text) => {
        const found = compilePattern(pattern).find(text, budget());
        for (const match of text.matchAll(new RegExp(pattern, 'g'))) {
          const end = match.index + match[0].length;
          const isInside = found.some((span) => span.start <= match.index && span.end >= end);
          expect(match[0] === '' || isInside).to.equal(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('gives up when the budget is used up, rather than go on', () => {
    const pattern = compilePattern('(a|aa)+b');

    expect(() => pattern.find('a'.repeat(10_000), { steps: 1000 })).to.throw('too many steps');
  });

  it('skips text that cannot begin a match without spending the budget', () => {
    const pattern = compilePattern('ACME-[0-9]{4}');

    expect(pattern.find('b'.repeat(1_000_000), { steps: 100 })).to.deep.equal([]);
  });

  for (const bad of ['(', '(?=a)', '\\1', 'a{2,1}', '[z-a]']) {
    it(`refuses ${bad}`, () => {
      expect(() => compilePattern(bad)).to.throw();
    });
  }
});

function mark(text: string, pattern: string): string {
  let marked = '';
  let from = 0;
  for (const { start, end } of compilePattern(pattern).find(text, budget())) {
    marked += `${text.slice(from, start)}«${text.slice(start, end)}»`;
    from = end;
  }
  return marked + text.slice(from);
}
