// Whether a value fits a schema: judged as validators judge it, where it is judged at all.

import { expect } from 'chai';
import type { JsonValue } from '#core/mcp/messages.ts';
import { fits, newSchemaBudget, SchemaFault } from './schema-check.ts';

function judged(schema: JsonValue, value: JsonValue, unknown: 'fits' | 'fails' = 'fails'): boolean {
  return fits(schema, value, { root: schema, unknown, budget: newSchemaBudget(1000) });
}

const CASES: readonly {
  name: string;
  schema: JsonValue;
  yes: readonly JsonValue[];
  no: readonly JsonValue[];
}[] = [
  { name: 'true and false', schema: true, yes: [1, null], no: [] },
  { name: 'false', schema: false, yes: [], no: [1, null] },
  { name: 'type', schema: { type: 'string' }, yes: ['a'], no: [1, null, [], {}] },
  { name: 'types', schema: { type: ['integer', 'null'] }, yes: [1, null], no: [1.5, 'a'] },
  {
    name: 'type of lists and objects',
    schema: { type: ['array', 'object'] },
    yes: [[], {}],
    no: [null, 'a'],
  },
  { name: 'const', schema: { const: { a: 1 } }, yes: [{ a: 1 }], no: [{ a: 2 }, 1] },
  { name: 'enum', schema: { enum: ['a', 1] }, yes: ['a', 1], no: ['b'] },
  {
    name: 'lengths, in characters',
    schema: { minLength: 2, maxLength: 2 },
    yes: ['ab', '😀😀', 1],
    no: ['a', 'abc'],
  },
  { name: 'pattern', schema: { pattern: '^[a-z]+$' }, yes: ['a', 1], no: ['A', ''] },
  { name: 'format', schema: { format: 'email' }, yes: ['a@b.example'], no: ['a'] },
  { name: 'formats nobody knows', schema: { format: 'x' }, yes: ['a'], no: [] },
  {
    name: 'ranges',
    schema: { minimum: 1, exclusiveMaximum: 3, multipleOf: 0.5 },
    yes: [1, 2.5],
    no: [0, 3, 1.2],
  },
  {
    name: 'items',
    schema: { items: { type: 'number' }, minItems: 1, maxItems: 2 },
    yes: [[1], [1, 2]],
    no: [[], ['a'], [1, 2, 3]],
  },
  {
    name: 'prefixItems',
    schema: { prefixItems: [{ type: 'string' }], items: { type: 'number' } },
    yes: [['a', 1]],
    no: [[1], ['a', 'b']],
  },
  { name: 'uniqueItems', schema: { uniqueItems: true }, yes: [[1, 2]], no: [[1, 1]] },
  { name: 'contains', schema: { contains: { const: 1 } }, yes: [[2, 1]], no: [[2]] },
  {
    name: 'properties',
    schema: { properties: { a: { type: 'number' } }, required: ['a'], additionalProperties: false },
    yes: [{ a: 1 }],
    no: [{}, { a: 'b' }, { a: 1, b: 1 }],
  },
  {
    name: 'patternProperties',
    schema: {
      patternProperties: { '^x': { type: 'number' } },
      additionalProperties: { type: 'string' },
    },
    yes: [{ x1: 1, a: 'b' }],
    no: [{ x1: 'b' }, { a: 1 }],
  },
  {
    name: 'propertyNames',
    schema: { propertyNames: { maxLength: 1 } },
    yes: [{ a: 1 }],
    no: [{ ab: 1 }],
  },
  {
    name: 'numbers of properties',
    schema: { minProperties: 1, maxProperties: 1 },
    yes: [{ a: 1 }],
    no: [{}, { a: 1, b: 1 }],
  },
  {
    name: 'allOf and anyOf',
    schema: { allOf: [{ minimum: 1 }], anyOf: [{ maximum: 2 }, { const: 9 }] },
    yes: [1, 9],
    no: [0, 5],
  },
  { name: 'oneOf', schema: { oneOf: [{ minimum: 1 }, { maximum: 2 }] }, yes: [0, 3], no: [1] },
  { name: 'not', schema: { not: { const: 1 } }, yes: [2], no: [1] },
  {
    name: 'if, then, else',
    // biome-ignore lint/suspicious/noThenProperty: `then` is a keyword of JSON Schema.
    schema: { if: { const: 1 }, then: false, else: { maximum: 5 } },
    yes: [2],
    no: [1, 6],
  },
  {
    name: 'references',
    schema: { $defs: { 'a/b': { type: 'string' } }, items: { $ref: '#/$defs/a~1b' } },
    yes: [['x']],
    no: [[1]],
  },
];

describe('a value and a schema', () => {
  for (const { name, schema, yes, no } of CASES) {
    it(`are judged by ${name}`, () => {
      for (const value of yes) expect(judged(schema, value), JSON.stringify(value)).to.equal(true);
      for (const value of no) expect(judged(schema, value), JSON.stringify(value)).to.equal(false);
    });
  }

  const unknowns: readonly { name: string; schema: JsonValue }[] = [
    { name: 'a pattern of another syntax', schema: { pattern: '^(?=a)' } },
    { name: 'a reference that leads nowhere', schema: { $ref: '#/none' } },
    { name: 'a reference to elsewhere', schema: { $ref: 'https://schemas.example/a' } },
    { name: 'a reference that depends on who asks', schema: { $dynamicRef: '#a' } },
  ];
  for (const { name, schema } of unknowns) {
    it(`are judged as the caller says where they cannot be: ${name}`, () => {
      expect(judged(schema, 'a', 'fits')).to.equal(true);
      expect(judged(schema, 'a', 'fails')).to.equal(false);
    });
  }

  it('take the neutral value of a format for its pattern, in whatever syntax that is', () => {
    const schema = { format: 'email', pattern: '^(?!\\.)[a-z]+@[a-z.]+$' };

    expect(judged(schema, 'redacted@redacted.invalid')).to.equal(true);
    expect(judged(schema, 'someone@else.example')).to.equal(false);
  });

  it('are a fault when a schema refers to itself without end', () => {
    expect(() => judged({ $ref: '#' }, 1)).to.throw(SchemaFault);
  });

  it('do not read members that only their prototype has', () => {
    expect(judged({ properties: {}, additionalProperties: false }, { constructor: 1 })).to.equal(
      false,
    );
    expect(judged({ $ref: '#/constructor' }, 1)).to.equal(false);
  });
});
