// Reads a parsed CEL expression before it is used: only functions that are pure and linear, regular
// expressions that are literal, how deep its loops nest, and arithmetic that is sure to fail.

import type { ASTNode } from '@marcbachmann/cel-js';

export interface Lint {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  /** Literal patterns of `matches`, to be compiled by regex.ts. */
  readonly patterns: readonly string[];
  /** How many loops over data run inside one another; 0 without loops. */
  readonly loopDepth: number;
}

/** Callable without a receiver. Left out: what reads the clock or the time zone, bytes, `cel.bind`. */
const FUNCTIONS: ReadonlySet<string> = new Set(
  'has size int uint double string bool dyn type timestamp duration'.split(' '),
);

/** Callable on a receiver, with cel-js's name and ours: three of theirs are not safe or not exact. */
const METHODS: ReadonlyMap<string, string> = new Map([
  ...'startsWith endsWith contains trim indexOf lastIndexOf substring split join size all exists exists_one map filter getFullYear getMonth getDate getDayOfMonth getDayOfWeek getHours getMinutes getSeconds getMilliseconds'
    .split(' ')
    .map((name): [string, string] => [name, name]),
  // cel-js: V8's backtracking RegExp. Ours: regex.ts.
  ['matches', 'matchesLinear'],
  // cel-js: all of Unicode. Ours: ASCII, as the name says, so that "K" (Kelvin) is not "k".
  ['lowerAscii', 'lowerAsciiOnly'],
  ['upperAscii', 'upperAsciiOnly'],
]);

const LOOPS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);
const ARITHMETIC: ReadonlySet<string> = new Set(['+', '-', '*', '/', '%']);
/** cel-js drops entries with these keys from map literals. */
const LOST_KEYS: ReadonlySet<unknown> = new Set(['__proto__', 'constructor', 'prototype']);

/** Also redirects the calls of `expression` to our own functions; call it before the type check. */
export function lint(expression: ASTNode): Lint {
  const problems: string[] = [];
  const warnings: string[] = [];
  const patterns: string[] = [];
  for (const node of nodesOf(expression)) {
    const call = readCall(node);
    if (call !== undefined) problems.push(...checkCall(call));
    const pattern = call === undefined ? undefined : literalPattern(call);
    if (pattern !== undefined) patterns.push(pattern);
    if (losesKeys(node)) problems.push('a map literal cannot have this key');
    if (mixesNumbers(node)) warnings.push(MIXED);
    if (node.op === 'rcall') redirect(node);
  }
  return { problems, warnings: [...new Set(warnings)], patterns, loopDepth: depthOf(expression) };
}

const MIXED =
  'arithmetic between a whole number and an argument always fails, since numbers in arguments are doubles; write 2.0 for 2, or int(…) around the argument';

interface Call {
  readonly name: string;
  readonly hasReceiver: boolean;
  readonly args: readonly ASTNode[];
}

function readCall(node: ASTNode): Call | undefined {
  if (node.op === 'call') return { name: node.args[0], hasReceiver: false, args: node.args[1] };
  if (node.op === 'rcall') return { name: node.args[0], hasReceiver: true, args: node.args[2] };
  return undefined;
}

function checkCall({ name, hasReceiver, args }: Call): readonly string[] {
  const isKnown = hasReceiver ? METHODS.has(name) : FUNCTIONS.has(name);
  if (!isKnown) return [`function ${name} is not available`];
  if (name === 'duration' && !isText(args[0])) {
    return ['duration() takes a literal, such as duration("1h")'];
  }
  if (name === 'matches' && !isText(args[0])) {
    return ['matches() takes a literal pattern, such as matches("^[a-z]+$")'];
  }
  if (name.startsWith('get') && args.length > 0) return [`${name}() takes no time zone; it is UTC`];
  return [];
}

function literalPattern({ name, args: [pattern] }: Call): string | undefined {
  return name === 'matches' && isText(pattern) ? pattern.args : undefined;
}

function isText(
  node: ASTNode | undefined,
): node is ASTNode & { readonly op: 'value'; readonly args: string } {
  return node?.op === 'value' && typeof node.args === 'string';
}

function losesKeys(node: ASTNode): boolean {
  return node.op === 'map' && node.args.some(([key]) => isText(key) && LOST_KEYS.has(key.args));
}

/** cel-js resolves calls by this name when it checks types. */
function redirect(node: ASTNode & { readonly op: 'rcall' }): void {
  const [name, receiver, args] = node.args;
  Object.assign(node, { args: [METHODS.get(name) ?? name, receiver, args] });
}

function mixesNumbers(node: ASTNode): boolean {
  const [left, right] = ARITHMETIC.has(node.op) ? childrenOf(node) : [];
  if (left === undefined || right === undefined) return false;
  return (isWhole(left) && isData(right)) || (isData(left) && isWhole(right));
}

/** Certainly an int. */
function isWhole(node: ASTNode): boolean {
  const call = readCall(node);
  if (call !== undefined) return /^(int|size|indexOf|lastIndexOf|get.*)$/.test(call.name);
  if (node.op === 'value') return typeof node.args === 'bigint';
  if (node.op === '-_') return isWhole(node.args);
  return ARITHMETIC.has(node.op) && childrenOf(node).every(isWhole);
}

/** Read from the call, where every number is a double. */
function isData(node: ASTNode): boolean {
  return node.op === 'id' || node.op === '.' || node.op === '[]';
}

/** Loops nested in the body of another multiply; `in` walks a list too, but only there it matters. */
function depthOf(node: ASTNode, isInLoop = false): number {
  const call = readCall(node);
  if (node.op === 'rcall' && call !== undefined && LOOPS.has(call.name)) {
    const body = Math.max(0, ...call.args.slice(1).map((part) => depthOf(part, true)));
    return Math.max(depthOf(node.args[1], isInLoop), 1 + body);
  }
  const below = Math.max(0, ...childrenOf(node).map((child) => depthOf(child, isInLoop)));
  return node.op === 'in' && isInLoop && node.args[1].op !== 'list' ? below + 1 : below;
}

function nodesOf(node: ASTNode): readonly ASTNode[] {
  return [node, ...childrenOf(node).flatMap(nodesOf)];
}

function childrenOf(node: ASTNode): readonly ASTNode[] {
  switch (node.op) {
    case 'value':
    case 'id':
      return [];
    case '.':
    case '.?':
      return [node.args[0]];
    case 'call':
      return node.args[1];
    case 'rcall':
      return [node.args[1], ...node.args[2]];
    case 'map':
      return node.args.flat();
    case '!_':
    case '-_':
      return [node.args];
    default:
      return node.args;
  }
}
