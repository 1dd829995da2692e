// Shows that a key which V8 misreads after it was led astray is read as the server will read it.

import { expect } from 'chai';
import fc from 'fast-check';
import { readCarefully } from './careful-json.ts';
import { readJson } from './json.ts';
import { bytesOf, oddJson, textOf } from './odd-json.testkit.ts';

const LIMITS = { maxBytes: 10_000, maxDepth: 32, numbers: 'exact' } as const;

/** In this place V8 now expects a key of the same length, spelled as the escaped one is written. */
function leadAstray(before: string, key: string, written: string): void {
  const expected = JSON.stringify(written.slice(0, key.length));
  readJson(bytesOf(`{${before}${expected}:0}`), LIMITS);
}

describe('reading carefully', () => {
  const keys: readonly { key: string; written: string }[] = [
    { key: 'a', written: '\\u0061' },
    { key: 'amount', written: '\\u0061mount' },
    { key: 'name', written: '\\u006e\\u0061\\u006d\\u0065' },
    { key: 'a"b', written: 'a\\"b' },
    { key: 'https://x/roles', written: 'https:\\/\\/x\\/roles' },
    { key: 'é', written: '\\u00e9' },
    { key: '\\', written: '\\u005c' },
  ];
  for (const { key, written } of keys) {
    it(`reads the key written as ${written} whatever was read before`, () => {
      const before = `${JSON.stringify(`before ${written}`)}:1,`;
      leadAstray(before, key, written);

      const read = readJson(bytesOf(`{${before}"${written}":2}`), LIMITS);

      expect(read.ok && Object.entries(read.value ?? {})[1]).to.deep.equal([key, 2]);
    });
  }

  it('sees a second name that is written with escapes', () => {
    leadAstray('"name":"allowed",', 'name', '\\u006eame');

    const read = readJson(bytesOf('{"name":"allowed","\\u006eame":"denied"}'), LIMITS);

    expect(read).to.deep.equal({ ok: false, reason: 'JSON repeats a key inside one object' });
  });

  it('reads members named __proto__ as members', () => {
    const value = readCarefully('{"__proto__":{"a":1}}');

    expect(Object.keys(value ?? {})).to.deep.equal(['__proto__']);
    expect(Object.getPrototypeOf(value)).to.equal(Object.prototype);
  });

  it('reads what JSON.parse reads where no key has an escape', () => {
    const texts = oddJson({ unique: false, wellFormed: true })
      .map(textOf)
      .filter((text) => !text.includes('\\'));

    fc.assert(
      fc.property(texts, (text) => {
        expect(readCarefully(text)).to.deep.equal(JSON.parse(text));
      }),
    );
  });
});
