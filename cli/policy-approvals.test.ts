// What `policy explain`, `test` and `validate` say of rules that ask for an approval.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Command } from './command.ts';
import { policyExplain } from './policy-explain.ts';
import { policyTest } from './policy-test.ts';
import { policyValidate } from './policy-validate.ts';

const POLICY = `apiVersion: gatehouse.dev/v1alpha1
kind: McpGatewayPolicy
metadata: {name: payments}
spec:
  identity:
    issuers: [{name: corp, issuer: "https://idp.example", claims: {person: email}}]
    approvalAudience: https://approvals.example
  rules:
  - {name: refunds, effect: RequireApproval, match: {tools: [refund]}, approval: finance}
  approvals:
  - {name: finance, approvers: {groups: [finance], subjects: [zoe]}, quorum: 2}
`;
const CALL = '{"tool":"refund","arguments":{"amount":20}}';

describe('a policy that asks for approvals', () => {
  let folder: string;
  let policy: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-policy-approvals-'));
    policy = join(folder, 'policy.yaml');
    await writeFile(policy, POLICY);
  });

  afterEach(() => rm(folder, { recursive: true }));

  async function run(command: Command, ...args: readonly string[]) {
    let out = '';
    const print = (text: string) => {
      out += text;
    };
    const stop = new AbortController().signal;
    const code = await command.run(args, { stdout: print, stderr: print, env: {}, stop });
    return { code, out: out.replaceAll(`${folder}/`, '') };
  }

  const explain = (principal: string, ...more: readonly string[]) =>
    run(policyExplain, policy, '--principal', principal, '--call', CALL, ...more);

  it('is explained: whose word it takes, how long it waits and what a grant allows', async () => {
    const { code, out } = await explain('{"person":"ada@corp.example"}');

    expect(code).to.equal(0);
    expect(out.split('\n').slice(0, 5)).to.deep.equal([
      'RequireApproval payments/refunds',
      '  finance: 2 of group finance, zoe (https://idp.example)',
      '  waits 900 s; allows this one call, with exactly these arguments, within 300 s of the approval',
      '',
      'tools/call refund (visible)',
    ]);
    expect(out).to.include('policy payments: asks for an approval');
  });

  it('is explained to people who cannot even ask', async () => {
    const { out } = await explain('{}');
    const json = JSON.parse((await explain('{}', '--json')).out);

    expect(out).to.match(/^ {2}refused all the same: .*person claim/m);
    expect(json.cannotAsk).to.be.a('string');
    expect(json.terms.needs[0]).to.include({ approval: 'finance', quorum: 2 });
  });

  it('is tested: who is asked', async () => {
    const cases = join(folder, 'cases.yaml');
    await writeFile(
      cases,
      `cases:
- name: finance is asked
  call: {tool: refund}
  expect: {effect: RequireApproval, rule: refunds, approval: finance}
- name: legal is not
  call: {tool: refund}
  expect: {effect: RequireApproval, approval: legal}
`,
    );

    const { code, out } = await run(policyTest, policy, '--cases', cases);

    expect(code).to.equal(1);
    expect(out.split('\n')).to.deep.equal([
      'ok    finance is asked  RequireApproval payments/refunds (asks finance)',
      'FAIL  legal is not      RequireApproval payments/refunds (asks finance), expected RequireApproval (asks legal)',
      '1 passed, 1 failed',
      '',
    ]);
  });

  const wrong: readonly [name: string, find: string, put: string, says: RegExp][] = [
    [
      'names no approval',
      'approval: finance}',
      'approval: legal}',
      /:9:spec\.rules\[0\]\.approval: /,
    ],
    [
      'has no audience for approvers',
      '    approvalAudience: https://approvals.example\n',
      '',
      /spec\.identity\.approvalAudience: must be given/,
    ],
    [
      'lets tokens for MCP approve',
      'claims: {person: email}',
      'claims: {person: email}, audiences: ["https://approvals.example"]',
      /audiences: must not contain approvalAudience/,
    ],
    [
      'cannot tell people apart',
      ', claims: {person: email}',
      '',
      /:11:spec\.approvals\[0\]\.approvers\.issuer: needs claims\.person/,
    ],
    [
      'asks for more people than it names',
      'groups: [finance], ',
      '',
      /:11:spec\.approvals\[0\]\.quorum: /,
    ],
    [
      'lets people of an issuer that nobody knows go on without a decision',
      'quorum: 2',
      'quorum: 2, breakGlass: {issuer: elsewhere, groups: [oncall]}',
      /:11:spec\.approvals\[0\]\.breakGlass\.issuer: must be the name of an entry/,
    ],
  ];
  for (const [name, find, put, says] of wrong) {
    it(`is not valid when it ${name}`, async () => {
      expect(POLICY).to.include(find);
      await writeFile(policy, POLICY.replace(find, put));

      const { code, out } = await run(policyValidate, policy);

      expect(code).to.equal(1);
      expect(out).to.match(says);
    });
  }

  it('is valid otherwise', async () => {
    expect(await run(policyValidate, policy)).to.deep.equal({ code: 0, out: '' });
  });
});
