// From the masking sections of all policies to what masks messages, or to everything wrong with them.
// Every rule of every policy applies: adding a policy never shows more.

import type { PolicyProblem } from '#core/policy/findings.ts';
import { compileGlob, type Glob } from '#core/policy/glob.ts';
import type { LayerDocument } from '#core/policy/layer-document.ts';
import { RegexFault } from '#core/policy/regex-syntax.ts';
import type { MaskingConfig } from '#crds/policy.ts';
import { compilePath } from './fields.ts';
import { compilePattern } from './pattern.ts';
import { buildPlan, type MaskingEntry, type Plan } from './plan.ts';

export type MaskingDirection = 'toServer' | 'toClient';

/** Which tool a message belongs to, as a request of it or an answer. */
export type MessageOrigin =
  | { readonly kind: 'tool'; readonly name: string }
  /** To none: rules for certain tools do not apply. */
  | { readonly kind: 'other' }
  /** It cannot be told, as on a stream of its own: rules for certain tools all apply. */
  | { readonly kind: 'unknown' };

export interface CompiledMasking {
  /** Undefined when nothing is to be hidden in such a message. */
  planFor(direction: MaskingDirection, origin: MessageOrigin): Plan | undefined;
}

/** `masking` is of use only when there are no problems. */
export interface MaskingCompilation {
  readonly masking: CompiledMasking;
  readonly problems: readonly PolicyProblem[];
}

/** Documents have passed crds/validate.ts. */
export function compileMasking(documents: readonly LayerDocument[]): MaskingCompilation {
  const problems: PolicyProblem[] = [];
  const entries = documents.flatMap(({ spec }, document) =>
    (spec.masking ?? []).map((config, at) => {
      const compiled = compileEntry(config, `spec.masking[${at}]`);
      problems.push(...compiled.problems.map((found) => ({ ...found, document })));
      return compiled.entry;
    }),
  );
  return { masking: new Plans(entries), problems };
}

interface DirectedEntry extends MaskingEntry {
  readonly direction: NonNullable<MaskingConfig['direction']>;
  /** Absent: for every message. */
  readonly tools?: readonly Glob[];
}

interface EntryCompilation {
  readonly entry: DirectedEntry;
  readonly problems: readonly { readonly path: string; readonly message: string }[];
}

function compileEntry(config: MaskingConfig, path: string): EntryCompilation {
  const problems: { path: string; message: string }[] = [];
  const patterns = (config.patterns ?? []).flatMap((pattern, at) => {
    try {
      return [compilePattern(pattern)];
    } catch (error) {
      if (!(error instanceof RegexFault)) throw error;
      problems.push({ path: `${path}.patterns[${at}]`, message: error.message });
      return [];
    }
  });
  const fields = (config.fields ?? []).flatMap((field, at) => {
    const compiled = compilePath(field);
    if (compiled !== undefined) return [compiled];
    problems.push({ path: `${path}.fields[${at}]`, message: BAD_PATH });
    return [];
  });
  const { name, action, detectors = [], direction = 'Both', binary = 'Scan', tools } = config;
  const entry = { name, action, detectors, patterns, fields, direction, binary };
  const globs = tools?.map((tool) => compileGlob(tool, 'name'));
  return { entry: globs === undefined ? entry : { ...entry, tools: globs }, problems };
}

const BAD_PATH =
  'must be names between single dots, with `*` for one field or part of its name and `**` for any depth';

/** As many ways in which the tools of entries can meet; more are built again each time. */
const MAX_PLANS = 256;

class Plans implements CompiledMasking {
  readonly #entries: readonly DirectedEntry[];
  readonly #plans = new Map<string, Plan>();

  constructor(entries: readonly DirectedEntry[]) {
    this.#entries = entries;
  }

  planFor(direction: MaskingDirection, origin: MessageOrigin): Plan | undefined {
    if (this.#entries.length === 0) return undefined;
    let key = '';
    const applying = this.#entries.filter((entry, at) => {
      const applies = isDirected(entry, direction) && isMeant(entry, origin);
      if (applies) key += `${at},`;
      return applies;
    });
    if (applying.length === 0) return undefined;
    const known = this.#plans.get(key);
    if (known !== undefined) return known;
    const plan = buildPlan(applying);
    if (this.#plans.size < MAX_PLANS) this.#plans.set(key, plan);
    return plan;
  }
}

function isDirected({ direction }: DirectedEntry, way: MaskingDirection): boolean {
  return direction === 'Both' || (direction === 'Request') === (way === 'toServer');
}

function isMeant({ tools }: DirectedEntry, origin: MessageOrigin): boolean {
  if (tools === undefined || origin.kind === 'unknown') return true;
  return origin.kind === 'tool' && tools.some((tool) => tool.matches(origin.name));
}
