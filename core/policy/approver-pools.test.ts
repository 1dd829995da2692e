import { expect } from 'chai';
import type { ApprovalConfig, McpGatewayPolicySpec, Rule } from '#crds/policy.ts';
import { compileWhole } from './compile.ts';
import { document } from './policies.fixture.ts';

const CORP = {
  name: 'corp',
  issuer: 'https://idp.example',
  claims: { person: 'email' },
} as const;
const LAB = { ...CORP, name: 'lab', issuer: 'https://lab.example' };

function found(
  approval: Partial<ApprovalConfig>,
  subjects: Rule['subjects'],
  issuers: NonNullable<McpGatewayPolicySpec['identity']>['issuers'] = [CORP],
) {
  const compiled = compileWhole([
    document({
      identity: { issuers, approvalAudience: 'https://approvals.example' },
      approvals: [{ name: 'finance', approvers: { subjects: ['ann', 'ben'] }, ...approval }],
      rules: [
        {
          name: 'refunds',
          effect: 'RequireApproval',
          match: { tools: ['refund'] },
          approval: 'finance',
          ...(subjects === undefined ? {} : { subjects }),
        },
      ],
    }),
  ]);
  const paths = (found: readonly { readonly path: string }[]) => found.map(({ path }) => path);
  return compiled.ok
    ? { problems: [], warnings: paths(compiled.warnings) }
    : { problems: paths(compiled.problems), warnings: [] };
}

const APPROVERS = 'spec.approvals[0].approvers.subjects';

describe('people who are named for an approval', () => {
  it('are refused where none of those who may ask could ever be granted it', () => {
    expect(found({ quorum: 2 }, { subjects: ['ann'] }).problems).to.deep.equal([APPROVERS]);
    expect(found({ quorum: 2 }, { subjects: ['ann', 'ben'] }).problems).to.deep.equal([APPROVERS]);
    expect(
      found({ approvers: { subjects: ['ann'] } }, { subjects: ['ann'] }).problems,
    ).to.deep.equal([APPROVERS]);
  });

  it('will do where others may ask, or enough of them are left', () => {
    expect(found({ quorum: 2 }, { subjects: ['ann', 'zoe'] }).problems).to.deep.equal([]);
    expect(found({ quorum: 2 }, undefined).problems).to.deep.equal([]);
    expect(found({ quorum: 1 }, { subjects: ['ann', 'ben'] }).problems).to.deep.equal([]);
  });

  it('may be joined by a group, whose people nobody knows here', () => {
    const approvers = { subjects: ['ann'], groups: ['finance'] };

    expect(found({ approvers, quorum: 2 }, { subjects: ['ann'] }).problems).to.deep.equal([]);
  });

  it('are others than those of the same name at another issuer', () => {
    const approvers = { issuer: 'corp', subjects: ['ann'] };
    const issuers = [CORP, LAB];

    expect(
      found({ approvers }, { issuer: 'lab', subjects: ['ann'] }, issuers).problems,
    ).to.deep.equal([]);
    expect(
      found({ approvers }, { issuer: 'corp', subjects: ['ann'] }, issuers).problems,
    ).to.deep.equal([APPROVERS]);
  });

  it('are warned of where the only one may also go around the approval', () => {
    const alone = { approvers: { subjects: ['ann'] } };
    const warned = 'spec.approvals[0].breakGlass.subjects';

    expect(found({ ...alone, breakGlass: { subjects: ['ann'] } }, undefined).warnings).to.include(
      warned,
    );
    expect(
      found({ ...alone, breakGlass: { subjects: ['ben'] } }, undefined).warnings,
    ).to.not.include(warned);
    expect(found({ breakGlass: { subjects: ['ann'] } }, undefined).warnings).to.not.include(warned);
  });

  it('of breakGlass must be told apart from requesters too', () => {
    const { person: _, ...claims } = CORP.claims;
    const issuers = [CORP, { ...LAB, claims }];
    const approval = {
      approvers: { issuer: 'corp', groups: ['finance'] },
      breakGlass: { issuer: 'lab', groups: ['oncall'] },
    };

    expect(
      found(approval, { issuer: 'corp', groups: ['support'] }, issuers).problems,
    ).to.deep.equal(['spec.approvals[0].breakGlass.issuer']);
  });
});
