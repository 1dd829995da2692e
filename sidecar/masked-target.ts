// What may be recorded and shown of what a message acts on.

import { type MaskableMessage, maskUri } from '#core/masking/mask.ts';
import type { Target } from '#core/mcp/messages.ts';
import type { Snapshot } from './activation.ts';

/** A URI is masked, observing or not; names of tools and prompts never are. */
export function maskedTarget(
  target: Target,
  direction: MaskableMessage['direction'],
  { policy, maskingHash }: Pick<Snapshot, 'policy' | 'maskingHash'>,
): Target {
  if (target.kind !== 'resource') return target;
  const about = { direction, origin: { kind: 'other' } } as const;
  const name = maskUri(target.name, about, policy.masking, maskingHash);
  return { ...target, name: name ?? '(withheld)' };
}
