// What an event of a stream says beside its message. Where policy masks, its name is a string like any
// other, and lines that no reader acts on stay here, since nobody looks for values in them.

import { maskString } from '#core/masking/mask.ts';
import { encodeSseEvent, type SseEvent } from '#core/mcp/sse.ts';
import { hasOtherLines } from '#core/mcp/sse-fields.ts';
import type { Snapshot } from './activation.ts';
import type { EventIds, Listener } from './event-ids.ts';

const ABOUT = { direction: 'toClient', origin: { kind: 'unknown' } } as const;

/** The event that may go on with its message. */
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

/** The event under an id that is its listener's alone; an empty one means that there is none to come back with. */
export function sealId(event: SseEvent, ids: EventIds, of: Listener): SseEvent {
  if (event.id === undefined || event.id === '') return event;
  const { id: own, ...rest } = event;
  const id = ids.seal(own, of);
  const sealed = { ...rest, ...(id === undefined ? {} : { id }) };
  return { ...sealed, raw: encodeSseEvent(sealed) };
}
