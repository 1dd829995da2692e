// The masking seam: every message passes here, whole, as bytes and value. Toward the client it leaves
// masked; toward the server only Block acts, and it is the recorded copy that is masked.

import type { RecordedMasking } from '#core/evidence/record.ts';
import type { MessageOrigin } from '#core/masking/compile.ts';
import { type MaskableMessage, type MaskResult, maskMessage } from '#core/masking/mask.ts';
import type { Message, Target } from '#core/mcp/messages.ts';
import type { Refusal } from '#core/refusal.ts';
import type { Snapshot } from './activation.ts';
import { recordedRedactions } from './recorded.ts';

export type Masked =
  | {
      readonly kind: 'masked';
      /** What goes on. */
      readonly bytes: Uint8Array;
      /** What may be recorded and shown; absent while observing what Enforce would keep back. */
      readonly recorded?: Uint8Array;
      /** Absent when nothing was found. */
      readonly masking?: RecordedMasking;
    }
  | { readonly kind: 'withheld'; readonly refusal: Refusal; readonly masking: RecordedMasking };

/** Whole JSON-RPC message in, whole message out; bytes outside redactions are the ones that came. */
export function mask(message: MaskableMessage, { policy, maskingHash }: Snapshot): Masked {
  const { appliesMasking } = policy;
  const result = maskMessage(message, policy.masking, maskingHash);
  if (result.kind === 'withheld') return withheld(result, message.bytes, appliesMasking);
  const { recorded, redactions } = result;
  const bytes = appliesMasking ? result.bytes : message.bytes;
  if (redactions.length === 0) return { kind: 'masked', bytes, recorded };
  const masking = { redactions: recordedRedactions(redactions), ...observed(appliesMasking) };
  return { kind: 'masked', bytes, recorded, masking };
}

/** Which tool's rules a message meets: its own, those of the call that it answers, or all. */
export function originOf(message: Message | undefined): MessageOrigin {
  if (message?.kind !== 'request') return { kind: 'unknown' };
  const { target } = message;
  if (target?.kind === 'task') return ofTask(target);
  return target?.kind === 'tool' ? { kind: 'tool', name: target.name } : { kind: 'other' };
}

/** What a task brings is what its tool says. */
function ofTask({ tool }: Target): MessageOrigin {
  return tool === undefined ? { kind: 'unknown' } : { kind: 'tool', name: tool };
}

type WithheldResult = Extract<MaskResult, { readonly kind: 'withheld' }>;

/** Observing changes nothing of what leaves; but no copy is recorded of what could not be masked. */
function withheld(
  { because, reason, redaction }: WithheldResult,
  bytes: Uint8Array,
  applies: boolean,
): Masked {
  const redactions = redaction === undefined ? [] : recordedRedactions([redaction]);
  const masking = { redactions, withheld: because, ...observed(applies) };
  return applies
    ? { kind: 'withheld', refusal: { code: 'content_withheld', reason }, masking }
    : { kind: 'masked', bytes, masking };
}

function observed(applies: boolean): { readonly observed?: true } {
  return applies ? {} : { observed: true };
}
