// The conditions of rules: CEL expressions, compiled and type-checked at load, evaluated over one
// call. Nothing impure can be called, and what a call can make an expression cost is bounded.

import {
  Environment,
  EvaluationError,
  ParseError,
  TypeError as TypeFault,
} from '@marcbachmann/cel-js';
import { type CelInput, UnjudgeableValue } from './cel-input.ts';
import { lint } from './cel-lint.ts';
import { compileRegex, type Regex, type RegexBudget } from './regex.ts';
import { RegexFault } from './regex-syntax.ts';

/** One expression of a rule's `when`. */
export interface Condition {
  readonly source: string;
  /** Never throws. Anything but a bool is a failure. */
  test(input: CelInput): ConditionOutcome;
}

export type ConditionOutcome =
  | { readonly ok: true; readonly holds: boolean }
  /** `code` says what kind of failure, and nothing of the call. */
  | { readonly ok: false; readonly code: string };

export type CompiledCondition =
  | { readonly ok: true; readonly condition: Condition; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly problems: readonly string[] };

export interface ConditionCompiler {
  compile(source: string): CompiledCondition;
}

/** The bound of `when` in the CRD. */
const MAX_SOURCE_LENGTH = 4096;
/** Deeper and larger than anyone writes by hand; far from what would exhaust the stack. */
const LIMITS = { maxAstNodes: 2000, maxDepth: 50 };
/** Loop steps that data may cause in one evaluation: about a tenth of a second, half at the worst. */
const MAX_LOOP_STEPS = 1_000_000;
/** A string operation inside a loop handles this many characters in the time of one step. */
const CHARACTERS_PER_STEP = 64;
/** Steps of regular expressions in one evaluation: about a tenth of a second. */
const MAX_REGEX_STEPS = 1_000_000;

/** Otherwise cel-js prepares for promises. */
const SYNCHRONOUS = { async: false };

export function createConditionCompiler(): ConditionCompiler {
  const budget: RegexBudget = { steps: 0 };
  const regexes = new Map<string, Regex>();
  const environment = createEnvironment(regexes, budget);
  return { compile: (source) => compile(source, { environment, regexes, budget }) };
}

interface Workshop {
  readonly environment: Environment;
  /** By pattern; conditions that are compiled later add theirs. */
  readonly regexes: Map<string, Regex>;
  /** Shared, since evaluation is synchronous: each test starts it anew. */
  readonly budget: RegexBudget;
}

function createEnvironment(regexes: ReadonlyMap<string, Regex>, budget: RegexBudget): Environment {
  return new Environment({ homogeneousAggregateLiterals: false, limits: LIMITS })
    .registerVariable('args', 'map')
    .registerVariable('params', 'map')
    .registerVariable('method', 'string')
    .registerVariable({ name: 'target', schema: { kind: 'string', name: 'string' } })
    .registerVariable({
      name: 'principal',
      schema: {
        issuer: 'string',
        issuerName: 'string',
        subject: 'string',
        groups: 'list<string>',
        scopes: 'list<string>',
        claims: 'map',
        clientId: 'string',
        person: 'string',
        actors: 'list<map<string, string>>',
      },
    })
    .registerFunction(
      'string.matchesLinear(string): bool',
      (text: string, pattern: string) => {
        const regex = regexes.get(pattern);
        if (regex === undefined) throw new RegexFault('was not compiled');
        return regex.test(text, budget);
      },
      SYNCHRONOUS,
    )
    .registerFunction(
      'string.lowerAsciiOnly(): string',
      (text: string) => text.replaceAll(/[A-Z]+/g, (run) => run.toLowerCase()),
      SYNCHRONOUS,
    )
    .registerFunction(
      'string.upperAsciiOnly(): string',
      (text: string) => text.replaceAll(/[a-z]+/g, (run) => run.toUpperCase()),
      SYNCHRONOUS,
    );
}

function compile(source: string, workshop: Workshop): CompiledCondition {
  if (source.length > MAX_SOURCE_LENGTH) {
    return failed(`must not be longer than ${MAX_SOURCE_LENGTH} characters`);
  }
  try {
    const program = workshop.environment.parse(source);
    const { problems, warnings, patterns, loopDepth } = lint(program.ast);
    if (problems.length > 0) return { ok: false, problems };
    for (const pattern of patterns) workshop.regexes.set(pattern, compileRegex(pattern));
    const checked = program.check();
    if (!checked.valid) return failed(summaryOf(checked.error));
    if (checked.type !== 'bool' && checked.type !== 'dyn') {
      return failed(`must yield a bool, not ${checked.type}`);
    }
    const test = (input: CelInput): ConditionOutcome => {
      workshop.budget.steps = MAX_REGEX_STEPS;
      return run(() => program(input.bindings), input, loopDepth);
    };
    return { ok: true, condition: { source, test }, warnings };
  } catch (error) {
    return failed(summaryOf(error));
  }
}

function run(evaluate: () => unknown, input: CelInput, loopDepth: number): ConditionOutcome {
  if (loopDepth > 0 && costOf(input, loopDepth) > MAX_LOOP_STEPS) {
    return { ok: false, code: 'too_large' };
  }
  try {
    const result = evaluate();
    return typeof result === 'boolean'
      ? { ok: true, holds: result }
      : { ok: false, code: 'not_a_bool' };
  } catch (error) {
    return { ok: false, code: codeOf(error) };
  }
}

function costOf({ volume }: CelInput, loopDepth: number): number {
  return volume.values ** loopDepth * (1 + volume.characters / CHARACTERS_PER_STEP);
}

/** cel-js puts values into its messages, and they into ours: only codes leave here. */
function codeOf(error: unknown): string {
  if (error instanceof EvaluationError) return error.code;
  if (error instanceof RegexFault) return 'regex_too_costly';
  return error instanceof UnjudgeableValue ? error.code : 'failed';
}

/** At load there are no values yet, only what the author wrote. */
function summaryOf(error: unknown): string {
  if (error instanceof ParseError || error instanceof TypeFault) return error.summary;
  if (error instanceof RegexFault) return `the pattern of matches() ${error.message}`;
  throw error;
}

function failed(problem: string): CompiledCondition {
  return { ok: false, problems: [problem] };
}
