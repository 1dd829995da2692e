// Where in a message a value stands, and what that means for masking it. Made anew for each step down.

import type { FieldState } from './fields.ts';
import type { Plan } from './plan.ts';
import type { SchemaPlace } from './schema-place.ts';
import { pointerInto } from './tally.ts';
import type { ObjectNode } from './tree.ts';
import { type Exemption, enterZone, messageZone, PAYLOAD, type Zone } from './zones.ts';

export interface Place {
  /** The text that the tree was read from. */
  readonly json: string;
  readonly plan: Plan;
  readonly zone: Zone;
  readonly pointer: string;
  /** Name of the nearest member around, and what says more of it. */
  readonly hint: string;
  readonly state: FieldState;
  /** Rules of the plan whose path ends here. */
  readonly hits: readonly number[];
  /** What the output schema says of this place; absent where no schema holds. */
  readonly schema: SchemaPlace | undefined;
  /** The container goes on without it. */
  readonly isRemovable: () => boolean;
  /** Of structured content, until it is reached. */
  readonly contentSchema: SchemaPlace | undefined;
  /** The protocol has a word of its own here. */
  readonly exemption: Exemption | undefined;
  readonly isBinary: boolean;
  /** How many JSON texts inside each other, and how many encodings. */
  readonly nesting: number;
  readonly decodings: number;
}

/** Strings that hold JSON that holds strings; deeper ones are searched as text. */
export const MAX_NESTING = 3;
export const MAX_DECODINGS = 2;

/** The root of a message. */
export function rootMessage(
  json: string,
  {
    plan,
    direction,
    schema,
  }: {
    readonly plan: Plan;
    readonly direction: 'toServer' | 'toClient';
    readonly schema: SchemaPlace | undefined;
  },
): Place {
  return {
    json,
    plan,
    zone: messageZone(direction),
    pointer: '',
    hint: '',
    state: plan.fields.begin,
    hits: [],
    schema: undefined,
    contentSchema: schema,
    isRemovable: never,
    exemption: undefined,
    isBinary: false,
    nesting: 0,
    decodings: 0,
  };
}

/** `name` is what the pointer says: the key, or what it became. */
export function memberPlace(
  place: Place,
  { key, name, hint }: { readonly key: string; readonly name: string; readonly hint: string },
): Place {
  const { plan, zone, schema } = place;
  const inner = enterZone(zone, key);
  const { state, hits } = plan.fields.step(place.state, key);
  return {
    ...place,
    zone: inner,
    pointer: pointerInto(place.pointer, name),
    hint,
    state: inner.isFieldRoot ? plan.fields.join(state, plan.nestedBegin) : state,
    hits,
    isRemovable: removableMember(zone, schema, key),
    isBinary: zone.binary.has(key),
    exemption: zone.exempt.get(key),
    schema: inner.isStructured ? place.contentSchema : schema?.child(key),
  };
}

export function itemPlace(place: Place, index: number): Place {
  const { plan, schema } = place;
  const { state, hits } = plan.fields.step(place.state, index);
  return {
    ...place,
    pointer: pointerInto(place.pointer, index),
    state,
    hits,
    isRemovable: place.zone.kind === 'payload' ? always : never,
    exemption: undefined,
    schema: schema?.child(index),
  };
}

export const always = (): boolean => true;
export const never = (): boolean => false;

/** Asked only where something is to go: what the schema requires has to stay. */
function removableMember(zone: Zone, schema: SchemaPlace | undefined, key: string): () => boolean {
  if (zone.kind !== 'payload') return never;
  return schema === undefined ? always : () => !schema.requires(key);
}

/** The root of a JSON text inside a string at `place`. Paths are read on, and begin anew. */
export function nestedPlace(place: Place, json: string, schema: SchemaPlace | undefined): Place {
  const { plan, pointer, hint, nesting, decodings } = place;
  const isDefinition = place.zone.kind === 'definition';
  return {
    json,
    plan,
    zone: PAYLOAD,
    pointer,
    hint,
    state: isDefinition ? [] : plan.fields.join(place.state, plan.nestedBegin),
    hits: [],
    isRemovable: never,
    isBinary: false,
    nesting: nesting + 1,
    decodings,
    contentSchema: undefined,
    exemption: undefined,
    schema,
  };
}

/**
 * What the members of an object say of each other: `{"name": "ssn", "value": …}`. Bounded, since it is
 * looked at with each value below.
 */
export function hintFor(object: ObjectNode, key: string): string {
  if (key !== 'value' && key !== 'text' && key !== 'content') return key.slice(0, MAX_HINT);
  const sibling = object.members.find(
    (member) => NAMING.has(member.key.value) && member.value.kind === 'string',
  );
  const said = sibling?.value.kind === 'string' ? sibling.value.value.slice(0, MAX_HINT) : '';
  return `${said} ${key}`;
}

const NAMING = new Set(['name', 'key', 'label', 'field', 'title', 'id']);
const MAX_HINT = 128;
