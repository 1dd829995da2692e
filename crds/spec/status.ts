// What the operator reports: conditions and counts, never lists.

import { Type } from 'typebox';
import { choice, integer, namedList, object, text } from '../schema.ts';
import { DIGEST } from './common.ts';

const MAX_COUNT = 1_000_000;

function count(doc: string) {
  return Type.Optional(integer({ doc, minimum: 0, maximum: MAX_COUNT }));
}

const ConditionSchema = object(
  {
    type: text({
      doc: 'Accepted, Programmed, BypassProtected, Degraded or TransportPlain.',
      maxLength: 316,
    }),
    status: choice(['True', 'False', 'Unknown'], { doc: 'Whether it holds.' }),
    observedGeneration: Type.Optional(
      integer({
        doc: 'Generation of the policy this was said of.',
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
      }),
    ),
    lastTransitionTime: text({
      doc: 'When the status last changed (RFC 3339).',
      maxLength: 64,
      format: 'date-time',
    }),
    reason: text({ doc: 'One word for the cause.', maxLength: 1024 }),
    message: text({
      doc: 'A sentence for a person: what is wrong and what to do.',
      maxLength: 32_768,
      minLength: 0,
    }),
  },
  { doc: 'One condition.' },
);

export const StatusSchema = object(
  {
    observedGeneration: Type.Optional(
      integer({
        doc: 'Generation of the policy that this status speaks of.',
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
      }),
    ),
    mode: Type.Optional(
      choice(['Enforce', 'Observe'], {
        doc: 'The mode in force for the targets: a baseline may forbid Observe.',
      }),
    ),
    policyDigest: Type.Optional(
      text({
        doc: 'Digest of this policy, as records name it.',
        ...DIGEST,
      }),
    ),
    pods: Type.Optional(
      text({
        doc: 'Pods that serve under this policy, of those that it selects: `2/3`.',
        maxLength: 32,
      }),
    ),
    message: Type.Optional(
      text({
        doc: 'What is wrong, in one sentence; absent when nothing is.',
        maxLength: 1024,
      }),
    ),
    targets: Type.Optional(
      object(
        {
          matched: count('Pods that the policy selects.'),
          injected: count('Of these, pods with a sidecar.'),
          uninjected: count('Of these, pods that should have a sidecar and have none.'),
          programmed: count('Of these, pods that serve under this policy.'),
          rejected: count('Pods whose sidecar refused it.'),
          outdated: count('Pods whose sidecar is older than the operator.'),
          exposed: count('Pods that listen where the sidecar does not stand.'),
        },
        { doc: 'Counts of pods.' },
      ),
    ),
    conditions: Type.Optional(
      namedList(ConditionSchema, { doc: 'Conditions.', maxItems: 16, keys: ['type'] }),
    ),
  },
  { doc: 'Written by the operator. Ignored in a file.' },
);
