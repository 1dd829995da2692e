import { expect } from 'chai';
import type { JsonObject } from '#core/mcp/messages.ts';
import type { Rule } from '#crds/policy.ts';
import { checkDecisions } from './decision-cases.fixture.ts';
import { evaluate } from './evaluate.ts';
import {
  ADA,
  allow,
  ask,
  callTool,
  decide,
  deny,
  getPrompt,
  joinOf,
  request,
  told,
} from './policies.fixture.ts';

describe('what rules say to a call', () => {
  const tool = callTool('get_user');
  checkDecisions([
    { name: 'nothing matches: Deny', rules: [], message: tool, told: 'Deny' },
    {
      name: 'an Allow for the tool allows',
      rules: [allow({ match: { tools: ['get_*'] } })],
      message: tool,
      told: 'Allow allow',
    },
    {
      name: 'an Allow for another tool does not',
      rules: [allow({ match: { tools: ['put_*', 'get'] } })],
      message: tool,
      told: 'Deny',
    },
    {
      name: 'any pattern of the list suffices',
      rules: [allow({ match: { tools: ['put_*', 'get_user'] } })],
      message: tool,
      told: 'Allow allow',
    },
    {
      name: 'Deny wins over Allow and RequireApproval',
      rules: [allow(), ask(), deny({ match: { tools: ['get_*'] } })],
      message: tool,
      told: 'Deny deny',
    },
    {
      name: 'RequireApproval wins over Allow',
      rules: [allow(), ask({ match: { tools: ['get_user'] } })],
      message: tool,
      told: 'RequireApproval ask finance',
    },
    {
      name: 'a rule without match is for every target',
      rules: [allow()],
      message: tool,
      told: 'Allow allow',
    },
    {
      name: 'names are compared with their case',
      rules: [allow({ match: { tools: ['Get_User'] } })],
      message: tool,
      told: 'Deny',
    },
    {
      name: 'a rule on methods allows what the method acts on',
      rules: [allow({ match: { methods: ['tools/call'] } })],
      message: tool,
      told: 'Allow allow',
    },
    {
      name: 'methods and tools of one rule must both match',
      rules: [allow({ match: { methods: ['tools/*'], tools: ['put_*'] } })],
      message: tool,
      told: 'Deny',
    },
    {
      name: 'a rule on prompts says nothing of a tool of the same name',
      rules: [allow({ match: { prompts: ['get_user'] } })],
      message: tool,
      told: 'Deny',
    },
    {
      name: 'a rule on tools says nothing of a prompt of the same name',
      rules: [allow({ match: { tools: ['greet'] } })],
      message: getPrompt('greet'),
      told: 'Deny',
    },
    {
      name: 'a rule on prompts allows prompts/get',
      rules: [allow({ match: { prompts: ['greet'] } })],
      message: getPrompt('greet'),
      told: 'Allow allow',
    },
    {
      name: 'a call without its target is denied whatever the rules',
      rules: [allow()],
      message: request('tools/call'),
      told: 'Deny',
    },
  ]);
});

describe('conditions', () => {
  const refund = (args: JsonObject) => callTool('refund', args);
  checkDecisions([
    {
      name: 'a rule applies when all of them hold',
      rules: [allow({ when: ['args.amount > 10', 'args.amount < 50'] })],
      message: refund({ amount: 20 }),
      told: 'Allow allow',
    },
    {
      name: 'and does not when one does not',
      rules: [allow({ when: ['args.amount > 10', 'args.amount < 50'] })],
      message: refund({ amount: 60 }),
      told: 'Deny',
    },
    {
      name: 'a Deny whose condition does not hold denies nothing',
      rules: [allow(), deny({ when: ['args.amount > 50'] })],
      message: refund({ amount: 20 }),
      told: 'Allow allow',
    },
    {
      name: 'an error in a Deny denies',
      rules: [allow(), deny({ when: ['args.amount > 50'] })],
      message: refund({}),
      told: 'Deny deny',
    },
    {
      name: 'an error in an Allow denies, even what another rule allows',
      rules: [allow({ name: 'a' }), allow({ name: 'b', when: ['args.amount < 50'] })],
      message: refund({ amount: 'x' }),
      told: 'Deny b',
    },
    {
      name: 'an error in a RequireApproval denies',
      rules: [allow(), ask({ when: ['args.amount > 50'] })],
      message: refund({}),
      told: 'Deny ask',
    },
    {
      name: 'an earlier one guards the next',
      rules: [allow(), deny({ when: ['has(args.amount)', 'args.amount > 50'] })],
      message: refund({}),
      told: 'Allow allow',
    },
    {
      name: 'they are not run for other tools',
      rules: [
        allow({ match: { tools: ['x'] } }),
        deny({ match: { tools: ['y'] }, when: ['args.a > 1'] }),
      ],
      message: callTool('x'),
      told: 'Allow allow',
    },
    {
      name: 'they are not run for other people',
      rules: [allow(), deny({ subjects: { groups: ['support'] }, when: ['args.a > 1'] })],
      message: callTool('x'),
      told: 'Allow allow',
    },
    {
      name: 'arguments that are no object deny where a rule asks for them',
      rules: [allow({ when: ['true'] })],
      message: request('tools/call', { arguments: 'x' }, { kind: 'tool', name: 'x' }),
      told: 'Deny allow',
    },
  ]);

  it('name rule and expression, never a value', () => {
    const decision = decide(
      [allow({ when: ['true', 'bool(args.secret)'] })],
      refund({ secret: 'hunter2' }),
    );

    expect(decision).to.deep.equal({
      effect: 'Deny',
      rule: 'p0/allow',
      reason: 'rule p0/allow: when[1] cannot be evaluated (bool_conversion_error)',
      visible: true,
    });
  });
});

describe('several policies', () => {
  const cases: [name: string, first: Rule[], second: Rule[], told: string][] = [
    ['all must allow', [allow()], [allow()], 'Allow allow'],
    ['one that does not denies', [allow()], [], 'Deny'],
    [
      'one that denies denies',
      [allow()],
      [allow(), deny({ match: { tools: ['x'] } })],
      'Deny p1/deny',
    ],
    ['one that asks asks', [allow()], [ask()], 'RequireApproval p1/ask finance'],
  ];
  for (const [name, first, second, expected] of cases) {
    it(name, () => {
      const decision = evaluate(joinOf(first, second), ADA, callTool('x'), 'toServer');

      expect(told(decision)).to.equal(expected);
    });
  }

  it('need not all know a method to leave plumbing alone', () => {
    expect(told(evaluate(joinOf([], []), ADA, request('ping'), 'toServer'))).to.equal(
      'Allow plumbing',
    );
  });
});
