// What the fixtures ask of a client: forms (elicitation), text from its model (sampling).
// The forms carry every default and enum shape that the conformance suite looks for.

export const USER_FORM = {
  type: 'object' as const,
  properties: {
    username: { type: 'string' as const, description: "User's response" },
    email: { type: 'string' as const, description: "User's email address" },
  },
  required: ['username', 'email'],
};

/** SEP-1034: a default on each primitive type. */
export const DEFAULTS_FORM = {
  type: 'object' as const,
  properties: {
    name: { type: 'string' as const, default: 'John Doe' },
    age: { type: 'integer' as const, default: 30 },
    score: { type: 'number' as const, default: 95.5 },
    status: {
      type: 'string' as const,
      enum: ['active', 'inactive', 'pending'],
      default: 'active',
    },
    verified: { type: 'boolean' as const, default: true },
  },
};

const OPTIONS = ['option1', 'option2', 'option3'];
const TITLED = [
  { const: 'value1', title: 'First' },
  { const: 'value2', title: 'Second' },
  { const: 'value3', title: 'Third' },
];

/** SEP-1330: the five ways to write a choice. */
export const ENUMS_FORM = {
  type: 'object' as const,
  properties: {
    untitledSingle: { type: 'string' as const, enum: OPTIONS },
    titledSingle: { type: 'string' as const, oneOf: TITLED },
    legacyEnum: {
      type: 'string' as const,
      enum: ['opt1', 'opt2', 'opt3'],
      enumNames: ['Option One', 'Option Two', 'Option Three'],
    },
    untitledMulti: {
      type: 'array' as const,
      items: { type: 'string' as const, enum: OPTIONS },
    },
    titledMulti: { type: 'array' as const, items: { anyOf: TITLED } },
  },
};

/** A sampling request for one short answer. */
export function question(line: string, maxTokens = 100) {
  return {
    messages: [{ role: 'user' as const, content: { type: 'text' as const, text: line } }],
    maxTokens,
  };
}

/** A form with one required field. */
export function oneField(name: string, type: 'string' | 'boolean') {
  return {
    type: 'object' as const,
    properties: { [name]: type === 'string' ? TEXT_FIELD : YES_NO_FIELD },
    required: [name],
  };
}

const TEXT_FIELD = { type: 'string' as const };
const YES_NO_FIELD = { type: 'boolean' as const };
