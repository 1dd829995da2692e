// Which tool definitions are known and approved.

import { Type } from 'typebox';
import { choice, namedList, object, text } from '../schema.ts';
import { DIGEST } from './common.ts';

/** Longer than the 128 characters that MCP advises for names of tools. */
export const MAX_PINNED_NAME_LENGTH = 256;
/** More tools than any model is shown. */
export const MAX_PINS = 512;

const PinSchema = object(
  {
    name: text({ doc: 'Name of the tool.', maxLength: MAX_PINNED_NAME_LENGTH }),
    digest: text({
      doc: 'SHA-256 of its definition in canonical form (RFC 8785), as `gatehouse policy pin` prints it.',
      ...DIGEST,
    }),
  },
  { doc: 'One approved definition.' },
);

export const ToolsSchema = object(
  {
    pinning: Type.Optional(
      choice(['Disabled', 'Observe', 'Enforce'], {
        doc: 'Disabled: definitions may change. Observe: a definition that differs from its pin, or without one from how it was seen before, is recorded. Enforce: a tool whose definition differs from its pin, or that has none, is quarantined: it is left out of lists and calls to it are refused.',
        default: 'Disabled',
      }),
    ),
    pins: Type.Optional(
      namedList(PinSchema, {
        doc: 'Approved definitions. `gatehouse policy pin --upstream URL` prints them.',
        maxItems: MAX_PINS,
      }),
    ),
  },
  {
    doc: 'Approved tool definitions.',
  },
);
