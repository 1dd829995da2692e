// How much of a call is recorded, and for how long it is kept.

import { Type } from 'typebox';
import { RECORD, RETENTION_DAYS } from '../defaults.ts';
import { choice, integer, object } from '../schema.ts';

export const EvidenceSchema = object(
  {
    record: Type.Optional(
      choice(['Metadata', 'Full'], {
        doc: 'Metadata: who, what, decision and outcome. Full: the masked messages too, encrypted.',
        default: RECORD,
      }),
    ),
    retentionDays: Type.Optional(
      integer({
        doc: 'How long recordings and records are kept, in days.',
        minimum: 1,
        maximum: 3650,
        default: RETENTION_DAYS,
      }),
    ),
  },
  {
    doc: 'What is recorded of each call. A call that cannot be recorded is refused, whatever stands here.',
  },
);
