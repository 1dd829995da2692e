// Masks one JSON-RPC message: bytes in, bytes out, and nothing between redactions differs by a byte.
// Whatever goes wrong, the message is withheld; the original never leaves because of a fault.

import type { JsonValue } from '#core/mcp/messages.ts';
import type { Hmac } from './actions.ts';
import type { CompiledMasking, MaskingDirection, MessageOrigin } from './compile.ts';
import { mayHide } from './gate.ts';
import { Masker } from './masker.ts';
import { rootMessage } from './place.ts';
import type { Plan } from './plan.ts';
import { contentSchema } from './structured-content.ts';
import { type Redaction, type Tally, Withheld } from './tally.ts';
import { applyEdits } from './text-edits.ts';
import { readTree } from './tree.ts';

export interface MaskableMessage {
  /** One message that passed the JSON gate (core/mcp/json.ts). */
  readonly bytes: Uint8Array;
  /** The same, parsed. */
  readonly value: JsonValue;
  readonly direction: MaskingDirection;
  readonly origin: MessageOrigin;
  /** Of the tool whose result this may be: the client refuses content that does not fit it. */
  readonly outputSchema?: JsonValue;
}

export type MaskResult =
  | {
      readonly kind: 'masked';
      /** What goes on: toward the server always the bytes that came. */
      readonly bytes: Uint8Array;
      /** What may be recorded. */
      readonly recorded: Uint8Array;
      readonly redactions: readonly Redaction[];
    }
  | {
      readonly kind: 'withheld';
      /** blocked: a rule says so. unmaskable: the schema forbids what would be left. failed: a fault. */
      readonly because: 'blocked' | 'unmaskable' | 'failed';
      /** For the client and the record: names the rule, nothing of the message. */
      readonly reason: string;
      /** What was to be hidden there; absent after a fault. */
      readonly redaction?: Redaction;
    };

/** Never throws. */
export function maskMessage(
  message: MaskableMessage,
  masking: CompiledMasking,
  hmac: Hmac,
): MaskResult {
  try {
    const plan = masking.planFor(message.direction, message.origin);
    if (plan === undefined || !mayHide(message.bytes, plan.needs)) return untouched(message.bytes);
    return maskByPlan(message, plan, hmac);
  } catch (error) {
    return withheld(error);
  }
}

/** What may be said of one string that stands by itself; undefined when nothing may. Never throws. */
export function maskString(
  text: string,
  { direction, origin }: Pick<MaskableMessage, 'direction' | 'origin'>,
  masking: CompiledMasking,
  hmac: Hmac,
): string | undefined {
  const value = { params: { uri: text } };
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  const result = maskMessage({ bytes, value, direction, origin }, masking, hmac);
  if (result.kind === 'withheld') return undefined;
  if (result.recorded === bytes) return text;
  const { params }: { readonly params: { readonly uri?: string } } = JSON.parse(
    UTF8.decode(result.recorded),
  );
  return params.uri;
}

/** Dropping text joins what stood around it; what then is a value is dropped too. */
const MAX_ROUNDS = 4;

function maskByPlan(message: MaskableMessage, plan: Plan, hmac: Hmac): MaskResult {
  const { bytes, direction, value, outputSchema } = message;
  const original = UTF8.decode(bytes);
  const content = contentSchema(value, outputSchema, original.length);
  const schemaOfCopy = (json: string) => content?.placeOfCopy(json);
  const masker = new Masker({ hmac, schemaOfCopy }, original.length);
  let text = original;
  for (let round = 0; ; round += 1) {
    const place = rootMessage(text, { plan, direction, schema: content?.place });
    const next = applyEdits(text, masker.maskRoot(readTree(text), place));
    const isSettled = next === text;
    text = next;
    if (isSettled || !hasDropped(masker.tally)) break;
    if (round === MAX_ROUNDS) throw new Withheld('unmaskable');
  }
  if (text === original) return untouched(bytes);
  content?.check(text);
  const masked = new TextEncoder().encode(text);
  return {
    kind: 'masked',
    bytes: direction === 'toServer' ? bytes : masked,
    recorded: masked,
    redactions: masker.tally.list(),
  };
}

/** Offsets and bytes come back exactly: the gate has refused whatever is not UTF-8. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function untouched(bytes: Uint8Array): MaskResult {
  return { kind: 'masked', bytes, recorded: bytes, redactions: [] };
}

function hasDropped(tally: Tally): boolean {
  return tally.list().some(({ action }) => action === 'Drop');
}

function withheld(error: unknown): MaskResult {
  if (!(error instanceof Withheld)) {
    return { kind: 'withheld', because: 'failed', reason: 'the message could not be masked' };
  }
  const { because, redaction } = error;
  const reason =
    because === 'blocked'
      ? `the message holds what the masking rule ${redaction?.detector} blocks`
      : 'the message holds what must be hidden, and nothing may stand in its place';
  return { kind: 'withheld', because, reason, ...(redaction === undefined ? {} : { redaction }) };
}
