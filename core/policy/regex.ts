// Regular expressions over hostile text: every way through the expression is followed at once
// (Thompson, 1968), so time grows with length times size, and a budget bounds even that.

import {
  type Accepts,
  type Assertion,
  isWord,
  RegexFault,
  type RegexNode,
  readRegex,
} from './regex-syntax.ts';

/** Counts down over all expressions of one evaluation. */
export interface RegexBudget {
  steps: number;
}

export interface Regex {
  /** Whether some part of the text matches. Throws RegexFault when the budget is used up. */
  test(text: string, budget: RegexBudget): boolean;
}

/** Counted repeats are written out; this bounds them, nested ones too. */
const MAX_INSTRUCTIONS = 2000;

/** Throws RegexFault for a pattern that is not of the syntax. */
export function compileRegex(pattern: string): Regex {
  const machine = assembleRegex(pattern);
  return { test: (text, budget) => run(machine, text, budget) };
}

/** The pattern as a program, for those who need more than whether it matches. Throws RegexFault. */
export function assembleRegex(pattern: string): RegexMachine {
  const assembler = new Assembler();
  const start = assembler.emit(readRegex(pattern), assembler.match());
  return { program: assembler.program, start };
}

/** Indices are places in the program. */
export type RegexInstruction =
  | { readonly op: 'take'; readonly accepts: Accepts; readonly next: number }
  | { readonly op: 'fork'; readonly next: number; readonly other: number }
  | { readonly op: 'assert'; readonly what: Assertion; readonly next: number }
  | { readonly op: 'match' };

/** Writes from the end to the start, so that each step knows where it leads. */
class Assembler {
  readonly program: RegexInstruction[] = [];

  match(): number {
    return this.#push({ op: 'match' });
  }

  /** Where the steps of `node` begin when they lead to `next`. */
  emit(node: RegexNode, next: number): number {
    switch (node.kind) {
      case 'take':
        return this.#push({ op: 'take', accepts: node.accepts, next });
      case 'assert':
        return this.#push({ op: 'assert', what: node.what, next });
      case 'all':
        return node.parts.reduceRight((after, part) => this.emit(part, after), next);
      case 'any':
        return node.parts
          .map((part) => this.emit(part, next))
          .reduceRight((other, start) => this.#push({ op: 'fork', next: start, other }));
      case 'repeat':
        return this.#emitRepeat(node, next);
    }
  }

  #emitRepeat(node: RegexNode & { readonly kind: 'repeat' }, next: number): number {
    let start = node.max === Number.POSITIVE_INFINITY ? this.#emitLoop(node.part, next) : next;
    const optional = node.max === Number.POSITIVE_INFINITY ? 0 : node.max - node.min;
    for (let count = 0; count < optional; count++) {
      start = this.#push({ op: 'fork', next: this.emit(node.part, start), other: next });
    }
    for (let count = 0; count < node.min; count++) start = this.emit(node.part, start);
    return start;
  }

  #emitLoop(part: RegexNode, next: number): number {
    const loop = this.#push({ op: 'match' });
    this.program[loop] = { op: 'fork', next: this.emit(part, loop), other: next };
    return loop;
  }

  #push(instruction: RegexInstruction): number {
    if (this.program.length === MAX_INSTRUCTIONS) throw new RegexFault('is too large');
    return this.program.push(instruction) - 1;
  }
}

export interface RegexMachine {
  readonly program: readonly RegexInstruction[];
  readonly start: number;
}

/** One place in the text, between two code points; undefined at the ends. */
export interface RegexPlace {
  readonly before: number | undefined;
  readonly after: number | undefined;
}

function run({ program, start }: RegexMachine, text: string, budget: RegexBudget): boolean {
  const scan: Scan = { program, budget, seen: new Uint32Array(program.length), round: 0 };
  let waiting: readonly number[] = [start];
  let before: number | undefined;
  for (let at = 0; ; ) {
    const after = text.codePointAt(at);
    const takers = settle(scan, waiting, { before, after });
    if (takers === 'matched') return true;
    if (after === undefined) return false;
    const next = [start]; // a match may begin anywhere
    for (const place of takers) {
      const taker = program[place];
      if (taker?.op === 'take' && taker.accepts(after)) next.push(taker.next);
    }
    waiting = next;
    before = after;
    at += after > 0xffff ? 2 : 1;
  }
}

interface Scan {
  readonly program: readonly RegexInstruction[];
  readonly budget: RegexBudget;
  /** The round in which each instruction was last reached. */
  readonly seen: Uint32Array;
  round: number;
}

/** Follows forks and assertions until only steps are left that take the next code point. */
function settle(
  scan: Scan,
  waiting: readonly number[],
  place: RegexPlace,
): readonly number[] | 'matched' {
  const { program, budget, seen } = scan;
  const round = ++scan.round;
  const takers: number[] = [];
  const pending = [...waiting];
  for (let step = pending.pop(); step !== undefined; step = pending.pop()) {
    if (seen[step] === round) continue;
    seen[step] = round;
    if (budget.steps-- <= 0) throw new RegexFault('takes too many steps on this text');
    const instruction = program[step];
    if (instruction?.op === 'match') return 'matched';
    if (instruction?.op === 'take') takers.push(step);
    else if (instruction !== undefined) pending.push(...follow(instruction, place));
  }
  return takers;
}

/** Where a fork or an assertion leads at this place. */
export function follow(instruction: RegexInstruction, place: RegexPlace): readonly number[] {
  switch (instruction.op) {
    case 'fork':
      return [instruction.next, instruction.other];
    case 'assert':
      return holds(instruction.what, place) ? [instruction.next] : [];
    case 'take':
    case 'match':
      return [];
  }
}

function holds(what: Assertion, { before, after }: RegexPlace): boolean {
  const isBoundary =
    (before !== undefined && isWord(before)) !== (after !== undefined && isWord(after));
  switch (what) {
    case 'start':
      return before === undefined;
    case 'end':
      return after === undefined;
    case 'wordBoundary':
      return isBoundary;
    case 'noWordBoundary':
      return !isBoundary;
  }
}
