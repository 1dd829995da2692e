// Patterns of the policy's author, followed all at once (core/policy/regex.ts) so that none is slow.
// Every character that belongs to any match is found: hiding more than the first match is the safe side.

import {
  assembleRegex,
  follow,
  type RegexBudget,
  type RegexInstruction,
  type RegexMachine,
  type RegexPlace,
} from '#core/policy/regex.ts';
import { RegexFault } from '#core/policy/regex-syntax.ts';
import type { Match } from './detectors/detector.ts';

export interface Pattern {
  /** In order, without overlap. Throws RegexFault when the budget is used up. */
  find(text: string, budget: RegexBudget): readonly Match[];
}

/** Throws RegexFault for what RE2 would not compile. */
export function compilePattern(pattern: string): Pattern {
  const machine = assembleRegex(pattern);
  const beginnings = beginningsOf(machine);
  return { find: (text, budget) => new Run(machine, beginnings, budget).find(text) };
}

/** A way through the program, with where in the text it began. */
interface Thread {
  readonly step: number;
  readonly from: number;
}

class Run {
  readonly #machine: RegexMachine;
  readonly #beginnings: Uint8Array;
  readonly #budget: RegexBudget;
  readonly #matches: { start: number; end: number }[] = [];
  /** The round in which each step was last reached. */
  readonly #reached: Int32Array;
  #round = 0;

  constructor(machine: RegexMachine, beginnings: Uint8Array, budget: RegexBudget) {
    this.#machine = machine;
    this.#beginnings = beginnings;
    this.#budget = budget;
    this.#reached = new Int32Array(machine.program.length);
  }

  find(text: string): readonly Match[] {
    let waiting: Thread[] = [];
    let before: number | undefined;
    for (let at = 0; at <= text.length; ) {
      const after = text.codePointAt(at);
      if (waiting.length > 0 || this.#mayBegin(after)) {
        // the newest begins last, so whatever is reached is reached from its earliest beginning
        waiting.push({ step: this.#machine.start, from: at });
        waiting = this.#advance(waiting, { before, after }, at);
      }
      before = after;
      at += after !== undefined && after > 0xffff ? 2 : 1;
    }
    return this.#matches;
  }

  #mayBegin(after: number | undefined): boolean {
    return after === undefined || after >= 0x80 || this.#beginnings[after] === 1;
  }

  /** Settles every thread at `at` and moves those that take the next code point. */
  #advance(waiting: readonly Thread[], place: RegexPlace, at: number): Thread[] {
    this.#round += 1;
    const moved: Thread[] = [];
    for (const { step, from } of waiting) {
      for (const next of this.#settle(step, place)) {
        if (next === MATCHED) this.#note(from, at);
        else moved.push({ step: next, from });
      }
    }
    return moved;
  }

  /** Where one thread stands behind the next code point, and whether it has matched before it. */
  #settle(step: number, place: RegexPlace): readonly number[] {
    const moved: number[] = [];
    const pending = [step];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const instruction = this.#machine.program[next];
      if (instruction === undefined || this.#reached[next] === this.#round) continue;
      this.#reached[next] = this.#round;
      this.#budget.steps -= 1;
      if (this.#budget.steps < 0) throw new RegexFault('takes too many steps on this text');
      if (instruction.op === 'match') moved.push(MATCHED);
      else if (instruction.op !== 'take') pending.push(...follow(instruction, place));
      else if (accepts(instruction, place.after)) moved.push(instruction.next);
    }
    return moved;
  }

  /** Joins what overlaps; an empty match hides nothing. */
  #note(start: number, end: number): void {
    if (start === end) return;
    let from = start;
    for (let last = this.#matches.at(-1); last !== undefined && last.end > from; ) {
      from = Math.min(from, last.start);
      this.#matches.pop();
      last = this.#matches.at(-1);
    }
    this.#matches.push({ start: from, end });
  }
}

/** In place of a step: the program has come to its end. */
const MATCHED = -1;

function accepts(
  instruction: RegexInstruction & { readonly op: 'take' },
  after: number | undefined,
): boolean {
  return after !== undefined && instruction.accepts(after);
}

/** Which ASCII characters a match can begin with, as a table; assertions are taken to hold. */
function beginningsOf({ program, start }: RegexMachine): Uint8Array {
  const table = new Uint8Array(0x80);
  const seen = new Set<number>();
  const pending = [start];
  for (let step = pending.pop(); step !== undefined; step = pending.pop()) {
    const instruction = program[step];
    if (instruction === undefined || seen.has(step)) continue;
    seen.add(step);
    if (instruction.op === 'take') {
      for (let code = 0; code < 0x80; code += 1) if (instruction.accepts(code)) table[code] = 1;
    } else {
      pending.push(...leadsTo(instruction));
    }
  }
  return table;
}

function leadsTo(instruction: RegexInstruction): readonly number[] {
  switch (instruction.op) {
    case 'fork':
      return [instruction.next, instruction.other];
    case 'assert':
      return [instruction.next];
    case 'take':
    case 'match':
      return [];
  }
}
