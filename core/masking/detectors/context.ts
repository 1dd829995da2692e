// Words beside a match, which may say what it is.

/**
 * What stands around a match: masking what was masked must find nothing new, so the marker of a value
 * that stood beside it says nothing of it. The beginning of a marker may lie outside of the window.
 */
export function contextIn(text: string, from: number, to: number): string {
  const words = text.slice(Math.max(0, from), to);
  return words.includes(']') ? words.replaceAll(/[A-Z]*:?(?:us_ssn|aws_key)\]/g, '') : words;
}
