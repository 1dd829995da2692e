// The canonical text against RFC 8785's own examples, and its properties on arbitrary values.

import { expect } from 'chai';
import fc from 'fast-check';

import { CanonicalFault, canonicalize } from './canonical.ts';

describe('canonicalize', () => {
  const vectors = [
    {
      name: 'the string and literals of RFC 8785 section 3.2.2',
      source: String.raw`{"string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}`,
      text: String.raw`{"literals":[null,true,false],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    },
    {
      name: 'the property order of RFC 8785 section 3.2.3',
      source: String.raw`{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`,
      text: '{"\\r":"Carriage Return","1":"One","\u0080":"Control","ö":"Latin Small Letter O With Diaeresis","€":"Euro Sign","😀":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
    },
    {
      name: 'arrays.json of the RFC test data',
      source: '[56, {"d": true, "10": null, "1": [ ]}]',
      text: '[56,{"1":[],"10":null,"d":true}]',
    },
    {
      name: 'french.json of the RFC test data',
      source:
        '{"peach": "This sorting order","péché": "is wrong according to French","pêche": "but canonicalization MUST","sin":   "ignore locale"}',
      text: '{"peach":"This sorting order","péché":"is wrong according to French","pêche":"but canonicalization MUST","sin":"ignore locale"}',
    },
    {
      name: 'structures.json of the RFC test data',
      source:
        '{"1": {"f": {"f": "hi","F": 5} ,"\\n": 56.0}, "10": { }, "": "empty", "a": { }, "111": [ {"e": "yes","E": "no" } ], "A": { }}',
      text: '{"":"empty","1":{"\\n":56,"f":{"F":5,"f":"hi"}},"10":{},"111":[{"E":"no","e":"yes"}],"A":{},"a":{}}',
    },
    {
      name: 'weird.json of the RFC test data',
      source: String.raw`{"\u20ac":"Euro Sign","\r":"Carriage Return","\u000a":"Newline","1":"One","\u0080":"Control\u007f","\ud83d\ude02":"Smiley","\u00f6":"Latin Small Letter O With Diaeresis","\ufb33":"Hebrew Letter Dalet With Dagesh","</script>":"Browser Challenge"}`,
      text: '{"\\n":"Newline","\\r":"Carriage Return","1":"One","</script>":"Browser Challenge","\u0080":"Control\u007f","ö":"Latin Small Letter O With Diaeresis","€":"Euro Sign","😂":"Smiley","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
    },
    { name: 'the largest safe integer', source: '9007199254740991', text: '9007199254740991' },
    { name: 'minus zero as zero', source: '-0', text: '0' },
    {
      name: 'a key named __proto__',
      source: '{"b":1,"__proto__":{}}',
      text: '{"__proto__":{},"b":1}',
    },
  ];
  for (const { name, source, text } of vectors) {
    it(`writes ${name}`, () => {
      expect(canonicalize(JSON.parse(source))).to.equal(text);
    });
  }

  const refused = [
    { name: 'a float', value: { a: { b: 1.5 } }, path: ['a', 'b'] },
    { name: 'an unsafe integer', value: [2 ** 53], path: ['0'] },
    { name: 'NaN', value: Number.NaN, path: [] },
    { name: 'Infinity', value: Number.POSITIVE_INFINITY, path: [] },
    { name: 'undefined in an object', value: { a: undefined }, path: ['a'] },
    { name: 'undefined in an array', value: [1, undefined, 3], path: ['1'] },
    { name: 'a bigint', value: 1n, path: [] },
    { name: 'a symbol', value: Symbol('s'), path: [] },
    { name: 'a function', value: () => 1, path: [] },
    { name: 'a lone surrogate', value: { a: '\ud800' }, path: ['a'] },
    { name: 'a lone surrogate in a key', value: { '\udc00': 1 }, path: [] },
    { name: 'a date', value: new Date(0), path: [] },
    { name: 'a map', value: new Map(), path: [] },
    { name: 'a value nested too deep', value: nest(40), path: undefined },
  ];
  for (const { name, value, path } of refused) {
    it(`refuses ${name} and names the field`, () => {
      const fault = faultOf(() => canonicalize(value));

      expect(fault.code).to.equal('not_canonical');
      if (path !== undefined) {
        expect(fault.path).to.deep.equal(path);
      }
    });
  }

  it('never puts a value into the fault', () => {
    const fault = faultOf(() => canonicalize({ a: 'secret', b: 0.123456 }));

    expect(fault.message).not.to.contain('0.123456').and.not.to.contain('secret');
  });

  it('means the same value when read back', () => {
    fc.assert(
      fc.property(domain(), (value) => {
        expect(JSON.parse(canonicalize(value))).to.deep.equal(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('is the same text again after a round trip', () => {
    fc.assert(
      fc.property(domain(), (value) => {
        const text = canonicalize(value);

        expect(canonicalize(JSON.parse(text))).to.equal(text);
      }),
    );
  });

  it('does not depend on the order in which fields were set', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), domain()), (fields) => {
        const reversed = Object.fromEntries(Object.entries(fields).reverse());

        expect(canonicalize(reversed)).to.equal(canonicalize({ ...fields }));
      }),
    );
  });
});

function domain(): fc.Arbitrary<unknown> {
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.string({ unit: 'binary' }),
      fc.maxSafeInteger(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.string({ unit: 'binary' }), tie('value'), { maxKeys: 4 }),
    ),
  }));
  return value;
}

function nest(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) {
    value = [value];
  }
  return value;
}

function faultOf(act: () => unknown): CanonicalFault {
  try {
    act();
  } catch (error) {
    if (error instanceof CanonicalFault) {
      return error;
    }
    throw error;
  }
  throw new Error('nothing was refused');
}
