// What is masked still fits the schema of its tool, or does not leave.

import { expect } from 'chai';
import type { JsonValue } from '#core/mcp/messages.ts';
import {
  ALL,
  answer,
  compiled,
  type Entries,
  maskedText,
  maskJson,
  VALUES,
} from './masking.testkit.ts';
import { fits, newSchemaBudget } from './schema-check.ts';

const { email: EMAIL, credit_card: CARD, us_ssn: SSN } = VALUES;
const PII: Entries[number] = { name: 'pii', detectors: ALL, action: 'Redact' };
const FIELD: Entries[number] = { name: 'field', fields: ['it'], action: 'Redact' };

function object(it: JsonValue, required = true): JsonValue {
  return {
    type: 'object',
    properties: { it },
    ...(required ? { required: ['it'] } : {}),
    additionalProperties: false,
  };
}

/** The masked content; undefined when the message was withheld. */
function content(
  it: JsonValue,
  schema: JsonValue,
  entry: Entries[number] = PII,
): JsonValue | undefined {
  const result = maskJson(answer({ structuredContent: { it } }), compiled(entry), {
    outputSchema: schema,
  });
  if (result.kind === 'withheld') return undefined;
  return JSON.parse(new TextDecoder().decode(result.bytes)).result.structuredContent;
}

describe('masked structured content', () => {
  const cases: readonly {
    name: string;
    it: JsonValue;
    schema: JsonValue;
    entry?: Entries[number];
  }[] = [
    { name: 'a free text', it: `to ${EMAIL}`, schema: { type: 'string' } },
    {
      name: 'a pattern',
      it: SSN,
      schema: { type: 'string', pattern: '^[0-9]{3}-[0-9]{2}-[0-9]{4}$' },
    },
    { name: 'a length', it: CARD, schema: { type: 'string', minLength: 19, maxLength: 19 } },
    { name: 'a format', it: EMAIL, schema: { type: 'string', format: 'email' } },
    {
      name: 'a format and its pattern',
      it: EMAIL,
      schema: { type: 'string', format: 'email', pattern: '^(?!x)[^@]+@[^@]+$' },
    },
    {
      name: 'a nullable text',
      it: EMAIL,
      schema: { anyOf: [{ type: 'string', pattern: '^john' }, { type: 'null' }] },
    },
    { name: 'a number', it: 4111111111111111, schema: { type: 'number' } },
    {
      name: 'a bounded number',
      it: 4111111111111111,
      schema: { type: 'integer', minimum: 1_000_000 },
    },
    {
      name: 'texts in a list',
      it: [EMAIL, 'b@c.example'],
      schema: { type: 'array', items: { type: 'string', format: 'email' } },
    },
    { name: 'a reference', it: { of: EMAIL }, schema: { $ref: '#/$defs/a' } },
    { name: 'a whole object', it: { a: 1 }, schema: { type: 'object' }, entry: FIELD },
    { name: 'a whole list', it: [1], schema: { type: 'array' }, entry: FIELD },
    { name: 'a boolean', it: true, schema: { type: 'boolean' }, entry: FIELD },
    { name: 'a date', it: '2001-02-03', schema: { type: 'string', format: 'date' }, entry: FIELD },
  ];
  for (const { name, it: value, schema: part, entry } of cases) {
    it(`fits its schema: ${name}`, () => {
      const schema = {
        ...(object(part) as object),
        $defs: { a: { type: 'object', properties: { of: { format: 'email' } } } },
      };

      const masked = content(value, schema, entry);

      expect(masked).to.not.equal(undefined);
      const context = { root: schema, unknown: 'fits', budget: newSchemaBudget(1000) } as const;
      expect(fits(schema, masked ?? null, context)).to.equal(true);
      for (const hidden of [EMAIL, CARD, SSN, '4111', '2001']) {
        expect(JSON.stringify(masked)).to.not.include(hidden);
      }
    });
  }

  it('goes without what may not be there masked, where the schema does without it', () => {
    expect(content(EMAIL, object({ enum: [EMAIL] }, false))).to.deep.equal({});
  });

  it('does not leave when the schema requires what must be hidden', () => {
    const result = maskJson(answer({ structuredContent: { it: EMAIL } }), compiled(PII), {
      outputSchema: object({ enum: [EMAIL] }),
    });

    expect(result).to.deep.include({
      kind: 'withheld',
      because: 'unmaskable',
      redaction: {
        detector: 'email',
        pointer: '/result/structuredContent/it',
        action: 'Redact',
        count: 1,
      },
    });
    expect(JSON.stringify(result)).to.not.include(EMAIL);
  });

  it('does not leave when dropped items are missed', () => {
    const schema = object({ type: 'array', minItems: 2 });
    const entry: Entries[number] = { name: 'first', fields: ['it.0'], action: 'Drop' };

    expect(content(['a', 'b'], schema, entry)).to.equal(undefined);
  });

  it('is masked as usual where it did not fit before', () => {
    expect(content(EMAIL, object({ type: 'number' }))).to.deep.equal({ it: '[REDACTED:email]' });
  });

  it('reads the same in the text that repeats it, whatever its spacing and order', () => {
    const schema = {
      properties: { a: { type: 'string', format: 'email' }, b: { type: 'number' } },
    };
    const structuredContent = { a: EMAIL, b: 1 };
    const text = `{ "b": 1, "a": "${EMAIL}" }`;

    const masked = JSON.parse(
      maskedText(answer({ content: [{ type: 'text', text }], structuredContent }), compiled(PII), {
        outputSchema: schema,
      }),
    ).result;

    expect(JSON.parse(masked.content[0].text)).to.deep.equal(masked.structuredContent);
    expect(masked.structuredContent.a).to.match(/@/);
  });

  it('is held to the schema in the result of a task too', () => {
    const text = JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      result: { result: { structuredContent: { it: EMAIL } } },
    });

    const result = maskJson(text, compiled(PII), { outputSchema: object({ enum: [EMAIL] }) });

    expect(result.kind).to.equal('withheld');
  });
});
