// A text made from another by copying most of it and replacing some: which part came from where, so
// that what is found in the new text can be masked in the old one.

import type { Match } from './detectors/detector.ts';

export interface Mapped {
  readonly text: string;
  /** The least part of the original that everything in `match` came from. */
  originOf(match: Match): Match;
}

interface Segment {
  /** Offset in the new text. */
  readonly at: number;
  readonly from: number;
  readonly to: number;
  /** Copied unit by unit; otherwise the whole segment stands for the whole of its origin. */
  readonly isCopy: boolean;
}

/** Written in order; what is skipped is dropped. */
export class MapBuilder {
  readonly #original: string;
  readonly #segments: Segment[] = [];
  readonly #parts: string[] = [];
  #length = 0;

  constructor(original: string) {
    this.#original = original;
  }

  copy(from: number, to: number): void {
    if (to > from) this.#push(this.#original.slice(from, to), { from, to, isCopy: true });
  }

  replace(from: number, to: number, text: string): void {
    if (text !== '') this.#push(text, { from, to, isCopy: false });
  }

  finish(): Mapped {
    const segments = this.#segments;
    return {
      text: this.#parts.join(''),
      originOf: ({ start, end }) => {
        const first = segmentAt(segments, start);
        const last = segmentAt(segments, Math.max(start, end - 1));
        return {
          start: first.isCopy ? first.from + start - first.at : first.from,
          end: last.isCopy ? last.from + end - last.at : last.to,
        };
      },
    };
  }

  #push(text: string, segment: Omit<Segment, 'at'>): void {
    this.#segments.push({ ...segment, at: this.#length });
    this.#parts.push(text);
    this.#length += text.length;
  }
}

/** What is found in a text made from a text made from the original. */
export function through(outer: Mapped, inner: Mapped): Mapped {
  return { text: inner.text, originOf: (match) => outer.originOf(inner.originOf(match)) };
}

/** The text itself. */
export function unmapped(text: string): Mapped {
  return { text, originOf: (match) => match };
}

function segmentAt(segments: readonly Segment[], at: number): Segment {
  let low = 0;
  let high = segments.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((segments[middle]?.at ?? 0) <= at) low = middle;
    else high = middle - 1;
  }
  const found = segments[low];
  if (found === undefined) throw new RangeError('a match outside of the text');
  return found;
}
