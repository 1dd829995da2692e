import { expect } from 'chai';
import type { IssuerConfig, McpGatewayPolicySpec, Rule } from '#crds/policy.ts';
import { type AskedApproval, approvalTermsFor, askedApproval } from './approval-terms.ts';
import { approvalAudienceProblem } from './approvals.ts';
import { compileWhole, type PolicyCompilation } from './compile.ts';
import type { CompiledPolicy } from './compiled.ts';
import { evaluate } from './evaluate.ts';
import { ADA, allow, ask, callTool, document } from './policies.fixture.ts';

const AUDIENCE = 'https://approvals.example';
const CORP: IssuerConfig = {
  name: 'corp',
  issuer: 'https://idp.example',
  audiences: ['https://payments.example/api'],
  claims: { person: 'email' },
};
const FINANCE = { name: 'finance', approvers: { groups: ['finance'] }, quorum: 2 };
const IDENTITY = { issuers: [CORP], approvalAudience: AUDIENCE };

function spec(rules: readonly Rule[], more: McpGatewayPolicySpec = {}): McpGatewayPolicySpec {
  return { identity: IDENTITY, approvals: [FINANCE], rules, ...more };
}

function compile(...specs: readonly McpGatewayPolicySpec[]): PolicyCompilation {
  return compileWhole(specs.map((each, at) => document(each, `p${at}`)));
}

function policy(...specs: readonly McpGatewayPolicySpec[]): CompiledPolicy {
  const compiled = compile(...specs);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  return compiled.policy;
}

function asked(...specs: readonly McpGatewayPolicySpec[]): AskedApproval {
  const compiled = policy(...specs);
  const decision = evaluate(compiled, ADA, callTool('refund'), 'toServer');
  if (decision.effect !== 'RequireApproval') throw new Error(decision.effect);
  const found = askedApproval(compiled, decision);
  if (found === undefined) throw new Error('nothing is asked');
  return found;
}

describe('what a call asks of approvers', () => {
  it('is what the approval says that its rule names', () => {
    const { terms, reapproveOnInput, message } = asked(
      spec([allow(), ask({ message: 'finance looks at refunds' })]),
    );

    expect(terms.needs).to.deep.equal([
      { approval: 'finance', issuer: CORP.issuer, groups: ['finance'], subjects: [], quorum: 2 },
    ]);
    expect(terms.pendingTtlSeconds).to.equal(900);
    expect(terms.allowance).to.deep.equal({ scope: 'Call', maxUses: 1, ttlSeconds: 300 });
    expect(reapproveOnInput).to.equal(true);
    expect(message).to.equal('finance looks at refunds');
  });

  it('is all that the rules of every policy ask, under the tightest bounds', () => {
    const legal = { name: 'legal', approvers: { subjects: ['zoe'] }, pendingTtl: '5m' };

    const { terms } = asked(
      spec([ask()]),
      spec([ask({ approval: 'legal' })], { approvals: [legal] }),
    );

    expect(terms.needs.map(({ approval }) => approval)).to.deep.equal(['finance', 'legal']);
    expect(terms.pendingTtlSeconds).to.equal(300);
  });

  it('is all that several rules of one policy ask, whatever their names', () => {
    const legal = { name: 'legal', approvers: { groups: ['legal'] } };
    const rules = [ask({ name: 'z' }), ask({ name: 'a', approval: 'legal' })];

    const { terms } = asked(spec(rules, { approvals: [FINANCE, legal] }));

    expect(terms.needs.map(({ approval }) => approval)).to.have.members(['finance', 'legal']);
  });

  it('asks a pool once, however many rules name it', () => {
    const { terms } = asked(spec([ask({ name: 'a' }), ask({ name: 'b' })]));

    expect(terms.needs).to.have.length(1);
  });

  it('needs a new approval on input when any of its rules says so', () => {
    const relaxed = ask({ name: 'a', reapproveOnInput: false });

    expect(asked(spec([relaxed])).reapproveOnInput).to.equal(false);
    expect(asked(spec([relaxed, ask({ name: 'b' })])).reapproveOnInput).to.equal(true);
  });

  it('is nothing when the decision is of another policy', () => {
    const decision = { effect: 'RequireApproval', rule: 'x/y', approval: 'z' } as const;
    const compiled = policy(spec([ask()]));

    expect(approvalTermsFor(compiled, { ...decision, asks: ['x/y'] })).to.equal(undefined);
    expect(approvalTermsFor(compiled, { ...decision, asks: ['p0/ask', 'x/y'] })).to.equal(
      undefined,
    );
    expect(approvalTermsFor(compiled, { ...decision, asks: [] })).to.equal(undefined);
  });
});

describe('the words a grant is bound to', () => {
  const words = (...specs: readonly McpGatewayPolicySpec[]) => asked(...specs).digest;
  const before = words(spec([ask()]));

  const changes: [name: string, changed: McpGatewayPolicySpec][] = [
    ['the rule', spec([ask({ when: ['true'] })])],
    ['the name of the rule', spec([ask({ name: 'other' })])],
    ['the approvers', spec([ask()], { approvals: [{ ...FINANCE, quorum: 1 }] })],
    [
      'how the issuer names people',
      spec([ask()], {
        identity: { ...IDENTITY, issuers: [{ ...CORP, claims: { person: 'employee' } }] },
      }),
    ],
    ['a second rule that asks', spec([ask(), ask({ name: 'b' })])],
  ];
  for (const [name, changed] of changes) {
    it(`change with ${name}`, () => {
      expect(words(changed)).not.to.equal(before);
    });
  }

  it('change with a second policy that asks', () => {
    expect(words(spec([ask()]), spec([ask()]))).not.to.equal(before);
  });

  it('stay when another part of the policy changes', () => {
    const more = { limits: { maxStreams: 1 }, approvals: [{ ...FINANCE, name: 'b' }, FINANCE] };

    expect(words(spec([ask(), allow({ match: { tools: ['x'] } })], more))).to.equal(before);
  });
});

describe('a policy with approvals', () => {
  const problems = (...specs: readonly McpGatewayPolicySpec[]) => {
    const compiled = compile(...specs);
    return compiled.ok ? [] : compiled.problems.map(({ path, message }) => `${path}: ${message}`);
  };
  const AT = 'spec.identity.approvalAudience';

  const cases: [name: string, more: McpGatewayPolicySpec, problem: RegExp][] = [
    ['no audience', { identity: { issuers: [CORP] } }, new RegExp(`^${AT}: must be given`)],
    [
      'the audience of a public URL',
      { server: { publicUrls: [`${AUDIENCE}/`] } },
      new RegExp(`^${AT}: must differ`),
    ],
    [
      'an audience that an issuer gives for MCP',
      {
        identity: {
          ...IDENTITY,
          issuers: [{ ...CORP, audiences: ['https://APPROVALS.example'] }],
        },
      },
      new RegExp(`^${AT}: must differ`),
    ],
    [
      'approvers that nobody can tell from the requester',
      { identity: { ...IDENTITY, issuers: [{ name: 'corp', issuer: CORP.issuer }] } },
      /^spec\.approvals\[0\]\.approvers\.issuer: needs claims\.person/,
    ],
    [
      'fewer approvers than it asks for',
      { approvals: [{ ...FINANCE, approvers: { subjects: ['zoe'] } }] },
      /^spec\.approvals\[0\]\.quorum: /,
    ],
  ];
  for (const [name, more, problem] of cases) {
    it(`is refused with ${name}`, () => {
      expect(problems(spec([ask()], more)).join('\n')).to.match(problem);
    });
  }

  it('is refused beside one whose approvers sign in for something else', () => {
    const other = { ...IDENTITY, approvalAudience: 'https://other.example' };

    expect(problems(spec([ask()]), spec([ask()], { identity: other }))).to.deep.equal([
      `${AT}: must be as in policy p0: approvers sign in once`,
    ]);
  });

  it('is refused beside one that takes the audience of approvers for MCP', () => {
    const mcp = {
      issuers: [{ name: 'lab', issuer: 'https://lab.example', audiences: [AUDIENCE] }],
    };
    const approvals = [{ ...FINANCE, approvers: { groups: ['finance'], issuer: 'corp' } }];

    const found = problems(spec([ask()], { approvals }), { identity: mcp });

    expect(found.join('\n')).to.match(new RegExp(`${AT}: must differ`));
  });

  it('cannot take tokens for where its server is really dialled', () => {
    const compiled = policy(spec([ask()]));

    expect(approvalAudienceProblem(compiled, ['https://payments.example/mcp'])).to.equal(undefined);
    expect(approvalAudienceProblem(compiled, [AUDIENCE])).to.match(/must differ/);
  });

  it('warns of issuers whose people could never be granted anything', () => {
    const lab = { name: 'lab', issuer: 'https://lab.example' };
    const approvals = [{ ...FINANCE, approvers: { groups: ['finance'], issuer: 'corp' } }];
    const identity = { ...IDENTITY, issuers: [CORP, lab] };
    const warned = (issuer: string) => {
      const compiled = compile(spec([ask({ subjects: { issuer } })], { identity, approvals }));
      return compiled.ok ? compiled.warnings.map(({ path }) => path) : compiled.problems;
    };

    expect(warned('lab')).to.deep.equal(['spec.identity.issuers[1].claims.person']);
    expect(warned('corp')).to.deep.equal([]);
  });

  it('warns of rules that ask for ServiceAccounts alone, which are no people', () => {
    const serviceAccounts = [{ namespace: 'ci', name: 'runner' }];
    const accounts = ask({ subjects: { issuer: 'kubernetes' } });
    const people = ask({ name: 'b', subjects: { issuer: 'corp' } });
    const only = compile(spec([people, accounts], { identity: { ...IDENTITY, serviceAccounts } }));
    const beside = compile(spec([ask()]), {
      identity: { serviceAccounts, approvalAudience: AUDIENCE },
      approvals: [{ ...FINANCE, approvers: { groups: ['finance'], issuer: 'corp' } }],
      rules: [ask()],
    });

    const warned = [only, beside].map((each) =>
      each.ok
        ? each.warnings.map(({ document: at, path }) => `${at} ${path}`)
        : each.problems.map(({ path, message }) => `${path}: ${message}`),
    );

    expect(warned).to.deep.equal([['0 spec.rules[1].subjects'], ['1 spec.rules[0].subjects']]);
  });

  it('warns of approvers none of whom could ask for anything', () => {
    const warned = (approvers: object) => {
      const compiled = compile(spec([ask()], { approvals: [{ ...FINANCE, approvers }] }));
      return compiled.ok ? compiled.warnings.map(({ path }) => path) : compiled.problems;
    };

    expect(warned({ subjects: ['zoe', 'bob'] })).to.deep.equal([
      'spec.approvals[0].approvers.subjects',
    ]);
    expect(warned({ subjects: ['zoe', 'bob', 'carol'] })).to.deep.equal([]);
    expect(warned({ subjects: ['zoe', 'bob'], groups: ['finance'] })).to.deep.equal([]);
  });
});
