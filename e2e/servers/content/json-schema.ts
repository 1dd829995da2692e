// Tools whose schemas carry what a gateway that rewrites lists must not lose: every keyword that
// JSON Schema 2020-12 added (SEP-1613, SEP-2106), and the mark of a mirrored header (SEP-2243).

import * as z from 'zod';
import { type FixtureTool, text, tool } from './tool.ts';

const KEYWORDS = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  // biome-ignore lint/suspicious/noThenProperty: `then` is a keyword of JSON Schema.
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
};

export const schemaTools: readonly FixtureTool[] = [
  tool({
    name: 'json_schema_2020_12_tool',
    description: 'Tool with JSON Schema 2020-12 features',
    // Zod copies metadata into the JSON Schema it writes: the way in for keywords it has no type for.
    inputSchema: z.looseObject({}).meta(KEYWORDS),
    run: (args) => text(JSON.stringify(args)),
  }),
  tool({
    name: 'test_x_mcp_header',
    description: 'Clients mirror `region` into the header Mcp-Param-Region.',
    inputSchema: z.object({ region: z.string().meta({ 'x-mcp-header': 'Region' }) }),
    run: ({ region }) => text(`Region ${region}.`),
  }),
];
