// Finds the word somebody probably meant, so that an unknown command or flag can be answered with
// a suggestion. Edit distance over a handful of short words: no need for anything clever.

/** Words longer than this are compared by their beginning only: what was typed has no bound. */
const MAX_WORD_CHARS = 64;

/** The closest of `words` to `typed`; undefined when none is close enough to be meant. */
export function nearest(typed: string, words: readonly string[]): string | undefined {
  const word = typed.slice(0, MAX_WORD_CHARS);
  let best: { readonly word: string; readonly distance: number } | undefined;
  for (const candidate of words) {
    const distance = editDistance(word, candidate);
    if (best === undefined || distance < best.distance) {
      best = { word: candidate, distance };
    }
  }
  const tolerated = Math.max(2, Math.floor(word.length / 3));
  return best !== undefined && best.distance <= tolerated ? best.word : undefined;
}

/** Levenshtein distance, one row at a time. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const substitution = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
