// International bank account numbers (ISO 13616): a known country, its length, and mod 97.

import { codeAt, DASH, isAlphanumeric, isAlphanumericAt, SPACE } from './characters.ts';
import type { Detector, Match } from './detector.ts';

export const iban: Detector = {
  name: 'iban',
  isSecret: false,
  prefilter: (text) => /[A-Za-z]{2}[0-9]{2}[ -]?[A-Za-z0-9]/.test(text),
  find,
  canonical: (matched) => matched.replaceAll(/[ -]/g, '').toUpperCase(),
};

function find(text: string): readonly Match[] {
  const matches: Match[] = [];
  const anchor = /[A-Za-z]{2}[0-9]{2}/g;
  for (let found = anchor.exec(text); found !== null; found = anchor.exec(text)) {
    const start = found.index;
    const end = endOfIban(text, start);
    // one further, not one anchor further: `ABGB82` holds the anchor `GB82`
    anchor.lastIndex = end ?? start + 1;
    if (end !== undefined) matches.push({ start, end });
  }
  return matches;
}

function endOfIban(text: string, start: number): number | undefined {
  const country = text.slice(start, start + 2).toUpperCase();
  const length = LENGTHS.get(country);
  if (length === undefined || isAlphanumericAt(text, start - 1)) return undefined;
  let compact = '';
  let at = start;
  while (compact.length < length) {
    const code = codeAt(text, at);
    if (isAlphanumeric(code)) compact += text.charAt(at);
    // one separator at a time, and none at the end
    else if (!isSeparator(code) || isSeparator(codeAt(text, at - 1))) return undefined;
    at += 1;
  }
  return !isAlphanumericAt(text, at) && isMod97(compact.toUpperCase()) ? at : undefined;
}

function isSeparator(code: number): boolean {
  return code === SPACE || code === DASH;
}

/** ISO/IEC 7064: the first four moved to the end, letters as 10 to 35, leave 1. */
export function isMod97(compact: string): boolean {
  const turned = compact.slice(4) + compact.slice(0, 4);
  let remainder = 0;
  for (const character of turned) {
    const value = Number.parseInt(character, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder === 1;
}

/** The IBAN registry, and countries that use the form without being in it. */
const REGISTRY =
  'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 ' +
  'DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 ' +
  'IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 ' +
  'MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 ' +
  'SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30 AO25 BF28 BJ28 CF27 CG27 CI28 ' +
  'CM27 CV25 DZ26 GA27 GQ27 GW25 IR26 KM27 MA28 MG27 ML28 MZ25 NE28 SN28 TD27 TG28';

export const LENGTHS: ReadonlyMap<string, number> = new Map(
  REGISTRY.split(' ').map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);
