// No message makes masking slow: four times the message may take a few times as long, never sixteen.

import { expect } from 'chai';
import type { JsonValue } from '#core/mcp/messages.ts';
import type { MaskResult } from './mask.ts';
import { ALL, answer, compiled, maskJson, textAnswer, VALUES } from './masking.testkit.ts';

const SMALL = 1 << 12;
/** Linear is 4, quadratic 16. */
const MAX_RATIO = 10;
/** Below this many milliseconds a ratio says nothing. */
const FLOOR_MS = 10;

const masking = compiled(
  { name: 'pii', detectors: ALL, action: 'Redact' },
  { name: 'fields', fields: ['**.a.**.b', '**.salary'], action: 'Drop' },
  { name: 'pattern', patterns: ['(x+x+)+y'], action: 'Redact' },
);

/** Without a pattern each string is asked about before it is searched. */
const gated = compiled({ name: 'pii', detectors: ALL, action: 'Redact' });

const { email: EMAIL } = VALUES;

/** Messages of about `size` characters. */
const SHAPES: readonly { name: string; of: (size: number) => JsonValue }[] = [
  { name: 'brackets that open nothing', of: (size) => '[{"'.repeat(size / 3) },
  { name: 'objects in prose that are none', of: (size) => '{"a": [1, '.repeat(size / 10) },
  { name: 'escapes of escapes', of: (size) => '\\u005c'.repeat(size / 6) },
  { name: 'percent signs', of: (size) => '%25'.repeat(size / 3) },
  { name: 'quotes', of: (size) => '"'.repeat(size) },
  {
    name: 'base64 of base64',
    of: (size) => Buffer.from('QUFB'.repeat(size / 8)).toString('base64'),
  },
  { name: 'hexadecimal', of: (size) => '61'.repeat(size / 2) },
  { name: 'words of the pattern', of: (size) => 'x'.repeat(size) },
  { name: 'values side by side', of: (size) => `${EMAIL} `.repeat(size / 21) },
  { name: 'a value in every item', of: (size) => Array.from({ length: size / 24 }, () => EMAIL) },
  {
    name: 'keys that all become one',
    of: (size) =>
      Object.fromEntries(Array.from({ length: size / 24 }, (_, at) => [`u${at}@a.example`, at])),
  },
  {
    name: 'values below long keys',
    of: (size) => ({ ['k'.repeat(size / 2)]: Array.from({ length: size / 48 }, () => EMAIL) }),
  },
  {
    name: 'short values below a long key',
    of: (size) => ({ ['k'.repeat(size / 2)]: [EMAIL, ...Array(size / 8).fill('a')] }),
  },
  {
    name: 'fields inside of fields',
    of: (size) => Array.from({ length: size / 20 }, () => ({ a: { a: { b: 1 } } })),
  },
  { name: 'look-alikes', of: (size) => 'ａ\u200b'.repeat(size / 2) },
];

describe('masking in linear time', () => {
  for (const { name, of } of SHAPES) {
    it(`holds for ${name}`, function () {
      this.timeout(120_000);
      const written = (size: number) => answer({ structuredContent: { it: of(size) } });
      const [small, large] = [written(SMALL * 4), written(SMALL * 16)];

      for (const policy of [masking, gated]) {
        const before = millisecondsOf(() => maskJson(small, policy));
        const after = millisecondsOf(() => maskJson(large, policy));

        expect(after).to.be.below(Math.max(FLOOR_MS, before) * MAX_RATIO);
      }
    });
  }

  it('holds for encodings of encodings, each to be read in every view', function () {
    this.timeout(120_000);
    const size = 1 << 20;
    const encoded = (text: string) => Buffer.from(text).toString('base64');
    const views = `${'\\'.repeat(64)}１ `;
    const nested = encoded(`${views}text of a message ${encoded(`${views}some more text`)}`);
    const text = textAnswer(views + `${nested} `.repeat(size / nested.length));

    const spent = millisecondsOf(() => maskJson(text, masking));

    expect(spent).to.be.below(6000);
  });

  it('withholds what would have to be read again in every view', function () {
    this.timeout(120_000);
    const encoded = (text: string) => Buffer.from(text).toString('base64');
    // in each view one group more is decoded before the run, so that it is another run
    const groups = [3, 2, 1, 0].map((depth) =>
      ['51', '55', '46', '42'].map((hex) => `%${'25'.repeat(depth)}${hex}`).join(''),
    );
    const changing = (inner: string) => `${groups.join('')}${encoded(inner)}`;
    const innermost = `${groups.join('')} ${'text of a message '.repeat(500)}`;
    const text = textAnswer(changing(changing(innermost)));
    let result: MaskResult | undefined;

    const spent = millisecondsOf(() => {
      result = maskJson(text, masking);
    });

    expect(result).to.deep.include({ kind: 'withheld', because: 'failed' });
    expect(spent).to.be.below(8000);
  });

  const schemas: readonly { name: string; schema: JsonValue }[] = [
    {
      name: 'refers to itself',
      schema: { anyOf: [{ $ref: '#' }, { $ref: '#' }], properties: { it: { $ref: '#' } } },
    },
    { name: 'doubles at each step', schema: doubling(40) },
    {
      name: 'compares lists with themselves',
      schema: {
        properties: { it: { allOf: Array.from({ length: 500 }, () => ({ uniqueItems: true })) } },
      },
    },
    {
      name: 'has a pattern that other engines never finish',
      schema: { properties: { it: { items: { pattern: '^(([a-z])+.)+[A-Z]([a-z])+$' } } } },
    },
  ];
  for (const { name, schema } of schemas) {
    it(`holds whatever the schema of the tool does: one that ${name}`, function () {
      this.timeout(60_000);
      const text = answer({ structuredContent: { it: Array.from({ length: 2000 }, () => EMAIL) } });

      const spent = millisecondsOf(() => maskJson(text, masking, { outputSchema: schema }));

      expect(spent).to.be.below(10_000);
    });
  }
});

/** `$defs` of which each says twice what the next one says: 2^depth ways, written in a few lines. */
function doubling(depth: number): JsonValue {
  const names = [...Array(depth).keys()];
  const definitions = names.map((at) => [
    `d${at}`,
    { anyOf: [{ $ref: `#/$defs/d${at + 1}` }, { $ref: `#/$defs/d${at + 1}` }] },
  ]);
  return { $ref: '#/$defs/d0', $defs: Object.fromEntries(definitions) };
}

/** Of this thread alone, and the least of two: what else runs on the machine does not count. */
function millisecondsOf(run: () => void): number {
  const times = [0, 1].map(() => {
    const from = process.threadCpuUsage();
    run();
    return process.threadCpuUsage(from).user / 1000;
  });
  return Math.min(...times);
}
