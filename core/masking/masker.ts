// Walks one message and decides what becomes of each part. Gives edits of the text it was read from;
// throws Withheld where a rule blocks, or where nothing may stand in place of a value.

import type { JsonValue } from '#core/mcp/messages.ts';
import { compareActions, type Hmac } from './actions.ts';
import { maskBinary } from './binary.ts';
import { type MaskingBudget, newBudget } from './budget.ts';
import type { Match } from './detectors/detector.ts';
import { MemberNames } from './member-names.ts';
import { jsonRegions } from './nested-json.ts';
import { MIN_NUMBER, numberTexts } from './number-texts.ts';
import {
  always,
  hintFor,
  itemPlace,
  MAX_DECODINGS,
  MAX_NESTING,
  memberPlace,
  nestedPlace,
  never,
  type Place,
} from './place.ts';
import type { Rule } from './plan.ts';
import { fitText, fitValue, wholeReplacement } from './replace-value.ts';
import type { SchemaPlace } from './schema-place.ts';
import { StringGate } from './string-gate.ts';
import { type Finding, Tally, Withheld } from './tally.ts';
import { applyEdits, escapeEdits, removeItems, type TextEdit } from './text-edits.ts';
import { editsOf, type Found, scanText } from './text-scan.ts';
import { type ArrayNode, type Node, type ObjectNode, readTree, type StringNode } from './tree.ts';
import { isExempt, isProtocolKey } from './zones.ts';

export interface Masking {
  readonly hmac: Hmac;
  /** The schema of a JSON text that repeats the structured content. */
  readonly schemaOfCopy: (json: string) => SchemaPlace | undefined;
}

const MAX_CLEAN_KEYS = 1000;

/** What became of one part: edits of it, or that it goes. */
type Outcome =
  | { readonly kind: 'edited'; readonly edits: readonly TextEdit[] }
  | { readonly kind: 'removed' };

export class Masker {
  readonly #masking: Masking;
  readonly #budget: MaskingBudget;
  readonly #gate = new StringGate();
  /** Keys in which nothing was found; most objects of a list have the same. */
  readonly #cleanKeys = new Set<string>();
  #tally = new Tally();

  constructor(masking: Masking, sizeChars: number) {
    this.#masking = masking;
    this.#budget = newBudget(sizeChars);
  }

  get tally(): Tally {
    return this.#tally;
  }

  /** Edits of `place.json`, whose root is `node`. */
  maskRoot(node: Node, place: Place): readonly TextEdit[] {
    const outcome = this.#visit(node, place);
    if (outcome.kind === 'removed') throw new Withheld('unmaskable');
    return outcome.edits;
  }

  /** Edits of a decoded text; `place` is that of the string that holds it. */
  maskText(text: string, place: Place): readonly TextEdit[] {
    if (text === '') return [];
    const edits: TextEdit[] = [];
    let from = 0;
    const regions = place.nesting < MAX_NESTING ? jsonRegions(text) : [];
    for (const region of regions) {
      edits.push(...shifted(this.#scan(text.slice(from, region.start), place), from));
      const json = text.slice(region.start, region.end);
      const inner = nestedPlace(place, json, this.#masking.schemaOfCopy(json));
      edits.push(...shifted(this.maskRoot(readTree(json), inner), region.start));
      from = region.end;
    }
    return [...edits, ...shifted(this.#scan(text.slice(from), place), from)];
  }

  #visit(node: Node, place: Place): Outcome {
    if (isProtocolWord(node, place)) return UNCHANGED;
    const rule = ruleAt(place);
    if (rule !== undefined && isReplaceable(node, place)) {
      return this.#replaceWhole(node, place, { rule, value: '' });
    }
    return this.#visitParts(node, place);
  }

  #visitParts(node: Node, place: Place): Outcome {
    switch (node.kind) {
      case 'string':
        return this.#visitString(node, place);
      case 'number':
        return this.#visitNumber(node, place);
      case 'word':
        return UNCHANGED;
      case 'array':
        return this.#visitArray(node, place);
      case 'object':
        return this.#visitObject(node, place);
    }
  }

  #visitString(node: StringNode, place: Place): Outcome {
    if (!this.#gate.mayHide(node, place)) return UNCHANGED;
    const binary = place.isBinary ? maskBinary(node.value, place, this) : undefined;
    const edits = binary ?? this.maskText(node.value, place);
    if (edits.length === 0) return UNCHANGED;
    const fitted = fitText(node.value, edits, place);
    switch (fitted.kind) {
      case 'fits':
        return { kind: 'edited', edits: escapeEdits(place.json, node, edits) };
      case 'instead':
        return replaced(node, fitted.value);
      case 'nothing':
        return this.#removeOrWithhold(place);
    }
  }

  /** Digits that a detector knows as a value are no quantity: the whole number is one match. */
  #visitNumber(node: Node, place: Place): Outcome {
    if (node.end - node.start < MIN_NUMBER && place.plan.patterns.length === 0) return UNCHANGED;
    const raw = place.json.slice(node.start, node.end);
    const found = numberTexts(raw).flatMap((text) => this.#find(text, place));
    const [strongest] = found.toSorted((a, b) => compareActions(b.rule.action, a.rule.action));
    return strongest === undefined ? UNCHANGED : this.#replaceWhole(node, place, strongest);
  }

  #visitArray(node: ArrayNode, place: Place): Outcome {
    const edits: TextEdit[] = [];
    const removed: number[] = [];
    for (const [index, item] of node.items.entries()) {
      const outcome = this.#visit(item, itemPlace(place, index));
      if (outcome.kind === 'removed') removed.push(index);
      else edits.push(...outcome.edits);
    }
    return { kind: 'edited', edits: [...edits, ...removeItems(node.items, removed)] };
  }

  #visitObject(node: ObjectNode, place: Place): Outcome {
    const edits: TextEdit[] = [];
    const removed: number[] = [];
    const names = new MemberNames(node.members.map(({ key }) => key.value));
    for (const [index, { key, value }] of node.members.entries()) {
      const name = this.#nameOf(key, place, names);
      const hint = hintFor(node, key.value);
      const outcome =
        name === undefined
          ? REMOVED
          : this.#visit(value, memberPlace(place, { key: key.value, name, hint }));
      if (outcome.kind === 'removed') {
        removed.push(index);
        continue;
      }
      if (name !== undefined && name !== key.value) edits.push(...replaced(key, name).edits);
      edits.push(...outcome.edits);
    }
    const spans = node.members.map(({ key, value }) => ({ start: key.start, end: value.end }));
    return { kind: 'edited', edits: [...edits, ...removeItems(spans, removed)] };
  }

  /** Remembered for the message itself alone: what is encoded in it is searched by a plan of its own. */
  #isCleanKey(key: string, place: Place): boolean {
    if (place.decodings > 0) return false;
    if (this.#cleanKeys.has(key)) return true;
    const isClean = this.#find(key, { ...place, hint: '' }).length === 0;
    if (isClean && this.#cleanKeys.size < MAX_CLEAN_KEYS) this.#cleanKeys.add(key);
    return isClean;
  }

  /** What a key becomes: masked as text is, and told apart from its neighbours. Undefined: it goes. */
  #nameOf({ value: key }: StringNode, place: Place, names: MemberNames): string | undefined {
    if (isProtocolKey(place.zone, key) || this.#isCleanKey(key, place)) return key;
    const found = this.#find(key, { ...place, hint: '' });
    if (found.length === 0) return key;
    const edits = editsOf(key, found, this.#masking.hmac);
    for (const { finding } of edits) this.#note(finding, place);
    const isDropped = edits.some(({ finding }) => finding.rule.action === 'Drop');
    if (isDropped && place.zone.kind === 'payload') return undefined;
    const base = applyEdits(key, edits);
    if (base === key) return key;
    return names.add(base);
  }

  /** A field rule, or a number that is a value: nothing of it stays. A stronger find inside wins. */
  #replaceWhole(node: Node, place: Place, ruled: Finding): Outcome {
    const inside = node.kind === 'number' ? undefined : this.#strongestIn(node, place);
    const isStronger =
      inside !== undefined && compareActions(inside.rule.action, ruled.rule.action) > 0;
    const { rule } = isStronger ? inside : ruled;
    const wanted = wholeReplacement(node, place, { rule, value: ruled.value }, this.#masking.hmac);
    if (wanted.kind === 'same') return UNCHANGED;
    this.#note({ rule, value: wanted.value }, place);
    if (wanted.kind === 'gone') return REMOVED;
    const fitted = fitValue(wanted.text, node, place);
    if (fitted === undefined) return this.#removeOrWithhold(place);
    return replaced(node, fitted);
  }

  #removeOrWithhold(place: Place): Outcome {
    if (place.isRemovable()) return REMOVED;
    throw new Withheld('unmaskable', this.#tally.strongest?.rule, place.pointer);
  }

  /** Base64 content that is replaced whole, as the policy says of all of it. */
  noteWithheld(place: Place): void {
    const { binary } = place.plan;
    if (binary.kind === 'withhold') this.#note({ rule: binary.rule, value: '' }, place);
  }

  #scan(text: string, place: Place): readonly TextEdit[] {
    if (text === '') return [];
    const edits = editsOf(text, this.#find(text, place), this.#masking.hmac);
    for (const { finding } of edits) this.#note(finding, place);
    return edits;
  }

  #find(text: string, place: Place): readonly Found[] {
    const { plan, hint } = place;
    return scanText({ text, hint, plan, budget: this.#budget }, (content) =>
      place.decodings < MAX_DECODINGS ? this.#strongestInText(content, place) : undefined,
    );
  }

  #strongestInText(content: string, place: Place): Finding | undefined {
    const inner = { ...place, decodings: place.decodings + 1, isRemovable: never };
    return this.#probe(() => this.maskText(content, inner));
  }

  #strongestIn(node: Node, place: Place): Finding | undefined {
    const free = { ...place, schema: undefined, isRemovable: always };
    return this.#probe(() => this.#visitParts(node, free));
  }

  /** What would be found, without telling of it: it is told of as part of something else. */
  #probe(look: () => unknown): Finding | undefined {
    const outer = this.#tally;
    this.#tally = new Tally();
    try {
      look();
      return this.#tally.strongest;
    } finally {
      this.#tally = outer;
    }
  }

  #note(finding: Finding, { pointer }: Place): void {
    if (finding.rule.action === 'Block') throw new Withheld('blocked', finding.rule, pointer);
    this.#tally.note(finding, pointer);
  }
}

const UNCHANGED: Outcome & { readonly kind: 'edited' } = { kind: 'edited', edits: [] };
const REMOVED: Outcome = { kind: 'removed' };

function replaced(node: Match, value: JsonValue): Outcome & { readonly kind: 'edited' } {
  const { start, end } = node;
  return { kind: 'edited', edits: [{ start, end, replacement: JSON.stringify(value) }] };
}

function shifted(edits: readonly TextEdit[], by: number): readonly TextEdit[] {
  if (by === 0) return edits;
  return edits.map((edit) => ({ ...edit, start: edit.start + by, end: edit.end + by }));
}

function isProtocolWord(node: Node, place: Place): boolean {
  if (place.exemption === undefined) return false;
  if (node.kind === 'number') return place.exemption === 'opaque';
  return node.kind === 'string' && isExempt(place.exemption, node.value);
}

/** Of the field rules that end here the strongest. */
function ruleAt({ hits, plan }: Place): Rule | undefined {
  const rules = hits.flatMap((hit) => plan.fieldRules[hit] ?? []);
  return rules.toSorted((a, b) => compareActions(b.action, a.action))[0];
}

/** Field rules mean values: not what a schema says of them, and not what holds the protocol together. */
function isReplaceable(node: Node, { zone }: Place): boolean {
  return zone.kind === 'payload' || (zone.kind === 'protocol' && node.kind === 'string');
}
