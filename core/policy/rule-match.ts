// Which messages a rule is about: `match` compiled into globs, and the table of which rules govern
// which methods. What is not written here as governed needs no rule or can have none.

import type { TargetKind } from '#core/mcp/messages.ts';
import type { MethodFacts } from '#core/mcp/methods.ts';
import type { Effect } from './compiled.ts';
import type { Glob } from './glob.ts';

/** The fields of `match` that list targets. */
export const TARGET_LISTS = { tools: 'tool', resources: 'resource', prompts: 'prompt' } as const;
export type TargetList = keyof typeof TARGET_LISTS;

export interface RuleMatch {
  /** Absent: the rule names no methods. */
  readonly methods?: readonly Glob[];
  /** Absent: every target. A rule has at most one list, since a message has at most one target. */
  readonly targets?: { readonly kind: TargetKind; readonly globs: readonly Glob[] };
}

/** A known method with one of the kinds of target it can have; a completion has two. */
export interface MatchKey {
  readonly method: string;
  readonly facts: MethodFacts;
  readonly kind: TargetKind | undefined;
}

export const LISTEN = 'subscriptions/listen';

/** One method becomes several keys: a listen request is plumbing and also reads each URI it names. */
export function keysOf(method: string, facts: MethodFacts): readonly MatchKey[] {
  const kinds: readonly (TargetKind | undefined)[] =
    method === LISTEN
      ? [undefined, 'resource']
      : facts.targetMember === 'ref'
        ? ['prompt', 'resource']
        : [facts.targetKind];
  return kinds.map((kind) => ({ method, facts, kind }));
}

/** Whether the rule can speak on this key at all: `targets` says on which targets. */
export function governs(effect: Effect, match: RuleMatch, key: MatchKey): boolean {
  const isNamed = match.methods?.some((glob) => glob.matches(key.method));
  if (isNamed === false) return false;
  if (match.targets !== undefined && match.targets.kind !== key.kind) return false;
  if (isOpen(key)) return isNamed === true && effect === 'Deny';
  return isNamed === true || effect === 'Deny' || !needsNaming(key);
}

/** Allowed without a rule: plumbing, and lists, which are filtered. Only a Deny that names it counts. */
export function isOpen({ method, facts, kind }: MatchKey): boolean {
  const isSubscription = method === LISTEN && kind === 'resource';
  return !isSubscription && (facts.plumbing || facts.list !== undefined);
}

/**
 * What the server asks of the client, and tasks, which outlive the call they came from: a rule that
 * allows "everything" does not mean these.
 */
function needsNaming({ facts, kind }: MatchKey): boolean {
  return facts.direction !== 'toServer' || kind === 'task';
}
