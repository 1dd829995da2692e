// From the words on the command line to one command's exit code: finds the command, answers --help
// and --version, and turns a UsageError into its message, the command's help and exit code 64.

import { nearest } from '#crds/nearest.ts';
import { type CommandIo, UsageError } from './command.ts';
import type { CommandEntry } from './command-table.ts';

/** EX_USAGE of sysexits.h: the command line was wrong, nothing was done. */
export const EXIT_USAGE = 64;

export interface Cli {
  readonly commands: readonly CommandEntry[];
  readonly version: string;
  /** Made per command: only one that serves listens for signals. */
  readonly ioFor: (entry: CommandEntry) => CommandIo;
}

/** What was found for the words typed. */
export type Invocation =
  | { readonly kind: 'command'; readonly entry: CommandEntry; readonly args: readonly string[] }
  | { readonly kind: 'group'; readonly group: string; readonly asked: boolean }
  | { readonly kind: 'version' }
  | { readonly kind: 'unknown'; readonly message: string };

type Print = Pick<CommandIo, 'stdout' | 'stderr'>;

/** Resolves to the exit code. A fault of the command itself is thrown. */
export async function dispatch(cli: Cli, args: readonly string[], print: Print): Promise<number> {
  const invocation = findInvocation(cli.commands, args);
  switch (invocation.kind) {
    case 'version':
      print.stdout(`gatehouse ${cli.version}\n`);
      return 0;
    case 'unknown':
      print.stderr(`gatehouse: ${invocation.message}\n`);
      return EXIT_USAGE;
    case 'group': {
      const help = await groupHelp(cli.commands, invocation.group);
      (invocation.asked ? print.stdout : print.stderr)(help);
      return invocation.asked ? 0 : EXIT_USAGE;
    }
    case 'command':
      return runCommand(cli, invocation.entry, invocation.args);
  }
}

/** Decides what the words mean, without loading anything. */
export function findInvocation(
  commands: readonly CommandEntry[],
  args: readonly string[],
): Invocation {
  const [first = '', second = '', ...rest] = args;
  if (first === '--version') {
    return { kind: 'version' };
  }
  if (first === '' || isHelp(first) || first === 'help') {
    return { kind: 'group', group: '', asked: first !== '' };
  }
  const single = commands.find(({ name }) => name === first);
  if (single !== undefined) {
    return { kind: 'command', entry: single, args: args.slice(1) };
  }
  const pair = commands.find(({ name }) => name === `${first} ${second}`);
  if (pair !== undefined) {
    return { kind: 'command', entry: pair, args: rest };
  }
  const group = commands.filter(({ name }) => name.startsWith(`${first} `));
  if (group.length > 0 && (second === '' || isHelp(second))) {
    return { kind: 'group', group: first, asked: second !== '' };
  }
  return { kind: 'unknown', message: unknownCommand(commands, group, args) };
}

async function runCommand(cli: Cli, entry: CommandEntry, args: readonly string[]): Promise<number> {
  const io = cli.ioFor(entry);
  const command = await entry.load();
  if (asksForHelp(args)) {
    io.stdout(ensureNewline(command.usage));
    return 0;
  }
  try {
    return await command.run(args, io);
  } catch (error) {
    if (error instanceof UsageError) {
      io.stderr(`gatehouse ${entry.name}: ${error.message}\n\n${ensureNewline(command.usage)}`);
      return EXIT_USAGE;
    }
    throw error;
  }
}

function isHelp(word: string): boolean {
  return word === '--help' || word === '-h';
}

/** A `--help` after `--` is an operand, not a question. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end === -1 ? args : args.slice(0, end)).some(isHelp);
}

function ensureNewline(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}

async function groupHelp(commands: readonly CommandEntry[], group: string): Promise<string> {
  const listed = commands.filter(({ name }) => group === '' || name.startsWith(`${group} `));
  const loaded = await Promise.all(listed.map(({ load }) => load()));
  const width = Math.max(...loaded.map(({ name }) => name.length));
  const lines = loaded.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  const words = group === '' ? 'gatehouse' : `gatehouse ${group}`;
  return [
    `Usage: ${words} COMMAND [flags]`,
    '',
    ...lines,
    '',
    'gatehouse COMMAND --help tells all about one command.',
    'Each flag has a twin in the environment: --public-url is GATEHOUSE_PUBLIC_URL.',
    '',
  ].join('\n');
}

function unknownCommand(
  commands: readonly CommandEntry[],
  group: readonly CommandEntry[],
  args: readonly string[],
): string {
  const [first = '', second = ''] = args;
  if (first.startsWith('-')) {
    return 'the command comes before its flags; see gatehouse --help';
  }
  const typed = group.length > 0 ? `${first} ${second}` : first;
  const meant = nearest(typed, namesFor(commands, group)) ?? namedByLastWord(commands, first);
  const hint = meant === undefined ? 'see gatehouse --help' : `did you mean "gatehouse ${meant}"?`;
  return `unknown command ${JSON.stringify(typed.slice(0, 64))}; ${hint}`;
}

function namesFor(
  commands: readonly CommandEntry[],
  group: readonly CommandEntry[],
): readonly string[] {
  return group.length > 0
    ? group.map(({ name }) => name)
    : commands.flatMap(({ name }) => [name, name.split(' ', 1)[0] ?? name]);
}

/** `gatehouse validate` most likely means `gatehouse policy validate`. */
function namedByLastWord(commands: readonly CommandEntry[], word: string): string | undefined {
  return commands.find(({ name }) => name.endsWith(` ${word}`))?.name;
}
