// Text of others before a person's eyes: tool names, subjects and reasons may hold anything, and what
// they hold must be seen, not obeyed, by a terminal as by a page.

/**
 * Controls, line separators, and whatever Unicode says is drawn as nothing or reorders what stands around it: text can
 * hide in any of these. A selector stays where it gives an emoji its form, and there alone.
 */
export const UNSEEN =
  /[[\p{Cc}\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800\ufff9-\ufffb]--[\ufe0e\ufe0f]]|(?<!\p{ExtPict})[\ufe0e\ufe0f]|\p{Cs}/gv;

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
