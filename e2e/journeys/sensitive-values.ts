// Values that masking has to find, made anew for each run, so that nothing can know them by heart.

import { randomBytes, randomInt } from 'node:crypto';
import type { Secrets } from './leaks.ts';

/** One of the kind, spelt as people write it. */
const KINDS: readonly (() => string)[] = [
  email,
  card,
  socialSecurityNumber,
  iban,
  () => `AKIA${pick('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 16)}`,
  () => `ghp_${pick('ABCDEFGHIJabcdefghij0123456789', 36)}`,
  () =>
    [{ alg: 'HS256' }, { sub: pick('abcdef', 12) }]
      .map(part)
      .concat(pick('abcDEF0123', 43))
      .join('.'),
  () => [randomInt(11, 120), randomInt(1, 250), randomInt(1, 250), randomInt(1, 250)].join('.'),
  privateKey,
];

/** Plants one value of each kind, and gives a text that says them all. */
export function plantAll(secrets: Secrets, where: string): string {
  const values = KINDS.map((make, at) => secrets.add(`${where}, kind ${at}`, make()));
  return `They are ${values.join(' and ')}; that is all.`;
}

/** Plants one value. */
export function plantEmail(secrets: Secrets, where: string): string {
  return secrets.add(where, email());
}

export function card(): string {
  const digits = `4${pick('0123456789', 14)}`;
  const check = [...Array(10).keys()].find((digit) => isLuhn(`${digits}${digit}`)) ?? 0;
  return `${digits}${check}`.replaceAll(/(.{4})(?=.)/g, '$1 ');
}

function email(): string {
  return `p${randomBytes(8).toString('hex')}@planted.example`;
}

function socialSecurityNumber(): string {
  return [randomInt(100, 600), randomInt(10, 99), randomInt(1000, 9999)].join('-');
}

function iban(): string {
  const account = pick('0123456789', 18);
  // D is 13, E is 14; the check digits make the remainder 1 (ISO 13616)
  const check = 98n - (BigInt(`${account}131400`) % 97n);
  return `DE${String(check).padStart(2, '0')}${account}`;
}

/** Shorter than real ones, and on one line, as some write them: URIs have to hold it too. */
function privateKey(): string {
  const line = pick('ABCDEFGHIJabcdefghij0123456789', 32);
  return `-----BEGIN PRIVATE KEY----- ${line} -----END PRIVATE KEY-----`;
}

function isLuhn(digits: string): boolean {
  const sum = [...digits].toReversed().reduce((total, digit, at) => {
    const value = Number(digit) * (at % 2 === 0 ? 1 : 2);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

function pick(alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
