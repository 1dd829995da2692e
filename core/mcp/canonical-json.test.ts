// The examples are those of RFC 8785: section 3.2.2, section 3.2.3 and appendix B.

import { expect } from 'chai';
import fc from 'fast-check';
import { canonicalize } from '#core/evidence/canonical.ts';
import { CanonicalJsonFault, canonicalJson } from './canonical-json.ts';
import { type ReadJson, readJson } from './json.ts';
import type { JsonValue } from './messages.ts';

/** IEEE 754 bits and the text of appendix B. */
const NUMBERS: readonly (readonly [bits: string, text: string])[] = [
  ['0000000000000000', '0'],
  ['8000000000000000', '0'],
  ['0000000000000001', '5e-324'],
  ['8000000000000001', '-5e-324'],
  ['7fefffffffffffff', '1.7976931348623157e+308'],
  ['ffefffffffffffff', '-1.7976931348623157e+308'],
  ['4340000000000000', '9007199254740992'],
  ['c340000000000000', '-9007199254740992'],
  ['4430000000000000', '295147905179352830000'],
  ['44b52d02c7e14af5', '9.999999999999997e+22'],
  ['44b52d02c7e14af6', '1e+23'],
  ['44b52d02c7e14af7', '1.0000000000000001e+23'],
  ['444b1ae4d6e2ef4e', '999999999999999700000'],
  ['444b1ae4d6e2ef4f', '999999999999999900000'],
  ['444b1ae4d6e2ef50', '1e+21'],
  ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
  ['3eb0c6f7a0b5ed8d', '0.000001'],
  ['41b3de4355555553', '333333333.3333332'],
  ['41b3de4355555554', '333333333.33333325'],
  ['41b3de4355555555', '333333333.3333333'],
  ['41b3de4355555556', '333333333.3333334'],
  ['41b3de4355555557', '333333333.33333343'],
  ['becbf647612f3696', '-0.0000033333333333333333'],
  ['43143ff3c1cb0959', '1424953923781206.2'],
];

function fromBits(bits: string): number {
  return Buffer.from(bits, 'hex').readDoubleBE();
}

function nested(depth: number): JsonValue {
  return Array.from({ length: depth }).reduce<JsonValue>((inner) => [inner], 1);
}

/** Whatever parses by our own gate. */
function parsed(text: string): JsonValue {
  const read: ReadJson = readJson(Buffer.from(text), {
    maxBytes: 1e6,
    maxDepth: 64,
    numbers: 'exact',
  });
  return read.ok ? read.value : null;
}

describe('canonical JSON', () => {
  for (const [bits, text] of NUMBERS) {
    it(`writes the double ${bits} as ${text}`, () => {
      expect(canonicalJson(fromBits(bits))).to.equal(text);
    });
  }

  it('writes the example of section 3.2.2', () => {
    const value = JSON.parse(
      '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],' +
        '"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}',
    );

    expect(canonicalJson(value)).to.equal(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it('sorts members by UTF-16 code units, as section 3.2.3 shows', () => {
    const value = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\u{1f600}': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    };

    const names = [...canonicalJson(value).matchAll(/"([^"]+)":/g)].map(([, name]) => name);

    expect(names).to.deep.equal(['\\r', '1', '\u0080', '\u00f6', '\u20ac', '\u{1f600}', '\ufb33']);
  });

  const none: readonly { readonly name: string; readonly value: JsonValue }[] = [
    { name: 'NaN', value: Number.NaN },
    { name: 'an infinity', value: Number.NEGATIVE_INFINITY },
    { name: 'half a surrogate pair', value: '\ud800' },
    { name: 'half a surrogate pair in a name', value: { '\udc00': 1 } },
    { name: 'what nests too deep', value: nested(513) },
    { name: 'a value that is no JSON', value: { a: undefined } as unknown as JsonValue },
  ];
  for (const { name, value } of none) {
    it(`has no text for ${name}`, () => {
      expect(() => canonicalJson(value)).to.throw(CanonicalJsonFault);
    });
  }

  it('reaches as deep as any policy lets a message be', () => {
    expect(canonicalJson(nested(512))).to.have.length(512 * 2 + 1);
  });

  it('has one text for one value, however that was written', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value as JsonValue);

        expect(canonicalJson(JSON.parse(text))).to.equal(text);
        expect(JSON.parse(text)).to.deep.equal(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('has different texts for arguments that differ in one digit, key or type', () => {
    const texts = [
      '{"amount":50}',
      '{"amount":50.01}',
      '{"amount":"50"}',
      '{"amount":50,"a":null}',
      '{"amount":[50]}',
      '{"Amount":50}',
      '{"amount":-50}',
      '{"amount":5e-1}',
    ].map((text) => canonicalJson(parsed(text)));

    expect(new Set(texts).size).to.equal(texts.length);
  });

  it('agrees with the canonical form of evidence where that has one', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        let expected: string | undefined;
        try {
          expected = canonicalize(value);
        } catch {
          return;
        }
        expect(canonicalJson(value as JsonValue)).to.equal(expected);
      }),
    );
  });
});
