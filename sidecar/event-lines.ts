// What an event of a stream says beside its message. Where policy masks, its name is a string like any
// other, and lines that no reader acts on stay here, since nobody looks for values in them.

import { maskString } from '#core/masking/mask.ts';
import { encodeSseEvent, type SseEvent } from '#core/mcp/sse.ts';
import { hasOtherLines } from '#core/mcp/sse-fields.ts';
import type { Snapshot } from './activation.ts';

const ABOUT = { direction: 'toClient', origin: { kind: 'unknown' } } as const;

/** The event that may go on with its message; its id is the server's, and comes back to it. */
export function maskLines(
  event: SseEvent,
  { policy, maskingHash }: Pick<Snapshot, 'policy' | 'maskingHash'>,
): SseEvent {
  const { appliesMasking, masking } = policy;
  if (!appliesMasking || masking.planFor(ABOUT.direction, ABOUT.origin) === undefined) return event;
  const { event: name } = event;
  const isPlain = name === undefined || name === 'message';
  const told = isPlain ? name : (maskString(name, ABOUT, masking, maskingHash) ?? '(withheld)');
  if (told === name && !hasOtherLines(event.raw)) return event;
  const masked = told === undefined ? event : { ...event, event: told };
  return { ...masked, raw: encodeSseEvent(masked) };
}
