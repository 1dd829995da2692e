// Text of others before a person's eyes: tool names, subjects and reasons may hold anything, and what
// they hold must be seen, not obeyed, by a terminal as by a page.

/** Controls (C0, DEL, C1), line separators, and characters that reorder or hide what stands around them. */
export const UNSEEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding these is the purpose.
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Cs}/gu;

/** The text with each such character written out as `\u{…}`. */
export function visible(text: string): string {
  return text.replaceAll(UNSEEN, writtenOut);
}

/** The same for text on several lines: line feeds and tabs do what they are there for. */
export function visibleLines(text: string): string {
  return text.replaceAll(UNSEEN, (character) =>
    character === '\n' || character === '\t' ? character : writtenOut(character),
  );
}

function writtenOut(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`;
}
