// A JSON number as the texts in which a value may be found: `4.111111111111111e15` is a card too.

/** Digits of the shortest value that is digits alone, with a name that says what it is. */
export const MIN_NUMBER = 9;
/** The same without. */
const MIN_CARD = 12;

/** As it is written, and as an integer where it is written with a point or an exponent. */
export function numberTexts(raw: string): readonly string[] {
  const mantissa = raw.split(/[eE]/)[0] ?? '';
  if (!/[.eE]/.test(raw) || mantissa.replaceAll(/[^0-9]/g, '').length < MIN_CARD) return [raw];
  const value = Number(raw);
  return Number.isSafeInteger(value) ? [raw, String(value)] : [raw];
}
