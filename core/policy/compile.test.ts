import { expect } from 'chai';
import type { McpGatewayPolicy, McpGatewayPolicySpec, Rule } from '#crds/policy.ts';
import { compilePolicies } from './compile.ts';
import { allow, CORP, deny, document } from './policies.fixture.ts';

function lines(...documents: readonly McpGatewayPolicy[]): string[] {
  const compiled = compilePolicies(documents);
  return compiled.ok
    ? []
    : compiled.problems.map(({ document: at, path, message }) => `${at} ${path}: ${message}`);
}

function warningsOf(...rules: readonly Rule[]): string[] {
  const compiled = compilePolicies([document({ rules })]);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  return compiled.warnings.map(({ path, message }) => `${path}: ${message}`);
}

const LAB = { name: 'lab', issuer: 'https://lab.example' };

describe('a policy is refused when', () => {
  const cases: { name: string; spec: McpGatewayPolicySpec; problems: string[] }[] = [
    {
      name: 'it accepts no issuer',
      spec: { identity: {} },
      problems: [
        'spec.identity.issuers: must list the issuers whose tokens are accepted: without one nobody could call',
      ],
    },
    {
      name: 'a field is not carried out yet',
      spec: { evidence: { retentionDays: 30 } },
      problems: [
        'spec.evidence.retentionDays: has a value that is not carried out by this build yet: removal of old evidence',
      ],
    },
    {
      name: 'a rule lists two kinds of target',
      spec: { rules: [allow({ match: { tools: ['a'], prompts: ['b'] } })] },
      problems: [
        'spec.rules[0].match.prompts: can never match together with tools: a message has one target; write one rule for each',
      ],
    },
    {
      name: 'a tool pattern can never match',
      spec: { rules: [allow({ match: { tools: ['ok', ' a', 'b\n', 'x'.repeat(257)] } })] },
      problems: [
        'spec.rules[0].match.tools[1]: can never match: it begins or ends with a space',
        'spec.rules[0].match.tools[2]: can never match: it has a control character',
        'spec.rules[0].match.tools[3]: can never match: it is too long',
      ],
    },
    {
      name: 'a resource pattern can never match',
      spec: { rules: [allow({ match: { resources: ['/etc/**', 'file:///a/../b', 'x:{id}'] } })] },
      problems: [
        'spec.rules[0].match.resources[0]: can never match: it has no scheme; begin with a scheme such as file:, or with **',
        'spec.rules[0].match.resources[1]: can never match: it has a dot segment',
        'spec.rules[0].match.resources[2]: can never match: it has a character that no URI has; write * for each {…}',
      ],
    },
    {
      name: 'a wildcard stands for no method',
      spec: { rules: [allow({ match: { methods: ['tool/*'] } })] },
      problems: [
        'spec.rules[0].match.methods[0]: can never match: no MCP method is like this; spell out your own methods',
      ],
    },
    {
      name: 'a method has not the target that is listed',
      spec: { rules: [allow({ match: { methods: ['prompts/get', 'tools/call'], tools: ['a'] } })] },
      problems: ['spec.rules[0].match.methods[0]: can never match: it has no tool as its target'],
    },
    {
      name: 'a method of its own is given a target',
      spec: { rules: [allow({ match: { methods: ['myext/do'], tools: ['a'] } })] },
      problems: [
        'spec.rules[0].match.methods[0]: can never match: a method that is not of MCP has no target',
      ],
    },
    {
      name: 'an expression is wrong',
      spec: { rules: [allow({ name: 'cap', when: ['true', 'args.amount >', 'nope == 1'] })] },
      problems: [
        'spec.rules[0].when[1]: rule cap: Unexpected token: EOF',
        'spec.rules[0].when[2]: rule cap: Unknown variable: nope',
      ],
    },
    {
      name: 'two rules have one name',
      spec: { rules: [allow(), deny({ name: 'allow', match: { tools: ['a'] } })] },
      problems: ['spec.rules[1].name: is already the name of spec.rules[0]'],
    },
    {
      name: 'a rule names an issuer that is not listed',
      spec: { rules: [allow({ subjects: { issuer: 'lab' } })] },
      problems: [
        'spec.rules[0].subjects.issuer: can never match: it is not in spec.identity.issuers',
      ],
    },
    {
      name: 'a rule does not say which of several issuers it means',
      spec: {
        identity: { issuers: [CORP, LAB] },
        rules: [allow({ subjects: { groups: ['a'] } }), allow({ name: 'b' })],
      },
      problems: [
        'spec.rules[0].subjects: must name its issuer, since spec.identity accepts more than one',
      ],
    },
    {
      name: 'one issuer has two names',
      spec: { identity: { issuers: [CORP, { ...CORP, name: 'other' }] } },
      problems: ['spec.identity.issuers[1]: has the issuer URL of corp; an issuer has one name'],
    },
  ];
  for (const { name, spec, problems } of cases) {
    it(name, () => {
      expect(lines(document(spec))).to.deep.equal(problems.map((line) => `0 ${line}`));
    });
  }

  it('there is none', () => {
    expect(lines()).to.deep.equal(['0 : is missing: without one everything would be denied']);
  });

  it('another has its name', () => {
    expect(lines(document({}), document({}))).to.deep.equal([
      '1 metadata.name: is the name of another policy given here; decisions could not be told apart',
    ]);
  });

  it('it is one of several, which is named', () => {
    const bad = document({ rules: [allow({ when: ['x'] })] }, 'bad');

    expect(lines(document({}), bad)).to.deep.equal([
      '1 spec.rules[0].when[0]: rule allow: Unknown variable: x',
    ]);
  });
});

describe('a rule that another always denies is refused', () => {
  const SHADOWED = ['0 spec.rules[0]: can never take effect: rule deny always denies it'];
  const cases: { name: string; rule: Rule; denial: Rule; refused: boolean }[] = [
    { name: 'by a Deny of everything', rule: allow(), denial: deny(), refused: true },
    {
      name: 'by a Deny of wider patterns',
      rule: allow({ match: { tools: ['get_user', 'get_b*'] } }),
      denial: deny({ match: { tools: ['get_*'] } }),
      refused: true,
    },
    {
      name: 'not by a Deny of some patterns',
      rule: allow({ match: { tools: ['get_user', 'put_user'] } }),
      denial: deny({ match: { tools: ['get_*'] } }),
      refused: false,
    },
    {
      name: 'not by a Deny of narrower patterns',
      rule: allow({ match: { tools: ['*'] } }),
      denial: deny({ match: { tools: ['get_*'] } }),
      refused: false,
    },
    {
      name: 'not by a Deny with conditions',
      rule: allow(),
      denial: deny({ when: ['true'] }),
      refused: false,
    },
    {
      name: 'by a Deny for all of its people',
      rule: allow({ subjects: { groups: ['a'], subjects: ['ada'] } }),
      denial: deny({ subjects: { groups: ['a', 'b'] } }),
      refused: true,
    },
    {
      name: 'not by a Deny for some of its people',
      rule: allow({ subjects: { groups: ['a', 'c'] } }),
      denial: deny({ subjects: { groups: ['a', 'b'] } }),
      refused: false,
    },
    {
      name: 'not by a Deny for those with more scopes',
      rule: allow({ subjects: { scopes: ['a'] } }),
      denial: deny({ subjects: { scopes: ['a', 'b'] } }),
      refused: false,
    },
    {
      name: 'by a Deny for those with some of its scopes',
      rule: allow({ subjects: { scopes: ['a', 'b'] } }),
      denial: deny({ subjects: { scopes: ['a'] } }),
      refused: true,
    },
    {
      name: 'not by a Deny of another kind of target',
      rule: allow({ match: { tools: ['*'] } }),
      denial: deny({ match: { prompts: ['*'] } }),
      refused: false,
    },
    {
      name: 'by a Deny of the resources below',
      rule: allow({ match: { resources: ['file:///keys/a/*'] } }),
      denial: deny({ match: { resources: ['FILE:///keys/**'] } }),
      refused: true,
    },
    {
      name: 'not by a Deny that stops at the next slash',
      rule: allow({ match: { resources: ['file:///keys/**'] } }),
      denial: deny({ match: { resources: ['file:///keys/*'] } }),
      refused: false,
    },
    {
      name: 'not by a Deny of one of its methods',
      rule: allow({ match: { resources: ['**'] } }),
      denial: deny({ match: { methods: ['resources/subscribe'] } }),
      refused: false,
    },
  ];
  for (const { name, rule, denial, refused } of cases) {
    it(name, () => {
      expect(lines(document({ rules: [rule, denial] }))).to.deep.equal(refused ? SHADOWED : []);
    });
  }
});

describe('a policy loads with a warning when', () => {
  const cases: { name: string; rule: Rule; warnings: string[] }[] = [
    { name: 'nothing is odd: without', rule: allow({ match: { tools: ['a'] } }), warnings: [] },
    {
      name: 'arithmetic always fails',
      rule: allow({ name: 'cap', when: ['args.amount * 2 > 50'] }),
      warnings: [
        'spec.rules[0].when[0]: rule cap: arithmetic between a whole number and an argument always fails, since numbers in arguments are doubles; write 2.0 for 2, or int(…) around the argument',
      ],
    },
    {
      name: 'a method is not of MCP',
      rule: allow({ match: { methods: ['myext/do'] } }),
      warnings: ['spec.rules[0].match.methods[0]: is not a method of any MCP revision known here'],
    },
    {
      name: 'an Allow names what needs none',
      rule: allow({ match: { methods: ['tools/list'] } }),
      warnings: [
        'spec.rules[0].match.methods[0]: has no effect: handshake and lists need no rule, only Deny counts for them',
      ],
    },
  ];
  for (const { name, rule, warnings } of cases) {
    it(name, () => {
      expect(warningsOf(rule)).to.deep.equal(warnings);
    });
  }
});
