// What one message has to be searched for: the rules of every policy that are for its direction and its
// tool, joined so that the strongest action on a thing holds.

import type { MaskingConfig } from '#crds/policy.ts';
import { compareActions, type MaskingAction } from './actions.ts';
import { BIT, detectorNamed } from './detectors/built-in.ts';
import type { Detector } from './detectors/detector.ts';
import {
  compilePaths,
  type FieldPath,
  type FieldPaths,
  type FieldState,
  requiredName,
} from './fields.ts';
import type { GateNeeds } from './gate.ts';
import { nameGate } from './gate-names.ts';
import type { Pattern } from './pattern.ts';

/** One entry of `spec.masking`, compiled. */
export interface MaskingEntry {
  readonly name: string;
  readonly action: MaskingAction;
  readonly detectors: readonly Detector['name'][];
  readonly patterns: readonly Pattern[];
  readonly fields: readonly FieldPath[];
  readonly binary: NonNullable<MaskingConfig['binary']>;
}

export interface Rule {
  /** Name of the detector, or of the entry: what markers and records say. */
  readonly label: string;
  readonly action: MaskingAction;
  readonly isSecret: boolean;
}

export interface DetectorRule extends Rule {
  readonly detector: Detector;
}

export interface PatternRule extends Rule {
  readonly pattern: Pattern;
}

/** What happens to base64 content. */
export type BinaryPlan =
  | { readonly kind: 'pass' }
  | { readonly kind: 'withhold'; readonly rule: Rule }
  /** As text, where it is text. */
  | { readonly kind: 'scan'; readonly plan: Plan };

export interface Plan {
  readonly detectors: readonly DetectorRule[];
  readonly patterns: readonly PatternRule[];
  /** By the index that FieldPaths gives. */
  readonly fieldRules: readonly Rule[];
  readonly fields: FieldPaths;
  /** Where nested JSON begins: at any field root, or at the structured content that it repeats. */
  readonly nestedBegin: FieldState;
  readonly binary: BinaryPlan;
  /** What the gate has to look for. */
  readonly needs: GateNeeds;
}

/** Entries in the order of their policies; there is at least one. */
export function buildPlan(entries: readonly MaskingEntry[]): Plan {
  const detectors = detectorRules(entries);
  const patterns = entries.flatMap((entry) =>
    entry.patterns.map((pattern) => ({ ...ruleOf(entry), pattern })),
  );
  const paths = entries.flatMap((entry, rule) => entry.fields.map((path) => ({ rule, path })));
  const fields = compilePaths(paths);
  const names = paths.map(({ path }) => requiredName(path));
  const gate = nameGate(names.filter((name) => name !== undefined));
  const hasWithheld = entries.some(({ binary }) => binary === 'Withhold');
  return {
    detectors,
    patterns,
    fieldRules: entries.map(ruleOf),
    fields,
    nestedBegin: fields.join(fields.begin, structuredState(fields)),
    binary: binaryPlan(entries),
    needs: {
      detectors: detectors.reduce((bits, { detector }) => bits | BIT[detector.name], 0),
      names: gate,
      always: patterns.length > 0 || names.includes(undefined) || hasWithheld || gate.always,
    },
  };
}

function ruleOf({ name, action }: MaskingEntry): Rule {
  return { label: name, action, isSecret: false };
}

/** Each detector once, with the strongest action that any entry gives it. */
function detectorRules(entries: readonly MaskingEntry[]): readonly DetectorRule[] {
  const rules = new Map<string, DetectorRule>();
  for (const { detectors, action } of entries) {
    for (const name of detectors) {
      const known = rules.get(name);
      if (known !== undefined && compareActions(known.action, action) >= 0) continue;
      const detector = detectorNamed(name);
      rules.set(name, { label: name, action, isSecret: detector.isSecret, detector });
    }
  }
  return [...rules.values()];
}

function structuredState(fields: FieldPaths): FieldState {
  return fields.step(fields.step(fields.begin, 'result').state, 'structuredContent').state;
}

function binaryPlan(entries: readonly MaskingEntry[]): BinaryPlan {
  const withholding = entries.find(({ binary }) => binary === 'Withhold');
  if (withholding !== undefined) {
    return { kind: 'withhold', rule: { ...ruleOf(withholding), action: 'Redact' } };
  }
  const scanning = entries.filter(({ binary }) => binary === 'Scan');
  if (scanning.length === 0) return { kind: 'pass' };
  // what is inside base64 content is text, and has no base64 content of its own
  const inner = scanning.map((entry) => ({ ...entry, binary: 'Pass' as const }));
  return { kind: 'scan', plan: buildPlan(inner) };
}
