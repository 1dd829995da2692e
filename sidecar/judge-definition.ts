// A call goes on only if the server has the tool that it names, with a definition that policy approves
// (design section 14, Tool definitions). What is known costs one look; the rest is asked for.

import type { Decision } from '#core/policy/decision.ts';
import { quarantine } from '#core/policy/pins.ts';
import type { Refusal } from '#core/refusal.ts';
import type { Admission } from './admit-body.ts';
import type { Head } from './admit-head.ts';
import type { Exchange } from './exchange.ts';
import type { Gate } from './gate.ts';
import type { Inquiry } from './inquiries.ts';

export interface ToolCall {
  readonly exchange: Exchange;
  readonly admission: Admission;
  readonly head: Head;
}

/** The decision as it stands once the definition is known; a refusal when it cannot be known. */
export async function judgeDefinition(
  decision: Decision,
  { exchange, admission, head }: ToolCall,
  gate: Gate,
): Promise<Decision | Refusal> {
  const { message } = admission;
  if (message.kind !== 'request' || message.target?.kind !== 'tool') return decision;
  if (decision.effect === 'Deny') return decision;
  const { name } = message.target;
  const { policy } = exchange.facts.snapshot;
  const known = gate.definitions.find(name);
  const found: Inquiry =
    known === undefined
      ? await gate.inquiries.ask(name, { exchange, message, head }, gate)
      : { kind: 'known', definition: known };
  switch (found.kind) {
    case 'known':
      return quarantine(policy, name, found.definition.digest) ?? decision;
    case 'unknown':
      return UNKNOWN;
    case 'refused':
      // Observing must not be what makes a call fail.
      return policy.mode === 'Observe' ? decision : found.refusal;
  }
}

const UNKNOWN: Decision = {
  effect: 'Deny',
  reason: 'the server lists no tool of this name to this caller',
  visible: false,
};
