// Compiles the `match` of a rule, and refuses what could never match: a rule that looks as if it
// protected something and does not is worse than none.

import { METHODS } from '#core/mcp/methods.ts';
import type { Rule } from '#crds/policy.ts';
import { type Findings, join, NOTHING, problem, warning } from './findings.ts';
import { compileGlob, type Glob } from './glob.ts';
import { normaliseUriPattern } from './resource-uri.ts';
import { governs, isOpen, keysOf, type RuleMatch, TARGET_LISTS } from './rule-match.ts';

export interface MatchCompilation extends Findings {
  readonly match: RuleMatch;
}

/** As the CRD bounds them; resource URIs may be longer. */
const MAX_NAME_PATTERN_LENGTH = 256;

/** `path` is that of the rule, such as `spec.rules[0]`. */
export function compileMatch(rule: Rule, path: string): MatchCompilation {
  const wanted = rule.match ?? {};
  const lists = (['tools', 'resources', 'prompts'] as const).filter(
    (list) => wanted[list] !== undefined,
  );
  const [list, second] = lists;
  const methods = wanted.methods?.map((pattern, at) =>
    compilePattern(pattern, 'methods', `${path}.match.methods[${at}]`),
  );
  const targets =
    list === undefined
      ? undefined
      : wanted[list]?.map((pattern, at) =>
          compilePattern(pattern, list, `${path}.match.${list}[${at}]`),
        );
  const match: RuleMatch = {
    ...(methods === undefined ? {} : { methods: methods.map(({ glob }) => glob) }),
    ...(list === undefined || targets === undefined
      ? {}
      : { targets: { kind: TARGET_LISTS[list], globs: targets.map(({ glob }) => glob) } }),
  };
  const findings = join([
    ...(methods ?? []),
    ...(targets ?? []),
    second === undefined
      ? NOTHING
      : problem(
          `${path}.match.${second}`,
          `can never match together with ${list}: a message has one target; write one rule for each`,
        ),
    checkMethods(rule, match, `${path}.match.methods`),
  ]);
  return { ...findings, match };
}

interface PatternCompilation extends Findings {
  readonly glob: Glob;
}

function compilePattern(
  pattern: string,
  list: 'tools' | 'resources' | 'prompts' | 'methods',
  path: string,
): PatternCompilation {
  if (list !== 'resources') {
    const fault = nameFault(pattern);
    const findings = fault === undefined ? NOTHING : problem(path, `can never match: it ${fault}`);
    return { ...findings, glob: compileGlob(pattern, 'name') };
  }
  const normal = normaliseUriPattern(pattern);
  if (normal.ok) return { ...NOTHING, glob: compileGlob(normal.value, 'uri') };
  const findings = problem(path, `can never match: it ${normal.reason}${hintFor(pattern)}`);
  return { ...findings, glob: compileGlob(pattern, 'uri') };
}

function hintFor(pattern: string): string {
  if (pattern.includes('{')) return '; write * for each {…}';
  return pattern.includes(':') ? '' : '; begin with a scheme such as file:, or with **';
}

function nameFault(pattern: string): string | undefined {
  if (pattern.length > MAX_NAME_PATTERN_LENGTH) return 'is too long';
  if (!pattern.isWellFormed()) return 'is not well-formed Unicode';
  if (/\p{Cc}/u.test(pattern)) return 'has a control character';
  return pattern.trim() === pattern ? undefined : 'begins or ends with a space';
}

function checkMethods(rule: Rule, match: RuleMatch, path: string): Findings {
  if (match.methods === undefined) return NOTHING;
  return join(
    match.methods.map((glob, at) =>
      checkMethod(rule, { ...match, methods: [glob] }, `${path}[${at}]`),
    ),
  );
}

/** `match` has this one method pattern. */
function checkMethod(rule: Rule, match: RuleMatch, path: string): Findings {
  const glob = match.methods?.[0];
  const named = [...METHODS].filter(([method]) => glob?.matches(method));
  if (named.length === 0) return checkUnknownMethod(glob, match, path);
  const keys = named.flatMap(([method, facts]) => keysOf(method, facts));
  if (keys.some((key) => governs(rule.effect, match, key))) return NOTHING;
  if (match.targets !== undefined) {
    return problem(path, `can never match: it has no ${match.targets.kind} as its target`);
  }
  return keys.every(isOpen)
    ? warning(path, 'has no effect: handshake and lists need no rule, only Deny counts for them')
    : NOTHING;
}

function checkUnknownMethod(glob: Glob | undefined, match: RuleMatch, path: string): Findings {
  if (glob?.literal === undefined) {
    return problem(path, 'can never match: no MCP method is like this; spell out your own methods');
  }
  if (match.targets !== undefined) {
    return problem(path, 'can never match: a method that is not of MCP has no target');
  }
  return warning(path, 'is not a method of any MCP revision known here');
}
