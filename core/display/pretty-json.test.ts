// JSON on lines: nothing in it is changed, and nothing in it can make it endless.

import { expect } from 'chai';
import fc from 'fast-check';
import { layOutJson } from './pretty-json.ts';

const ROOMY = { maxLines: 100_000, maxLineChars: 100_000 };

describe('layOutJson', () => {
  it('lays out objects and arrays, and keeps empty ones together', () => {
    const { lines } = layOutJson('{"a":[1,{"b":[]}],"c":{}}', ROOMY);

    expect(lines).to.deep.equal([
      '{',
      '  "a": [',
      '    1,',
      '    {',
      '      "b": []',
      '    }',
      '  ],',
      '  "c": {}',
      '}',
    ]);
  });

  it('shows numbers and escapes as they were recorded', () => {
    const { lines } = layOutJson('[12345678901234567890, 1e400, "\\u0041\\"{,"]', ROOMY);

    expect(lines).to.deep.equal([
      '[',
      '  12345678901234567890,',
      '  1e400,',
      '  "\\u0041\\"{,"',
      ']',
    ]);
  });

  it('changes the value of no JSON text', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const { lines, omittedChars } = layOutJson(JSON.stringify(value), ROOMY);

        expect(JSON.parse(lines.join('\n'))).to.deep.equal(JSON.parse(JSON.stringify(value)));
        expect(omittedChars).to.equal(0);
      }),
    );
  });

  it('says how much it left out', () => {
    const text = JSON.stringify(Array.from({ length: 1000 }, (_, index) => index));

    const { lines, omittedChars } = layOutJson(text, { maxLines: 10, maxLineChars: 80 });

    expect(lines).to.have.lengthOf(10);
    expect(omittedChars).to.be.greaterThan(3000);
  });

  it('cuts long lines', () => {
    const { lines, omittedChars } = layOutJson(JSON.stringify(['x'.repeat(500)]), {
      maxLines: 10,
      maxLineChars: 20,
    });

    expect(lines[1]).to.equal(`  "${'x'.repeat(17)}…`);
    expect(omittedChars).to.equal(484);
  });

  it('takes a string as long as any that is recorded', () => {
    const text = JSON.stringify({ blob: 'x'.repeat(16 * 1024 * 1024) });

    const { lines, omittedChars } = layOutJson(text, { maxLines: 10, maxLineChars: 80 });

    expect(lines).to.have.lengthOf(3);
    expect(omittedChars).to.be.greaterThan(16 * 1024 * 1024 - 80);
  });

  for (const text of ['', '{"a": "cut in the mid', '{"a":[1,', 'no json at all', ']]]}}}', '"\\']) {
    it(`goes as far as it can with ${JSON.stringify(text)}`, () => {
      const { lines } = layOutJson(text, ROOMY);

      expect(lines.join('').replaceAll(/\s/g, '')).to.equal(text.replaceAll(/\s/g, ''));
    });
  }
});
