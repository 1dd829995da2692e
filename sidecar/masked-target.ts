// What may be recorded and shown of what a message is called and acts on.

import { type MaskableMessage, maskString } from '#core/masking/mask.ts';
import type { Target } from '#core/mcp/messages.ts';
import { METHODS } from '#core/mcp/methods.ts';
import type { Snapshot } from './activation.ts';

type Masking = Pick<Snapshot, 'policy' | 'maskingHash'>;
type Direction = MaskableMessage['direction'];

/** A URI is masked, observing or not; names of tools and prompts never are. */
export function maskedTarget(target: Target, direction: Direction, masking: Masking): Target {
  if (target.kind !== 'resource') return target;
  const about = { direction, origin: { kind: 'other' } } as const;
  return { ...target, name: maskedText(target.name, about, masking) };
}

/** A method that MCP does not have is a peer's invention, and may hold anything. */
export function maskedMethod(method: string, direction: Direction, masking: Masking): string {
  if (METHODS.has(method)) return method;
  return maskedText(method, { direction, origin: { kind: 'unknown' } }, masking);
}

function maskedText(
  text: string,
  about: Pick<MaskableMessage, 'direction' | 'origin'>,
  { policy, maskingHash }: Masking,
): string {
  return maskString(text, about, policy.masking, maskingHash) ?? '(withheld)';
}
