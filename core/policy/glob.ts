// Compiled globs for names and resource URIs. Matching follows all states at once, so its cost is
// bounded by pattern length times text length whatever a peer sends; there is no backtracking.

/** In a name `*` stands for any run of characters; in a URI it stops at `/`, `?` and `#`. */
export type GlobKind = 'name' | 'uri';

/**
 * Text with gaps, as UTF-16 code units, NARROW and WIDE: a URI template, or a glob read as the set of
 * texts it stands for.
 */
export type Outline = readonly number[];

/** A gap that holds no `/`, `?` or `#`. */
export const NARROW = -1;
/** A gap that may hold anything. */
export const WIDE = -2;

export interface Glob {
  /** As compiled: normalised for a URI. */
  readonly pattern: string;
  /** Set when the pattern has no wildcard: the one text it matches. */
  readonly literal?: string;
  readonly outline: Outline;
  matches(text: string): boolean;
  /** Whether every text the outline stands for matches. May say no when in doubt. */
  covers(outline: Outline): boolean;
  /** Whether some text the outline stands for matches. May say yes when in doubt. */
  meets(outline: Outline): boolean;
}

/** Longer texts match nothing: no name or URI of a working server comes near (core/mcp/message.ts). */
const MAX_TEXT_LENGTH = 8192;

export function compileGlob(pattern: string, kind: GlobKind): Glob {
  const outline = outlineOf(pattern, kind);
  const firstGap = outline.findIndex((unit) => unit < 0);
  const prefix = firstGap < 0 ? pattern : pattern.slice(0, firstGap);
  const endsOpen = firstGap === outline.length - 1 && outline[firstGap] === WIDE;
  const matches = (text: string): boolean => {
    if (firstGap < 0) return text === pattern;
    if (text.length > MAX_TEXT_LENGTH || !text.startsWith(prefix)) return false;
    return endsOpen || follow(outline, unitsOf(text), 'covers');
  };
  return {
    pattern,
    ...(firstGap < 0 ? { literal: pattern } : {}),
    outline,
    matches,
    covers: (other) => follow(outline, other, 'covers'),
    meets: (other) => follow(outline, other, 'meets'),
  };
}

export function unitsOf(text: string): Outline {
  return Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
}

/** Runs of `*` become one gap: in a URI a single `*` is narrow and a longer run is wide. */
function outlineOf(pattern: string, kind: GlobKind): Outline {
  return pattern
    .split(/(\*+)/)
    .flatMap((part) =>
      part.startsWith('*') ? [kind === 'uri' && part === '*' ? NARROW : WIDE] : unitsOf(part),
    );
}

/**
 * Follows every way through `pattern` at once. State i says: the units before i are matched. `low`
 * bounds the scan, since states never move back.
 */
function follow(pattern: Outline, text: Outline, question: 'covers' | 'meets'): boolean {
  let states = new Uint8Array(pattern.length + 1);
  let next = new Uint8Array(pattern.length + 1);
  let range = reach(states, 0, { low: 0, high: 0 }, pattern);
  for (const unit of text) {
    next.fill(0);
    range =
      unit < 0 && question === 'meets'
        ? reachAll(next, range.low)
        : step({ pattern, states, next, range }, unit);
    if (range.low > range.high) return false;
    [states, next] = [next, states];
  }
  return states[pattern.length] === 1;
}

interface Range {
  readonly low: number;
  readonly high: number;
}

interface Step {
  readonly pattern: Outline;
  readonly states: Uint8Array;
  readonly next: Uint8Array;
  readonly range: Range;
}

const EMPTY: Range = { low: 1, high: 0 };

function step({ pattern, states, next, range }: Step, unit: number): Range {
  let reached = EMPTY;
  for (let state = range.low; state <= range.high; state++) {
    if (states[state] !== 1) continue;
    const wanted = pattern[state];
    if (wanted === undefined) continue;
    if (wanted < 0) {
      if (holds(wanted, unit)) reached = reach(next, state, reached, pattern);
    } else if (wanted === unit) {
      reached = reach(next, state + 1, reached, pattern);
    }
  }
  return reached;
}

/** Whether a gap of the pattern may hold this unit, or this whole gap of the text. */
function holds(gap: number, unit: number): boolean {
  return gap === WIDE || unit === NARROW || (unit >= 0 && !SEPARATORS.has(unit));
}

const SEPARATORS: ReadonlySet<number> = new Set(unitsOf('/?#'));

/** Enters a state and those behind the gaps after it, which may be empty. */
function reach(states: Uint8Array, state: number, range: Range, pattern: Outline): Range {
  let last = state;
  states[last] = 1;
  while ((pattern[last] ?? 0) < 0) states[++last] = 1;
  const isFirst = range.low > range.high;
  return {
    low: isFirst ? state : Math.min(range.low, state),
    high: isFirst ? last : Math.max(range.high, last),
  };
}

/** Some text leads from the lowest state to any later one. */
function reachAll(states: Uint8Array, low: number): Range {
  states.fill(1, low);
  return { low, high: states.length - 1 };
}
