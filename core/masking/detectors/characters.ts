// Classes of characters by code, for detectors that grow a match by hand.

export const AT = 0x40;
export const COLON = 0x3a;
export const DASH = 0x2d;
export const DOT = 0x2e;
export const EQUALS = 0x3d;
export const PLUS = 0x2b;
export const SLASH = 0x2f;
export const SPACE = 0x20;
export const UNDERSCORE = 0x5f;

export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

export function isUpper(code: number): boolean {
  return code >= 0x41 && code <= 0x5a;
}

export function isLower(code: number): boolean {
  return code >= 0x61 && code <= 0x7a;
}

export function isLetter(code: number): boolean {
  return isUpper(code) || isLower(code);
}

export function isAlphanumeric(code: number): boolean {
  return isDigit(code) || isLetter(code);
}

export function isHex(code: number): boolean {
  return isDigit(code) || (code >= 0x41 && code <= 0x46) || (code >= 0x61 && code <= 0x66);
}

/** Letters, digits, `-` and `_`. */
export function isBase64Url(code: number): boolean {
  return isAlphanumeric(code) || code === DASH || code === UNDERSCORE;
}

/** Whether a match that touches the place `at` would go on into it; false beyond either end. */
export function isAlphanumericAt(text: string, at: number): boolean {
  return isAlphanumeric(codeAt(text, at));
}

/** Code unit at `at`; 0 beyond either end, which is in no class. */
export function codeAt(text: string, at: number): number {
  return at >= 0 && at < text.length ? text.charCodeAt(at) : 0;
}

/** The first place at or after `from`, below `limit`, that is not in the class. */
export function endOfRun(
  text: string,
  from: number,
  limit: number,
  isInside: (code: number) => boolean,
): number {
  const stop = Math.min(limit, text.length);
  let at = from;
  while (at < stop && isInside(text.charCodeAt(at))) at += 1;
  return at;
}

/** The first place of the run that ends before `end`, not below `limit`. */
export function startOfRun(
  text: string,
  end: number,
  limit: number,
  isInside: (code: number) => boolean,
): number {
  const stop = Math.max(limit, 0);
  let at = end;
  while (at > stop && isInside(text.charCodeAt(at - 1))) at -= 1;
  return at;
}
