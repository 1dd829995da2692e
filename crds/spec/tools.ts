// Which tool definitions are known and approved.

import { Type } from 'typebox';
import { choice, namedList, object, text } from '../schema.ts';
import { DIGEST } from './common.ts';

const PinSchema = object(
  {
    name: text({ doc: 'Name of the tool.', maxLength: 256 }),
    digest: text({
      doc: 'SHA-256 of its definition, as `gatehouse policy pin` prints it.',
      ...DIGEST,
    }),
  },
  { doc: 'One approved definition.' },
);

export const ToolsSchema = object(
  {
    pinning: Type.Optional(
      choice(['Disabled', 'Observe', 'Enforce'], {
        doc: 'Disabled: definitions may change. Observe: a change is recorded. Enforce: a tool whose definition differs from its pin, or without one from the first that was seen, is quarantined.',
        default: 'Disabled',
      }),
    ),
    pins: Type.Optional(
      namedList(PinSchema, {
        doc: 'Approved definitions. `gatehouse policy pin --upstream URL` prints them.',
        maxItems: 512,
      }),
    ),
  },
  {
    doc: 'Approved tool definitions.',
  },
);
