// What is hidden from clients, records and logs.

import { Type } from 'typebox';
import { choice, object, set, text } from '../schema.ts';
import { entryName, nameGlob, WORD } from './common.ts';

export const DETECTORS = [
  'email',
  'credit_card',
  'iban',
  'us_ssn',
  'ip',
  'jwt',
  'private_key',
  'aws_key',
  'github_token',
] as const;

export const MaskingSchema = object(
  {
    name: entryName('Name of this entry: what records and redactions say. Unique in the policy.'),
    detectors: Type.Optional(
      set(choice(DETECTORS, { doc: 'A built-in detector.' }), {
        doc: 'Built-in detectors to run over every string.',
        maxItems: 32,
      }),
    ),
    patterns: Type.Optional(
      set(text({ doc: 'An RE2 expression.', maxLength: 512 }), {
        doc: 'Expressions of your own, matched in linear time; what RE2 cannot compile is refused.',
        maxItems: 16,
      }),
    ),
    fields: Type.Optional(
      set(
        text({
          doc: 'A path such as `customer.salary`; `*` stands for one field or index, `**` for any depth.',
          maxLength: 256,
          ...WORD,
        }),
        {
          doc: 'Fields by name, in arguments and structured content. Case, `_` and `-` do not matter.',
          maxItems: 64,
        },
      ),
    ),
    action: choice(['Redact', 'Partial', 'Hash', 'Drop', 'Block'], {
      doc: 'Redact: a marker with the name. Partial: only the last four characters stay. Hash: a keyed hash, equal for equal values. Drop: the field, or the matched text, goes. Block: the message goes.',
    }),
    direction: Type.Optional(
      choice(['Request', 'Response', 'Both'], {
        doc: 'Which way. Toward the server only Block changes what is sent; the other actions change the recorded copy.',
        default: 'Both',
      }),
    ),
    tools: Type.Optional(
      set(nameGlob(256), { doc: 'Names of tools it is for. Absent: everything.', maxItems: 64 }),
    ),
    binary: Type.Optional(
      choice(['Scan', 'Pass', 'Withhold'], {
        doc: 'Base64 content. Scan: decode what is text and mask it there. Pass: leave it. Withhold: replace it.',
        default: 'Scan',
      }),
    ),
  },
  {
    doc: 'One thing to hide.',
    checks: [
      {
        holds: 'has(self.detectors) || has(self.patterns) || has(self.fields)',
        message: 'must have detectors, patterns or fields',
      },
    ],
  },
);
