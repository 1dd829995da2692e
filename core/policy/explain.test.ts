import { expect } from 'chai';
import type { Rule } from '#crds/policy.ts';
import { explain, type RuleExplanation } from './explain.ts';
import {
  ADA,
  allow,
  callTool,
  deny,
  joinOf,
  policyOf,
  readResource,
  request,
} from './policies.fixture.ts';

function outcome(rule: Rule, message = callTool('refund', { amount: 20 })): string {
  const [question] = explain(policyOf(rule), ADA, message, 'toServer').questions;
  return shown(question?.policies[0]?.rules[0]);
}

function shown(rule: RuleExplanation | undefined): string {
  if (rule === undefined) return 'nothing';
  switch (rule.outcome) {
    case 'applies':
      return rule.outcome;
    case 'does not apply':
      return `${rule.outcome}: ${rule.because}`;
    case 'fails':
      return `${rule.outcome}: ${rule.because} ${rule.code}`;
  }
}

describe('an explanation', () => {
  const cases: [name: string, rule: Rule, outcome: string][] = [
    ['that it applies', allow(), 'applies'],
    ['that a pattern does not match', allow({ match: { tools: ['x'] } }), 'does not apply: match'],
    [
      'that a field of its subjects does not hold',
      allow({ subjects: { groups: ['support'] } }),
      'does not apply: subjects.groups',
    ],
    [
      'that scopes are lacking',
      allow({ subjects: { scopes: ['write'] } }),
      'does not apply: subjects.scopes',
    ],
    [
      'that a condition does not hold',
      allow({ when: ['true', 'args.amount > 10', 'args.amount > 50'] }),
      'does not apply: when[2]',
    ],
    ['that a condition fails', allow({ when: ['args.total > 50'] }), 'fails: when[0] no_such_key'],
  ];
  for (const [name, rule, expected] of cases) {
    it(`says of a rule ${name}`, () => {
      expect(outcome(rule)).to.equal(expected);
    });
  }

  it('lists every rule of every policy in the order of judging, with the verdict of each', () => {
    const policy = joinOf([allow(), deny({ match: { tools: ['x'] } })], [allow({ name: 'b' })]);

    const { decision, questions } = explain(policy, ADA, callTool('refund'), 'toServer');

    expect(decision).to.deep.equal({ effect: 'Allow', rule: 'p0/allow', obligations: {} });
    expect(questions).to.deep.equal([
      {
        method: 'tools/call',
        target: 'refund',
        visible: true,
        policies: [
          {
            policy: 'p0',
            verdict: 'allow',
            rules: [
              { rule: 'p0/deny', effect: 'Deny', outcome: 'does not apply', because: 'match' },
              { rule: 'p0/allow', effect: 'Allow', outcome: 'applies' },
            ],
          },
          {
            policy: 'p1',
            verdict: 'allow',
            rules: [{ rule: 'p1/b', effect: 'Allow', outcome: 'applies' }],
          },
        ],
      },
    ]);
  });

  it('shows a URI as policy reads it', () => {
    const { questions } = explain(policyOf(allow()), ADA, readResource('FILE:/a/../b'), 'toServer');

    expect(questions[0]?.target).to.equal('file:///b');
  });

  it('asks one question per resource of a stream', () => {
    const message = request('subscriptions/listen', {
      notifications: { resourceSubscriptions: ['x:a', 'x:b'] },
    });

    const { questions } = explain(policyOf(allow()), ADA, message, 'toServer');

    expect(questions.map(({ target }) => target)).to.deep.equal(['x:a', 'x:b', undefined]);
  });

  it('asks none where no rule could help', () => {
    const { decision, questions } = explain(
      policyOf(allow()),
      ADA,
      readResource('a b'),
      'toServer',
    );

    expect(decision).to.include({ effect: 'Deny', reason: 'the URI cannot be judged' });
    expect(questions).to.deep.equal([]);
  });
});
