import { expect } from 'chai';
import fc from 'fast-check';
import { formatPath, type Path, parsePath } from './path.ts';

describe('a path in a policy', () => {
  const cases: { path: Path; text: string }[] = [
    { path: [], text: '' },
    { path: ['spec', 'rules', 0, 'match', 'tools', 12], text: 'spec.rules[0].match.tools[12]' },
    { path: ['metadata', 'labels', 'a.b/c'], text: 'metadata.labels["a.b/c"]' },
    { path: ['spec', '0'], text: 'spec["0"]' },
    { path: ['x"]', 'y'], text: '["x\\"]"].y' },
  ];
  for (const { path, text } of cases) {
    it(`is written ${text === '' ? 'empty for the document' : text} and read back`, () => {
      expect(formatPath(path)).to.equal(text);
      expect(parsePath(text)).to.deep.equal(path);
    });
  }

  it('is read back whatever its short fields are called', () => {
    const segment = fc.oneof(
      fc.string({ maxLength: 40 }).filter((field) => /^[\x20-\x7e]*$/.test(field)),
      fc.nat(),
    );

    fc.assert(
      fc.property(fc.array(segment, { maxLength: 6 }), (path) => {
        expect(parsePath(formatPath(path))).to.deep.equal(path);
      }),
    );
  });

  it('shows no control characters and only the beginning of a long field', () => {
    const text = formatPath(['spec', `\u001b[2J\u202e\u009b\n${'x'.repeat(100_000)}`]);

    expect(text.length).to.be.below(120);
    expect(text).to.match(/^[\x20-\x7e…]*$/);
  });
});
