// Which tool definitions are known and approved.

import { Type } from 'typebox';
import { choice, namedList, object, text } from '../schema.ts';

const PinSchema = object(
  {
    name: text({ doc: 'Name of the tool.', maxLength: 256 }),
    digest: text({
      doc: 'SHA-256 of its definition, as `gatehouse policy pin` prints it.',
      maxLength: 71,
      pattern: '^sha256:[0-9a-f]{64}$',
    }),
  },
  { doc: 'One approved definition.' },
);

export const ToolsSchema = object(
  {
    pinning: Type.Optional(
      choice(['Off', 'Observe', 'Enforce'], {
        doc: 'Off: definitions may change. Observe: a change is recorded. Enforce: a tool whose definition is not pinned, or differs from its pin, is quarantined.',
        default: 'Off',
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
    checks: [
      {
        holds: "!has(self.pinning) || self.pinning != 'Enforce' || has(self.pins)",
        message: 'must be given when pinning is Enforce: every tool would be quarantined',
        field: 'pins',
      },
    ],
  },
);
