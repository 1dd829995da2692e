// What the I-JSON gate lets through, and that it agrees with a parser written the slow way.

import { expect } from 'chai';
import fc from 'fast-check';
import { type JsonLimits, readJson } from './json.ts';
import { bytesOf, oddJson, textOf } from './odd-json.testkit.ts';

const STRICT: JsonLimits = { maxBytes: 1_000_000, maxDepth: 32, numbers: 'exact' };
const CARRIED: JsonLimits = { ...STRICT, numbers: 'any' };

describe('readJson', () => {
  const accepted: readonly { name: string; text: string; value?: unknown }[] = [
    { name: 'an object', text: '{"a":[1,true,null,"x"]}' },
    { name: 'whitespace around the value', text: ' \r\n\t{} \n' },
    { name: 'a scalar', text: '0' },
    { name: 'the largest exact integer', text: '9007199254740991' },
    { name: 'an integer written as a decimal', text: '1.0' },
    { name: 'a decimal that loses digits', text: '0.1234567890123456789' },
    { name: 'one key in two objects', text: '[{"a":1},{"a":2}]' },
    { name: 'a key that is a prefix of another', text: '{"a":1,"aa":2}' },
    { name: 'colons and braces inside strings', text: '{"a:{":"}:[\\"\\\\"}' },
    { name: 'a surrogate pair in escapes', text: '"\\ud83d\\ude00"' },
    { name: 'a backslash before u that is no escape', text: '"\\\\ud800"' },
    { name: 'a byte order mark inside a string', text: '"\ufeff"' },
  ];
  for (const { name, text } of accepted) {
    it(`accepts ${name}`, () => {
      const read = readJson(bytesOf(text), STRICT);

      expect(read).to.deep.equal({ ok: true, value: JSON.parse(text) });
    });
  }

  const refused: readonly { name: string; text: string | Uint8Array; reason: RegExp }[] = [
    { name: 'nothing', text: '', reason: /not one JSON value/ },
    { name: 'two values', text: '{} {}', reason: /not one JSON value/ },
    { name: 'data after the value', text: '{}x', reason: /not one JSON value/ },
    { name: 'a NUL after the value', text: '{}\0', reason: /not one JSON value/ },
    { name: 'a trailing comma', text: '[1,]', reason: /not one JSON value/ },
    { name: 'a comment', text: '/**/{}', reason: /not one JSON value/ },
    { name: 'NaN', text: '{"a":NaN}', reason: /not one JSON value/ },
    { name: 'an open string', text: '"a', reason: /not one JSON value/ },
    { name: 'an open string that ends in a backslash', text: '"a\\', reason: /not one JSON value/ },
    { name: 'an open object', text: '{"a":1', reason: /not one JSON value/ },
    { name: 'a byte order mark', text: '\ufeff{}', reason: /byte order mark/ },
    { name: 'invalid UTF-8', text: Uint8Array.of(0x22, 0xc3, 0x22), reason: /UTF-8/ },
    { name: 'overlong UTF-8', text: Uint8Array.of(0x22, 0xc0, 0x80, 0x22), reason: /UTF-8/ },
    {
      name: 'a surrogate in UTF-8',
      text: Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22),
      reason: /UTF-8/,
    },
    { name: 'UTF-16', text: Uint8Array.of(0xff, 0xfe, 0x7b, 0, 0x7d, 0), reason: /UTF-8/ },
    { name: 'a key twice', text: '{"a":1,"b":2,"a":1}', reason: /repeats a key/ },
    { name: 'a key twice, once escaped', text: '{"a":1,"\\u0061":2}', reason: /repeats a key/ },
    { name: 'an empty key twice', text: '{"":1,"":2}', reason: /repeats a key/ },
    { name: 'a number key twice', text: '{"1":1,"1":2}', reason: /repeats a key/ },
    { name: 'a key twice deep inside', text: '[[{"x":{"a":1,"a":1}}]]', reason: /repeats a key/ },
    { name: '__proto__ twice', text: '{"__proto__":1,"__proto__":2}', reason: /__proto__/ },
    { name: 'a __proto__ key', text: '{"a":{"__proto__":{}}}', reason: /__proto__/ },
    { name: 'an escaped __proto__ key', text: '{"\\u005f_proto__":{}}', reason: /__proto__/ },
    { name: 'half a surrogate pair', text: '{"a":"\\ud800"}', reason: /surrogate/ },
    { name: 'the other half, in capitals', text: '["\\uDFFF"]', reason: /surrogate/ },
    { name: 'half a surrogate pair as a key', text: '{"\\ud800":1}', reason: /surrogate/ },
    { name: 'halves in the wrong order', text: '"\\ude00\\ud83d"', reason: /surrogate/ },
    { name: '2^53', text: '9007199254740992', reason: /number/ },
    { name: '2^53 + 1', text: '{"a":[9007199254740993]}', reason: /number/ },
    { name: 'a long negative integer', text: '-12345678901234567890', reason: /number/ },
    { name: 'a number beyond doubles', text: '1e400', reason: /number/ },
    {
      name: 'nesting over the limit',
      text: `${'['.repeat(33)}${']'.repeat(33)}`,
      reason: /nested over 32/,
    },
    { name: 'endless nesting', text: '['.repeat(900_000), reason: /nested over 32/ },
  ];
  for (const { name, text, reason } of refused) {
    it(`refuses ${name}`, () => {
      const read = readJson(typeof text === 'string' ? bytesOf(text) : text, STRICT);

      expect(read).to.have.property('ok', false);
      expect(read).to.have.property('reason').that.matches(reason);
    });
  }

  it('refuses a text over the size limit and takes one at it', () => {
    const bytes = bytesOf('[1,2]');

    const atLimit = readJson(bytes, { ...STRICT, maxBytes: 5 });
    const overLimit = readJson(bytes, { ...STRICT, maxBytes: 4 });

    expect(atLimit.ok).to.equal(true);
    expect(overLimit).to.deep.equal({ ok: false, reason: 'JSON is over 4 bytes' });
  });

  it('takes nesting at the limit', () => {
    const text = `${'[{"a":'.repeat(16)}1${'}]'.repeat(16)}`;

    expect(readJson(bytesOf(text), STRICT).ok).to.equal(true);
  });

  it('carries numbers it cannot hold and __proto__ keys when nothing is judged by them', () => {
    const read = readJson(bytesOf('{"a":9007199254740993,"__proto__":{"polluted":1}}'), CARRIED);

    expect(read.ok).to.equal(true);
    expect(read).to.not.have.nested.property('value.polluted');
    expect({}).to.not.have.property('polluted');
  });

  it('never quotes the text in a reason', () => {
    const read = readJson(bytesOf('{"token":"s3cret", "token":s3cret}'), STRICT);

    expect(JSON.stringify(read)).to.not.contain('s3cret');
  });

  it('reads on after invalid UTF-8', () => {
    readJson(Uint8Array.of(0x22, 0xe2, 0x82), STRICT);

    expect(readJson(bytesOf('"€"'), STRICT)).to.deep.equal({ ok: true, value: '€' });
  });

  it('agrees with a slow parser on odd texts', () => {
    const texts = oddJson({ unique: false, wellFormed: false }).map(textOf);

    fc.assert(
      fc.property(texts, (text) => {
        expectAgreement(bytesOf(text), STRICT);
        expectAgreement(bytesOf(text), CARRIED);
      }),
      { numRuns: 2000 },
    );
  });

  it('agrees with a slow parser on damaged texts', () => {
    const damaged = fc
      .tuple(oddJson({ unique: false, wellFormed: false }).map(textOf), fc.nat(), fc.nat(255))
      .map(([text, at, byte]) => {
        const bytes = bytesOf(text);
        bytes[at % bytes.length] = byte;
        return bytes;
      });

    fc.assert(
      fc.property(damaged, (bytes) => expectAgreement(bytes, STRICT)),
      { numRuns: 3000 },
    );
  });
});

function expectAgreement(bytes: Uint8Array, limits: JsonLimits): void {
  const slow = readSlowly(bytes, limits);
  const read = readJson(bytes, limits);

  expect(read.ok, `${Buffer.from(bytes)}`).to.equal(slow !== undefined);
  if (read.ok && slow !== undefined) expect(print(read.value)).to.equal(print(slow.value));
}

/** Own members only, in a form in which -0, 1e400 and __proto__ show. */
function print(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(print).join()}]`;
  if (value instanceof Map) {
    const members = [...value].map(([key, item]) => [`${JSON.stringify(key)}:${print(item)}`]);
    return `{${members.sort().join()}}`;
  }
  if (typeof value === 'object' && value !== null) {
    return print(new Map(Object.entries(value)));
  }
  return Object.is(value, -0)
    ? '-0'
    : typeof value === 'number'
      ? `${value}`
      : JSON.stringify(value);
}

/** RFC 8259 and 7493 by recursive descent; objects become Maps. */
function readSlowly(bytes: Uint8Array, limits: JsonLimits): { value: unknown } | undefined {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
  let at = 0;
  const fail = (): never => {
    throw new SyntaxError();
  };
  const take = (pattern: RegExp): string => {
    const sticky = new RegExp(pattern, 'y');
    sticky.lastIndex = at;
    const found = sticky.exec(text);
    if (found === null) return fail();
    at = sticky.lastIndex;
    return found[0];
  };
  const string = (): string => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 8259 section 7 names them
    const raw = take(/"(?:[^"\\\u0000-\u001f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"/);
    const value: string = JSON.parse(raw);
    return value.isWellFormed() ? value : fail();
  };
  const number = (): number => {
    const value = Number(take(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/));
    const isExact = Number.isInteger(value)
      ? Math.abs(value) < 2 ** 53
      : Math.abs(value) < Infinity;
    return limits.numbers === 'any' || isExact ? value : fail();
  };
  const value = (depth: number): unknown => {
    if (depth > limits.maxDepth) return fail();
    take(/[ \t\r\n]*/);
    const next = text[at];
    const read =
      next === '"'
        ? string()
        : next === '['
          ? array(depth)
          : next === '{'
            ? object(depth)
            : /[-0-9]/.test(next ?? '')
              ? number()
              : JSON.parse(take(/true|false|null/));
    take(/[ \t\r\n]*/);
    return read;
  };
  const array = (depth: number): unknown[] => {
    const items: unknown[] = [];
    take(/\[[ \t\r\n]*/);
    while (text[at] !== ']') {
      items.push(value(depth + 1));
      if (text[at] === ',') {
        at += 1;
        if (/^[ \t\r\n]*\]/.test(text.slice(at))) fail();
      } else if (text[at] !== ']') fail();
    }
    at += 1;
    return items;
  };
  const object = (depth: number): Map<string, unknown> => {
    const members = new Map<string, unknown>();
    take(/\{[ \t\r\n]*/);
    while (text[at] !== '}') {
      const key = string();
      if (members.has(key) || (limits.numbers === 'exact' && key === '__proto__')) fail();
      take(/[ \t\r\n]*:/);
      members.set(key, value(depth + 1));
      if (text[at] === ',') take(/,[ \t\r\n]*(?=")/);
      else if (text[at] !== '}') fail();
    }
    at += 1;
    return members;
  };
  try {
    const read = value(0);
    return at === text.length ? { value: read } : undefined;
  } catch {
    return undefined;
  }
}
