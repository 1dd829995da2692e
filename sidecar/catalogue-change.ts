// When the definition of one tool is worth a record: it is not as pinned, or not as seen before where
// policy watches for that, or it is as it should be again.

import type { DefinitionEffect, RecordDraft } from '#core/evidence/record.ts';
import type { CompiledPolicy } from '#core/policy/compiled.ts';
import { findUnapproved } from '#core/policy/pins.ts';

export interface CatalogueChange {
  readonly effect: DefinitionEffect;
  /** Of the definition as it is now; absent when it has none. */
  readonly seen?: string;
  readonly pinned?: string;
  /** Of the definition seen before, where that is what it differs from. */
  readonly previous?: string;
  /** Whose pins decide. */
  readonly rule?: string;
}

export interface Sight {
  readonly name: string;
  readonly digest: string | undefined;
  /** Digest when the tool was last seen. */
  readonly before: string | undefined;
  /** What was recorded about it and was still so when it was last seen. */
  readonly reported: CatalogueChange | undefined;
}

/** Undefined when there is nothing to say about the tool, and was nothing before. */
export function changeOf(
  { name, digest, before, reported }: Sight,
  policy: CompiledPolicy,
): CatalogueChange | undefined {
  const seen = digest === undefined ? {} : { seen: digest };
  const unapproved = findUnapproved(policy.pinSets, name, digest);
  if (unapproved !== undefined) {
    const { by, pinned } = unapproved;
    const quarantines = by.effect === 'quarantine' && policy.mode === 'Enforce';
    const effect = quarantines ? 'quarantined' : 'observed';
    return { effect, ...seen, ...(pinned === undefined ? {} : { pinned }), rule: by.id };
  }
  const watching = policy.pinSets.find(
    ({ effect, digests }) => effect === 'observe' && !digests.has(name),
  );
  if (watching !== undefined && before !== undefined && before !== digest) {
    return { effect: 'observed', ...seen, previous: before, rule: watching.id };
  }
  // A change without a pin has been told once: the definition that is there now is the one it has.
  if (reported === undefined || reported.previous !== undefined) return undefined;
  return { effect: 'released', ...seen };
}

export function isSameChange(
  a: CatalogueChange | undefined,
  b: CatalogueChange | undefined,
): boolean {
  return (
    a?.effect === b?.effect &&
    a?.seen === b?.seen &&
    a?.pinned === b?.pinned &&
    a?.previous === b?.previous &&
    a?.rule === b?.rule
  );
}

export function changeRecord(
  tool: string,
  change: CatalogueChange,
): NonNullable<RecordDraft['detail']> {
  return { tool, ...change };
}
