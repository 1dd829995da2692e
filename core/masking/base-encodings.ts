// Base64, base64url and hexadecimal, decoded from text. Lenient where decoders are: padding may lack.

/** Bytes of base64 or base64url; what is left over of the last group is dropped. */
export function decodeBase64(text: string, start: number, end: number): Uint8Array {
  const bytes = new Uint8Array(Math.floor(((end - start) * 3) / 4));
  let length = 0;
  let bits = 0;
  let held = 0;
  for (let at = start; at < end; at += 1) {
    const value = base64Value(text.charCodeAt(at));
    if (value < 0) continue;
    bits = ((bits << 6) | value) & 0xffff;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes[length] = (bits >> held) & 0xff;
    length += 1;
  }
  return bytes.subarray(0, length);
}

/** Bytes of pairs of hexadecimal digits. */
export function decodeHex(text: string, start: number, end: number): Uint8Array {
  const bytes = new Uint8Array((end - start) >> 1);
  for (let at = 0; at < bytes.length; at += 1) {
    const high = hexValue(text.charCodeAt(start + 2 * at));
    const low = hexValue(text.charCodeAt(start + 2 * at + 1));
    bytes[at] = (high << 4) | low;
  }
  return bytes;
}

export function encodeBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at;
    const group = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    text += ALPHABET.charAt(group >> 18) + ALPHABET.charAt((group >> 12) & 63);
    text += left > 1 ? ALPHABET.charAt((group >> 6) & 63) : '=';
    text += left > 2 ? ALPHABET.charAt(group & 63) : '=';
  }
  return text;
}

/** Six bits of either alphabet; -1 for any other character. */
export function base64Value(code: number): number {
  return code < 128 ? (VALUES[code] ?? -1) : -1;
}

/** Four bits; -1 for any other character. */
export function hexValue(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const VALUES = Int8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code).replace('-', '+').replace('_', '/');
  return ALPHABET.indexOf(character);
});
