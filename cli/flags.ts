// Reads a subcommand's flags into typed values, from the command line or from their GATEHOUSE_*
// twins in the environment. Every complaint names the flag or the variable and what to do.

import { parseArgs } from 'node:util';
import { nearest } from '#crds/nearest.ts';
import { UsageError } from './command.ts';

/**
 * How one flag is read. `texts` is empty when neither the flag nor its variable was given; `source`
 * is how the reader knows it (`--listen` or `GATEHOUSE_LISTEN`). `read` throws UsageError.
 */
export interface Flag<T> {
  readonly takes: 'nothing' | 'value' | 'values';
  readonly read: (texts: readonly string[], source: string) => T;
}

/** Keyed by the name in camel case: `publicUrl` is `--public-url` and `GATEHOUSE_PUBLIC_URL`. */
export type FlagTable = Readonly<Record<string, Flag<unknown>>>;

export type FlagValues<Table extends FlagTable> = {
  readonly [Name in keyof Table]: Table[Name] extends Flag<infer T> ? T : never;
};

/** The words that are not flags, such as the FILEs of `policy validate FILE...`. */
export interface Operands {
  /** As the usage line shows them: `FILE`. */
  readonly name: string;
  readonly atLeast: number;
  readonly atMost: number;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ParsedFlags<Table extends FlagTable> {
  readonly flags: FlagValues<Table>;
  readonly operands: readonly string[];
}

const NO_OPERANDS: Operands = { name: '', atLeast: 0, atMost: 0 };

/**
 * Parses `args` by `table`. A flag on the command line wins over its variable; in a variable, a
 * repeated flag is a comma-separated list and a switch is `true` or `false`.
 */
export function parseFlags<const Table extends FlagTable>(
  table: Table,
  args: readonly string[],
  env: Environment,
  operands: Operands = NO_OPERANDS,
): ParsedFlags<Table> {
  const given = readCommandLine(table, args);
  checkOperands(given.operands, operands);
  const flags: Record<string, unknown> = Object.create(null);
  for (const [name, flag] of Object.entries(table)) {
    const texts = given.texts.get(name);
    if (texts !== undefined) {
      flags[name] = flag.read(texts, flagName(name));
    } else {
      const variable = variableName(name);
      const fromEnv = readVariable(flag, variable, env[variable]);
      const either = `${flagName(name)} (or ${variable})`;
      flags[name] = flag.read(fromEnv, fromEnv.length > 0 ? variable : either);
    }
  }
  // Each value came from its own flag's `read`, which is what FlagValues spells out.
  return { flags: flags as FlagValues<Table>, operands: given.operands };
}

/** `publicUrl` -> `--public-url`. */
export function flagName(name: string): string {
  return `--${kebab(name)}`;
}

/** `publicUrl` -> `GATEHOUSE_PUBLIC_URL`. */
export function variableName(name: string): string {
  return `GATEHOUSE_${kebab(name).replaceAll('-', '_').toUpperCase()}`;
}

function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

interface Given {
  readonly texts: ReadonlyMap<string, readonly string[]>;
  readonly operands: readonly string[];
}

function readCommandLine(table: FlagTable, args: readonly string[]): Given {
  const names = new Map(Object.keys(table).map((name) => [flagName(name), name]));
  const texts = new Map<string, readonly string[]>();
  const operands: string[] = [];
  for (const token of tokenize(table, args)) {
    if (token.kind === 'positional') {
      operands.push(token.value);
    } else if (token.kind === 'option') {
      const name = names.get(token.rawName);
      const flag = name === undefined ? undefined : table[name];
      if (name === undefined || flag === undefined) {
        throw unknownFlag(token.rawName, [...names.keys()]);
      }
      texts.set(name, addText(texts.get(name) ?? [], flag, token));
    }
  }
  return { texts, operands };
}

function addText(before: readonly string[], flag: Flag<unknown>, token: OptionToken) {
  if (before.length > 0 && flag.takes !== 'values') {
    throw new UsageError(`${token.rawName} is given twice; give it once`);
  }
  return [...before, textOf(flag, token)];
}

/** Not strict: strict mode's own messages could not name the nearest flag or the variable. */
function tokenize(table: FlagTable, args: readonly string[]) {
  const options = Object.entries(table).map(([name, flag]): [string, { type: OptionType }] => [
    kebab(name),
    { type: flag.takes === 'nothing' ? 'boolean' : 'string' },
  ]);
  return parseArgs({
    args: [...args],
    options: Object.fromEntries(options),
    strict: false,
    allowPositionals: true,
    tokens: true,
  }).tokens;
}

type OptionType = 'boolean' | 'string';

interface OptionToken {
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function textOf(flag: Flag<unknown>, token: OptionToken): string {
  if (flag.takes === 'nothing') {
    if (token.value !== undefined) {
      throw new UsageError(`${token.rawName} takes no value; write ${token.rawName} alone`);
    }
    return 'true';
  }
  if (token.value === undefined || token.value === '') {
    throw new UsageError(`${token.rawName} needs a value; write ${token.rawName} VALUE`);
  }
  if (token.inlineValue !== true && token.value.startsWith('-')) {
    throw new UsageError(
      `${token.rawName} needs a value; if the value begins with "-", write ${token.rawName}=VALUE`,
    );
  }
  return token.value;
}

function readVariable(
  flag: Flag<unknown>,
  variable: string,
  text: string | undefined,
): readonly string[] {
  if (text === undefined) {
    return [];
  }
  const texts = flag.takes === 'values' ? text.split(',').map((part) => part.trim()) : [text];
  if (texts.some((part) => part === '')) {
    throw new UsageError(`${variable} is set but has an empty value; give it one or unset it`);
  }
  return texts;
}

function unknownFlag(rawName: string, known: readonly string[]): UsageError {
  // Cut: a mistyped `--token=…` must not come back whole in an error.
  const name = rawName.split('=', 1)[0] ?? '';
  const meant = nearest(name, known);
  const hint = meant === undefined ? 'see --help' : `did you mean ${meant}?`;
  return new UsageError(`unknown flag ${name}; ${hint}`);
}

function checkOperands(given: readonly string[], wanted: Operands): void {
  if (given.length < wanted.atLeast) {
    throw new UsageError(`${wanted.name} is missing; name at least ${wanted.atLeast}`);
  }
  if (given.length > wanted.atMost) {
    const hint =
      wanted.atMost === 0
        ? 'only flags are taken here'
        : `only ${wanted.atMost} ${wanted.name} is taken`;
    throw new UsageError(`one word too many on the command line; ${hint}`);
  }
}
