// Messages for property tests: built of words, of values in the clear and in other spellings, and of
// near misses; written as JSON with escapes where nobody needs them.

import fc from 'fast-check';
import type { JsonValue } from '#core/mcp/messages.ts';
import { VALUES } from './masking.testkit.ts';

/** One value, and a spelling of it that a reader would undo. */
export interface Spelt {
  readonly value: string;
  readonly text: string;
}

const SPELLINGS: readonly ((value: string) => string)[] = [
  (value) => value,
  (value) => value,
  encodeURIComponent,
  (value) => Buffer.from(`the value is ${value} and no other`).toString('base64'),
  (value) => Buffer.from(`say ${value} to nobody`).toString('base64url'),
  (value) => Buffer.from(`see ${value} here`).toString('hex'),
  (value) => JSON.stringify({ note: value }),
  (value) => JSON.stringify(JSON.stringify([value])),
  (value) =>
    value.replaceAll(/[0-9]/g, (digit) => String.fromCharCode(0xfee0 + digit.charCodeAt(0))),
  (value) => value.replaceAll(/./g, '$&\u200b'),
  (value) => value.replaceAll(/[@.]/g, (mark) => `&#${mark.charCodeAt(0)};`),
];

export const spelt: fc.Arbitrary<Spelt> = fc
  .tuple(fc.constantFrom(...Object.values(VALUES)), fc.constantFrom(...SPELLINGS))
  .map(([value, spell]) => ({ value, text: spell(value) }));

/** What no detector should find, or might: the gate has to agree with the scan either way. */
const noise: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    'order',
    'Größe',
    '名前',
    'e\u0301',
    '😀',
    'a/b-c_d',
    '2026-11-28T10:00:00Z',
  ),
  fc.constantFrom(
    '1.2.3',
    '4111',
    '1111-',
    'GB82',
    'eyJ',
    '-----BEGIN',
    'AKIA',
    'ghp_',
    '::',
    '%4',
    '\\u00',
  ),
  fc.constantFrom(
    '550e8400-e29b-41d4-a716-446655440000',
    'd41d8cd98f00b204e9800998ecf8427e',
    'a@b',
  ),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ unit: fc.constantFrom(...'0123456789 .-'), maxLength: 24 }),
  fc.string({ unit: fc.constantFrom(...'AQEx5/+_-=9'), maxLength: 48 }),
);

/** Mostly words, now and then a value. */
export const prose: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: noise },
      { weight: 1, arbitrary: spelt.map(({ text }) => text) },
    ),
    {
      maxLength: 5,
    },
  )
  .map((parts) => parts.join(' '));

const key = fc.oneof(
  fc.constantFrom(
    'note',
    'salary',
    'Sal_ary',
    'ssn',
    'id',
    'type',
    'name',
    'value',
    'a b',
    'customer',
  ),
  noise.map((text) => text.slice(0, 20)),
);

const { tree } = fc.letrec<{ tree: JsonValue }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    prose,
    fc.oneof(
      fc.boolean(),
      fc.constant(null),
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    ),
    fc.constantFrom(4111111111111111, 78051120, 123456789),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc
      .array(fc.tuple(key, tie('tree')), { maxLength: 4 })
      .map((members) => Object.fromEntries(members)),
  ),
}));

export const payload: fc.Arbitrary<JsonValue> = tree;

/** Answers, errors, notifications and requests with room for everything. */
export const message: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.tuple(prose, payload).map(([text, structuredContent]) => ({
    jsonrpc: '2.0',
    id: 1,
    result: { content: [{ type: 'text', text }], structuredContent },
  })),
  fc.tuple(prose, payload).map(([text, data]) => ({
    jsonrpc: '2.0',
    id: 1,
    error: { code: -32000, message: text, data },
  })),
  payload.map((data) => ({
    jsonrpc: '2.0',
    method: 'notifications/message',
    params: { level: 'info', data },
  })),
  fc.tuple(prose, payload).map(([blob, args]) => ({
    jsonrpc: '2.0',
    id: 'a',
    method: 'tools/call',
    params: { name: 'tool', arguments: { args, blob: Buffer.from(blob).toString('base64') } },
  })),
);

/** One of the many ways to write the same JSON: white space, and escapes nobody needs. */
export function writings(value: JsonValue): fc.Arbitrary<string> {
  return fc.tuple(fc.constantFrom(undefined, 1, '\t'), fc.nat({ max: 9 })).map(([space, every]) => {
    const text = JSON.stringify(value, null, space);
    return every < 5 ? text : escapeSome(text, every);
  });
}

/** Inside of strings, every so many letters, digits and slashes are written as escapes. */
function escapeSome(json: string, every: number): string {
  let count = 0;
  return json.replaceAll(/"(?:[^"\\]|\\.)*"/g, (token) =>
    token.replaceAll(/\\u[0-9a-f]{4}|\\.|[0-9A-Za-z@/]/g, (unit) => {
      if (unit.length > 1) return unit;
      count += 1;
      if (count % every !== 0) return unit;
      return unit === '/' ? '\\/' : `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
    }),
  );
}
