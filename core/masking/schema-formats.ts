// The string formats of JSON Schema that validators check, and one value of each that tells nothing.

interface Format {
  readonly test: RegExp;
  readonly neutral: string;
}

const HOST =
  /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9-]{1,63})*$/;

const FORMATS: ReadonlyMap<string, Format> = new Map([
  ['email', { test: /^[^\s@]{1,64}@[^\s@]{1,255}$/, neutral: 'redacted@redacted.invalid' }],
  ['idn-email', { test: /^[^\s@]{1,64}@[^\s@]{1,255}$/, neutral: 'redacted@redacted.invalid' }],
  ['date', { test: /^\d{4}-\d\d-\d\d$/, neutral: '1970-01-01' }],
  [
    'date-time',
    {
      test: /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,18})?(?:[Zz]|[+-]\d\d:?\d\d)$/,
      neutral: '1970-01-01T00:00:00Z',
    },
  ],
  [
    'time',
    { test: /^\d\d:\d\d:\d\d(?:\.\d{1,18})?(?:[Zz]|[+-]\d\d:?\d\d)$/, neutral: '00:00:00Z' },
  ],
  ['uri', { test: /^[A-Za-z][A-Za-z0-9+.-]{0,63}:[^\s]*$/, neutral: 'about:blank' }],
  ['uri-reference', { test: /^[^\s]*$/, neutral: 'about:blank' }],
  ['uuid', { test: /^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/, neutral: uuid() }],
  ['hostname', { test: HOST, neutral: 'redacted.invalid' }],
  ['ipv4', { test: /^\d{1,3}(?:\.\d{1,3}){3}$/, neutral: '0.0.0.0' }],
  ['ipv6', { test: /^[0-9a-fA-F:.]{2,45}$/, neutral: '::' }],
]);

/** Values that fit some format and say nothing, in the order in which they are tried. */
export const NEUTRAL_TEXTS: readonly string[] = [
  ...new Set([...FORMATS.values()].map(({ neutral }) => neutral)),
];

/** The value of a format that says nothing; undefined for formats nobody knows. */
export function neutralOf(format: string): string | undefined {
  return FORMATS.get(format)?.neutral;
}

/** Formats nobody knows are no constraint, as for every validator. */
export function hasFormat(format: string, text: string): boolean {
  return FORMATS.get(format)?.test.test(text) ?? true;
}

function uuid(): string {
  return '00000000-0000-0000-0000-000000000000';
}
