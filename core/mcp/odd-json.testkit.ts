// Random JSON texts as no serialiser writes them: odd whitespace, escapes where none are needed,
// numbers beyond doubles, and (on demand) keys that repeat. For property tests alone.

import fc from 'fast-check';

/** A tree that remembers how each part is written. */
export type OddJson =
  | { readonly kind: 'scalar'; readonly text: string }
  | { readonly kind: 'string'; readonly value: string; readonly text: string }
  | { readonly kind: 'array'; readonly items: readonly OddJson[]; readonly space: string }
  | {
      readonly kind: 'object';
      readonly members: readonly (readonly [OddString, OddJson])[];
      readonly space: string;
    };
export type OddString = Extract<OddJson, { kind: 'string' }>;

const space = fc.constantFrom('', '', '', ' ', '\n', '\t', '\r\n', '  \n\t');
const numbers = fc.constantFrom(
  ...['0', '-0', '1', '1.0', '-1.50', '1e3', '2E-7', '0.1e+2', '1e400', '-1e400', '1e-400'],
  ...['9007199254740991', '9007199254740992', '9007199254740993.0', '9007199254740992.5'],
  ...['123456789012345678901234567890', '0.30000000000000004', '3.141592653589793238462643'],
);
const scalar: fc.Arbitrary<OddJson> = fc
  .oneof(numbers, fc.constantFrom('true', 'false', 'null'), fc.integer().map(String))
  .map((text) => ({ kind: 'scalar', text }));

const unit = fc.oneof(
  fc.constantFrom('a', 'b', '"', '\\', '/', '\n', '\u0000', 'é', '€', '😀', ':', '{', ']', ','),
  fc.constantFrom('\ud800', '\udfff', '\u2028', '\ufeff'),
);
const escaping = fc.constantFrom('short', 'hex', 'HEX');

const character = fc.tuple(unit, escaping).map(([value, how]) => ({
  value,
  text: how === 'short' ? short(value) : hex(value, how === 'HEX'),
}));

/** Keys repeat often; with `wellFormed`, no half of a surrogate pair is left alone. */
function oddString(wellFormed: boolean): fc.Arbitrary<OddString> {
  const fixed = fc.constantFrom('a', 'b', 'name', 'result', 'tools', '__proto__', '');
  const free = fc
    .array(character, { maxLength: 6 })
    .map((parts) => ({
      value: parts.map((part) => part.value).join(''),
      text: `"${parts.map((part) => part.text).join('')}"`,
    }))
    .filter(({ value }) => !wellFormed || value.isWellFormed());
  return fc
    .oneof(
      fixed.map((value) => ({ value, text: JSON.stringify(value) })),
      fixed.map((value) => ({ value, text: `"${hex(value, true)}"` })),
      free,
    )
    .map((parts) => ({ kind: 'string', ...parts }));
}

export function oddJson(options: { unique: boolean; wellFormed: boolean }): fc.Arbitrary<OddJson> {
  const string = oddString(options.wellFormed);
  const { tree } = fc.letrec<{ tree: OddJson }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4, depthSize: 'small', withCrossShrink: true },
      scalar,
      string,
      fc
        .record({ items: fc.array(tie('tree'), { maxLength: 5 }), space })
        .map((parts): OddJson => ({ kind: 'array', ...parts })),
      fc.record({ members: fc.array(fc.tuple(string, tie('tree')), { maxLength: 5 }), space }).map(
        ({ members, space }): OddJson => ({
          kind: 'object',
          members: options.unique ? uniqueMembers(members) : members,
          space,
        }),
      ),
    ),
  }));
  return tree;
}

export function textOf(json: OddJson): string {
  switch (json.kind) {
    case 'scalar':
    case 'string':
      return json.text;
    case 'array': {
      const { space } = json;
      const items = json.items.map((item) => `${space}${textOf(item)}${space}`);
      return items.length === 0 ? `[${space}]` : `[${items.join(',')}]`;
    }
    case 'object': {
      const { space } = json;
      const members = json.members.map(
        ([key, value]) => `${space}${key.text}${space}:${space}${textOf(value)}${space}`,
      );
      return members.length === 0 ? `{${space}}` : `{${members.join(',')}}`;
    }
  }
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function uniqueMembers<T>(members: readonly (readonly [OddString, T])[]) {
  return [...new Map(members.map((member) => [member[0].value, member])).values()];
}

function short(value: string): string {
  return value.isWellFormed() ? JSON.stringify(value).slice(1, -1) : hex(value, false);
}

function hex(value: string, isUpper: boolean): string {
  return Array.from({ length: value.length }, (_, index) => {
    const digits = value.charCodeAt(index).toString(16).padStart(4, '0');
    return `\\u${isUpper ? digits.toUpperCase() : digits}`;
  }).join('');
}
