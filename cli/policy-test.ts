// `gatehouse policy test`: puts cases before a policy and says where it decides otherwise.

import type { CompiledPolicy } from '#core/policy/compiled.ts';
import type { Decision } from '#core/policy/decision.ts';
import { evaluate } from '#core/policy/evaluate.ts';
import { loadPolicy } from '#platform/file/load-policy.ts';
import { printProblem, readPolicyFiles } from '#platform/file/policy-file.ts';
import type { Command } from './command.ts';
import { required, text } from './flag-kinds.ts';
import { parseFlags } from './flags.ts';
import { type Expectation, type PolicyCase, readCases } from './policy-cases.ts';
import { columns, printable } from './printable.ts';

/** Nothing was tested: the policy or the cases cannot be read. */
const EXIT_UNTESTED = 2;
/** As many as one server is ever governed by. */
const MAX_FILES = 64;

const USAGE = `Usage: gatehouse policy test FILE... --cases FILE

Puts each case before the policy and prints what it decides. Several policy files join as they do
in "gatehouse run": the strictest decision wins.

  --cases FILE  YAML:

    cases:
      - name: support may refund small amounts
        principal: {subject: ada, groups: [support]}   # issuer, scopes, claims, clientId, actors, person
        call: {tool: refund, arguments: {amount: 20}}  # or prompt, resource, or method with params
        expect: {effect: Allow, rule: small-refunds}   # effect; rule, visible, approval when they matter

Exit code: 0 when all are decided as expected, 1 when one is not, 2 when nothing could be tested.
`;

export const policyTest: Command = {
  name: 'policy test',
  summary: 'Check what a policy decides against a file of cases',
  usage: USAGE,
  async run(args, io) {
    const table = { cases: required(text) };
    const operand = { name: 'FILE', atLeast: 1, atMost: MAX_FILES };
    const { flags, operands } = parseFlags(table, args, io.env, operand);
    const loaded = loadPolicy(await readPolicyFiles(operands), {
      place: 'Anywhere',
      isJudgingOnly: true,
    });
    const read = loaded.ok ? await readCases(flags.cases, loaded.policy.issuers) : loaded;
    if (!loaded.ok || !read.ok) {
      const problems = read.ok ? [] : read.problems;
      io.stderr(problems.map((problem) => `${printProblem(problem)}\n`).join(''));
      return EXIT_UNTESTED;
    }
    const results = read.cases.map((one) => testCase(loaded.policy, one));
    io.stdout(columns(results.map(row)));
    const failures = results.filter(({ passed }) => !passed).length;
    io.stdout(`${results.length - failures} passed, ${failures} failed\n`);
    return failures === 0 ? 0 : 1;
  },
};

interface Result {
  readonly case: PolicyCase;
  readonly decision: Decision;
  readonly passed: boolean;
}

function testCase(policy: CompiledPolicy, tested: PolicyCase): Result {
  const { principal, call, expect } = tested;
  const decision = evaluate(policy, principal, call.message, call.direction);
  return { case: tested, decision, passed: isExpected(decision, expect) };
}

function isExpected(decision: Decision, expected: Expectation): boolean {
  const { effect, rule, visible, approval } = expected;
  return (
    decision.effect === effect &&
    (approval === undefined || approvalOf(decision) === approval) &&
    (rule === undefined || decision.rule === rule || nameOf(decision.rule) === rule) &&
    (visible === undefined || isVisible(decision) === visible)
  );
}

function approvalOf(decision: Decision): string | undefined {
  return decision.effect === 'RequireApproval' ? decision.approval : undefined;
}

/** `policy/rule` without its policy. */
function nameOf(rule: string | undefined): string | undefined {
  return rule?.slice(rule.indexOf('/') + 1);
}

/** What is not denied is there to be seen. */
function isVisible(decision: Decision): boolean {
  return decision.effect !== 'Deny' || decision.visible;
}

function row({ case: { name, expect }, decision, passed }: Result): readonly string[] {
  const got = say({ ...decision, visible: isVisible(decision) }, expect);
  return passed
    ? ['ok', printable(name), got]
    : ['FAIL', printable(name), `${got}, expected ${say(expect, expect)}`];
}

/** The rule always; whether it is visible when the case asks for it. */
function say({ effect, rule, visible, approval }: Expectation, asked: Expectation): string {
  const parts: string[] = [effect];
  if (rule !== undefined) parts.push(printable(rule));
  if (asked.approval !== undefined) parts.push(`(asks ${printable(approval ?? 'nobody')})`);
  if (asked.visible !== undefined) parts.push(visible === true ? '(visible)' : '(hidden)');
  return parts.join(' ');
}
