// Bounds on what one caller, one message and one stream may take. Several policies: the least of each.

import { Type } from 'typebox';
import { LIMITS } from '../defaults.ts';
import { integer, object } from '../schema.ts';

export const LimitsSchema = object(
  {
    requestsPerMinute: Type.Optional(
      integer({
        doc: 'Requests per principal, tool and minute; more are refused with 429 and Retry-After. Absent: no limit.',
        minimum: 1,
        maximum: 1_000_000,
      }),
    ),
    maxBodyBytes: Type.Optional(
      integer({
        doc: 'Size of one request from a client; a larger one is refused with 413.',
        minimum: 1024,
        maximum: 67_108_864,
        default: LIMITS.maxBodyBytes,
      }),
    ),
    maxReplyBytes: Type.Optional(
      integer({
        doc: 'Size of one message from the server; a larger one is withheld.',
        minimum: 1024,
        maximum: 268_435_456,
        default: LIMITS.maxReplyBytes,
      }),
    ),
    maxDepth: Type.Optional(
      integer({
        doc: 'How deep objects and lists may nest in a message.',
        minimum: 8,
        maximum: 512,
        default: LIMITS.maxDepth,
      }),
    ),
    callSeconds: Type.Optional(
      integer({
        doc: 'How long the server may take for one request, in seconds.',
        minimum: 1,
        maximum: 86_400,
        default: LIMITS.callSeconds,
      }),
    ),
    streamIdleSeconds: Type.Optional(
      integer({
        doc: 'How long a stream may stay silent, in seconds. Absent: as long as it likes.',
        minimum: 1,
        maximum: 86_400,
      }),
    ),
    maxStreams: Type.Optional(
      integer({
        doc: 'Open streams per principal; more are refused with 429.',
        minimum: 1,
        maximum: 10_000,
        default: LIMITS.maxStreams,
      }),
    ),
  },
  { doc: 'Bounds on what one caller, one message and one stream may take.' },
);
