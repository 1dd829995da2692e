import { expect } from 'chai';
import { principal } from '#core/approvals/approvals.testkit.ts';
import { compileWhole } from '#core/policy/compile.ts';
import { evaluate } from '#core/policy/evaluate.ts';
import { document } from '#core/policy/policies.fixture.ts';
import type { Rule } from '#crds/policy.ts';
import type { Snapshot } from './activation.ts';
import { judgeTask } from './judge-task.ts';
import { ALICE } from './ladder.testkit.ts';
import type { NamedTask } from './task-ids.ts';

const TOOLS = { name: 'tools', effect: 'Allow', match: { tools: ['pay'] } } as const;
const TASKS = { name: 'tasks', effect: 'Allow', match: { methods: ['tasks/*'] } } as const;
const NO_TASKS = { name: 'no-tasks', effect: 'Deny', match: { methods: ['tasks/get'] } } as const;
const NO_TOOL = { name: 'no-tool', effect: 'Deny', match: { tools: ['pay'] } } as const;
const SERVERS = { kind: 'server', upstreamId: 'u', call: 'x', tool: 'pay', sealed: 's' } as const;
const WAS_OURS = { ...SERVERS, wasOurs: true } as const;
const OWN: NamedTask = {
  kind: 'own',
  call: 'x',
  tool: 'pay',
  sealed: 's',
  approvalId: 'a',
  createdSeconds: 0,
  isHere: true,
};

interface Case {
  readonly name: string;
  readonly task: NamedTask;
  readonly rules: readonly Rule[];
  readonly by?: typeof ALICE;
  readonly effect: 'Allow' | 'Deny';
}

describe('what is asked of a task', () => {
  const cases: readonly Case[] = [
    { name: "the server's, with a rule", task: SERVERS, rules: [TOOLS, TASKS], effect: 'Allow' },
    { name: "the server's, without", task: SERVERS, rules: [TOOLS], effect: 'Deny' },
    { name: 'of a hidden tool', task: SERVERS, rules: [TASKS], effect: 'Deny' },
    { name: 'of a denied tool', task: SERVERS, rules: [TASKS, NO_TOOL], effect: 'Deny' },
    { name: 'ours, without a rule', task: OWN, rules: [TOOLS], effect: 'Allow' },
    { name: 'ours, of a tool that is denied now', task: OWN, rules: [NO_TOOL], effect: 'Allow' },
    { name: 'ours, against a rule', task: OWN, rules: [TOOLS, NO_TASKS], effect: 'Deny' },
    {
      name: 'ours, for an issuer that is not accepted',
      task: OWN,
      rules: [TOOLS],
      by: stranger(),
      effect: 'Deny',
    },
    { name: 'what was ours, without a rule', task: WAS_OURS, rules: [TOOLS], effect: 'Allow' },
    { name: 'what was ours, of a hidden tool', task: WAS_OURS, rules: [], effect: 'Deny' },
  ];
  for (const { name, task, rules, by = ALICE, effect } of cases) {
    it(`is ${effect === 'Allow' ? 'let in' : 'refused'}: ${name}`, () => {
      const snapshot = snapshotOf(rules);
      const target = { kind: 'task', name: task.call, tool: task.tool } as const;
      const params = { taskId: 's' };
      const message = { kind: 'request', id: 1, method: 'tasks/get', params, target } as const;
      const decision = evaluate(snapshot.policy, by, message, 'toServer');

      expect(judgeTask(decision, task, by, snapshot).effect).to.equal(effect);
    });
  }

  function stranger() {
    return { ...principal('alice'), issuerName: 'elsewhere' };
  }

  function snapshotOf(rules: readonly Rule[]): Snapshot {
    const issuers = [
      { name: 'corp', issuer: 'https://idp.example', audiences: ['https://payments.example/mcp'] },
    ];
    const compiled = compileWhole([document({ identity: { issuers }, rules: [...rules] }, 'p')]);
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
    return { policy: compiled.policy } as Snapshot;
  }
});
