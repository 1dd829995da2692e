// `gatehouse policy explain`: what a policy decides about one call, and what each rule said to it.

import { readFile } from 'node:fs/promises';
import { readJson } from '#core/mcp/json.ts';
import type { JsonValue } from '#core/mcp/messages.ts';
import type { Decision } from '#core/policy/decision.ts';
import {
  type Explanation,
  explain,
  type QuestionExplanation,
  type RuleExplanation,
} from '#core/policy/explain.ts';
import { formatPath } from '#crds/path.ts';
import { loadPolicy } from '#platform/file/load-policy.ts';
import { printProblem, readPolicyFiles } from '#platform/file/policy-file.ts';
import { allowanceText, needText } from './approvals-text.ts';
import { type Command, UsageError } from './command.ts';
import { onOff, required, text } from './flag-kinds.ts';
import { parseFlags } from './flags.ts';
import { readCall, readPrincipal } from './policy-call.ts';
import type { Input } from './policy-input.ts';
import { columns, printable, printableJson } from './printable.ts';

/** Nothing was explained: the policy cannot be read. */
const EXIT_UNEXPLAINED = 2;
const MAX_FILES = 64;
/** More than a call may have by default, and nesting as deep as any policy allows. */
const JSON_LIMITS = { maxBytes: 8 * 1024 * 1024, maxDepth: 512, numbers: 'exact' } as const;

const USAGE = `Usage: gatehouse policy explain FILE... --principal JSON --call JSON [--json]

Says what the policy decides about one call, and why each rule does or does not apply to it.

  --principal JSON  who calls: subject, groups, scopes, claims, clientId, actors, person; and issuer,
                    by name or URL, when the policy accepts several
  --call JSON       what they call: tool or prompt (with arguments), resource, or method (with params)
  --json            print one JSON object

JSON is the text itself, or @FILE to read it from a file:

  gatehouse policy explain policy.yaml --principal '{"groups":["support"]}' \\
    --call '{"tool":"refund","arguments":{"amount":60}}'

Exit code: 0 when it was explained, whatever the decision; 2 when the policy cannot be read.
`;

export const policyExplain: Command = {
  name: 'policy explain',
  summary: 'Say what a policy decides about one call, and why',
  usage: USAGE,
  async run(args, io) {
    const table = { principal: required(text), call: required(text), json: onOff };
    const operand = { name: 'FILE', atLeast: 1, atMost: MAX_FILES };
    const { flags, operands } = parseFlags(table, args, io.env, operand);
    const loaded = loadPolicy(await readPolicyFiles(operands), {
      place: 'Anywhere',
      isJudgingOnly: true,
    });
    if (!loaded.ok) {
      io.stderr(loaded.problems.map((problem) => `${printProblem(problem)}\n`).join(''));
      return EXIT_UNEXPLAINED;
    }
    const principal = accepted(
      '--principal',
      readPrincipal(await readArgument('--principal', flags.principal), [], loaded.policy.issuers),
    );
    const call = accepted('--call', readCall(await readArgument('--call', flags.call), []));
    const explanation = explain(loaded.policy, principal, call.message, call.direction);
    io.stdout(flags.json ? printableJson(explanation, 2) : explanationText(explanation));
    return 0;
  },
};

/** The JSON of a flag, or of the file that it names with `@`. */
async function readArgument(flag: string, given: string): Promise<JsonValue> {
  const bytes = given.startsWith('@')
    ? await readBytes(flag, given.slice(1))
    : new TextEncoder().encode(given);
  const json = readJson(bytes, JSON_LIMITS);
  if (!json.ok) throw new UsageError(`${flag}: ${json.reason}`);
  return json.value;
}

async function readBytes(flag: string, file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error) {
      throw new UsageError(
        `${flag} names a file that cannot be read (${String(error.code)}); check its path`,
      );
    }
    throw error;
  }
}

function accepted<T>(flag: string, input: Input<T>): T {
  if (input.ok) return input.value;
  const lines = input.problems.map(({ path, message }) => {
    const place = formatPath(path);
    return place === '' ? `${flag}: ${message}` : `${flag}: ${place}: ${message}`;
  });
  throw new UsageError(lines.join('\n'));
}

function explanationText(explanation: Explanation): string {
  const { decision, mode, questions } = explanation;
  const observed =
    mode === 'Observe' && decision.effect !== 'Allow'
      ? '  mode Observe: it passes all the same, and is recorded\n'
      : '';
  const head = `${decisionText(decision)}${askingText(explanation)}${observed}`;
  return [head, ...questions.map(questionText)].join('\n');
}

function decisionText(decision: Decision): string {
  const head = [decision.effect, decision.rule].filter((part) => part !== undefined).join(' ');
  return [head, ...notesOf(decision)].map((line) => `${printable(line)}\n`).join('');
}

/** Whose word it takes. */
function askingText({ terms, cannotAsk }: Explanation): string {
  const lines = [
    ...(terms?.needs ?? []).map(needText),
    ...(terms === undefined
      ? []
      : [`waits ${terms.pendingTtlSeconds} s; allows ${allowanceText(terms.allowance)}`]),
    ...(cannotAsk === undefined ? [] : [`refused all the same: ${cannotAsk}`]),
  ];
  return lines.map((line) => `  ${printable(line)}\n`).join('');
}

function notesOf(decision: Decision): readonly string[] {
  switch (decision.effect) {
    case 'Allow':
      return decision.obligations.filterList ? ['  the list is filtered for this caller'] : [];
    case 'RequireApproval':
      return [];
    case 'Deny': {
      const scopes = decision.missingScopes?.join(' ');
      return [
        `  ${decision.reason}`,
        ...(scopes === undefined ? [] : [`  a token with these scopes would do: ${scopes}`]),
      ];
    }
  }
}

function questionText({ method, target, visible, policies }: QuestionExplanation): string {
  const seen = visible === undefined ? undefined : visible ? '(visible)' : '(hidden)';
  const head = [method, target, seen].filter((part) => part !== undefined).join(' ');
  const parts = policies.map(
    ({ policy, verdict, rules }) =>
      `policy ${printable(policy)}: ${VERDICTS[verdict]}\n${columns(rules.map(ruleRow))}`,
  );
  return [`${printable(head)}\n`, ...parts].join('');
}

const VERDICTS: {
  readonly [Verdict in QuestionExplanation['policies'][number]['verdict']]: string;
} = {
  allow: 'allows it',
  approve: 'asks for an approval',
  deny: 'denies it',
  failed: 'denies it, since an expression fails',
  stepUp: 'denies it for want of scopes',
  unmatched: 'denies it, since no rule applies',
  abstained: 'leaves it to the others',
  foreign: 'denies it, since it does not accept this issuer',
  plumbing: 'needs no rule for it',
};

function ruleRow(rule: RuleExplanation): readonly string[] {
  return [`  ${rule.effect}`, printable(rule.rule), outcomeText(rule)];
}

function outcomeText(rule: RuleExplanation): string {
  switch (rule.outcome) {
    case 'applies':
      return 'applies';
    case 'does not apply':
      return rule.expression === undefined
        ? `does not apply: ${rule.because}`
        : `does not apply: ${rule.because} is false: ${printable(rule.expression)}`;
    case 'fails':
      return `fails: ${rule.because} (${rule.code}): ${printable(rule.expression)}`;
  }
}
