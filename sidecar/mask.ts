// The masking seam: every message that leaves for the client passes here, whole, as bytes and value.
// Policies with masking rules are refused at load (core/policy/unimplemented.ts), so there is nothing
// to redact yet; the signature is the final one.

import type { JsonValue } from '#core/mcp/messages.ts';
import type { Refusal } from '#core/refusal.ts';
import type { Snapshot } from './activation.ts';

/** One thing removed: what found it, where (JSON pointer) and how; never the value. */
export interface Redaction {
  readonly detector: string;
  readonly pointer: string;
  readonly action: string;
}

export interface Maskable {
  readonly bytes: Uint8Array;
  readonly value: JsonValue;
  readonly direction: 'toServer' | 'toClient';
}

export type Masked =
  | {
      readonly kind: 'masked';
      readonly bytes: Uint8Array;
      readonly redactions: readonly Redaction[];
    }
  | { readonly kind: 'withheld'; readonly refusal: Refusal };

/** Whole JSON-RPC message in, whole message out; bytes outside redactions are the ones that came. */
export function mask(message: Maskable, _snapshot: Snapshot): Masked {
  return { kind: 'masked', bytes: message.bytes, redactions: [] };
}
