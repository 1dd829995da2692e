import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { UsageError } from './command.ts';
import { policyExplain } from './policy-explain.ts';

const POLICY = `apiVersion: gatehouse.dev/v1alpha1
kind: McpGatewayPolicy
metadata: {name: payments}
spec:
  identity: {issuers: [{name: corp, issuer: "https://idp.example"}]}
  rules:
  - {name: read, effect: Allow, match: {tools: ["get_*"]}}
  - {name: refunds, effect: Allow, match: {tools: [refund]}, subjects: {groups: [support], scopes: [pay]}}
  - {name: cap, effect: Deny, match: {tools: [refund]}, when: ["args.amount > 50"]}
`;

describe('gatehouse policy explain', () => {
  let folder: string;
  let policy: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-policy-explain-'));
    policy = join(folder, 'policy.yaml');
    await writeFile(policy, POLICY);
  });

  afterEach(() => rm(folder, { recursive: true }));

  async function run(...args: readonly string[]) {
    let out = '';
    let err = '';
    const code = await policyExplain.run(args, {
      stdout: (text) => {
        out += text;
      },
      stderr: (text) => {
        err += text;
      },
      env: {},
      stop: new AbortController().signal,
    });
    return { code, out, err: err.replaceAll(`${folder}/`, '') };
  }

  function explain(principal: string, call: string, ...more: string[]) {
    return run(policy, '--principal', principal, '--call', call, ...more);
  }

  async function usageError(principal: string, call: string): Promise<string> {
    try {
      await explain(principal, call);
    } catch (error) {
      if (error instanceof UsageError) return error.message;
      throw error;
    }
    return 'none';
  }

  it('prints the decision, and why each rule applies or not', async () => {
    const { code, out } = await explain(
      '{"groups":["support"],"scopes":["pay"]}',
      '{"tool":"refund","arguments":{"amount":20}}',
    );

    expect(code).to.equal(0);
    expect(out).to.equal(`Allow payments/refunds

tools/call refund (visible)
policy payments: allows it
  Deny   payments/cap      does not apply: when[0] is false: args.amount > 50
  Allow  payments/read     does not apply: match
  Allow  payments/refunds  applies
`);
  });

  it('prints what fails, without the values', async () => {
    const { out } = await explain('{}', '{"tool":"refund","arguments":{"amount":"lots"}}');

    expect(out).to.include('Deny payments/cap\n  not known to this caller\n');
    expect(out).to.include('fails: when[0] (no_such_overload): args.amount > 50');
    expect(out).to.not.include('lots');
  });

  it('prints the scopes that would do', async () => {
    const { out } = await explain(
      '{"groups":["support"]}',
      '{"tool":"refund","arguments":{"amount":1}}',
    );

    expect(out).to.include('a token with these scopes would do: pay');
    expect(out).to.include('payments/refunds  does not apply: subjects.scopes');
  });

  it('prints that a list is filtered', async () => {
    const { out } = await explain('{}', '{"method":"tools/list"}');

    expect(out).to.include('Allow plumbing\n  the list is filtered for this caller\n');
  });

  it('prints one JSON object', async () => {
    const { out } = await explain('{}', '{"tool":"get_x"}', '--json');

    expect(JSON.parse(out)).to.deep.include({
      decision: { effect: 'Allow', rule: 'payments/read', obligations: {} },
    });
  });

  it('takes a message as it was sent', async () => {
    const { out } = await explain(
      '{"issuerName":"corp"}',
      '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"get_x"}}',
    );

    expect(out).to.match(/^Allow payments\/read\n/);
  });

  it('says that mode Observe lets it pass', async () => {
    await writeFile(policy, POLICY.replace('spec:', 'spec:\n  mode: Observe'));

    const { out } = await explain('{}', '{"tool":"other"}');

    expect(out).to.include('mode Observe: it passes all the same');
  });

  it('reads principal and call from files', async () => {
    await writeFile(join(folder, 'who.json'), '{"subject":"ada"}');
    await writeFile(join(folder, 'what.json'), '{"tool":"get_x"}');

    const { out } = await explain(`@${folder}/who.json`, `@${folder}/what.json`);

    expect(out).to.match(/^Allow payments\/read\n/);
  });

  it('shows control characters of a name instead of obeying them', async () => {
    const { out } = await explain('{}', '{"tool":"get_\\u001b[2J"}');

    expect(out).to.include('get_\\u{1b}[2J');
  });

  it('does so in JSON too, which stays the same value', async () => {
    const { out } = await explain('{}', '{"tool":"get_\u009b2J"}', '--json');

    expect(out).to.not.include('\u009b');
    expect(JSON.parse(out).questions[0].target).to.equal('get_\u009b2J');
  });

  const faults: [name: string, principal: string, call: string, message: string][] = [
    ['JSON that cannot be read', '{', '{"tool":"x"}', '--principal: '],
    ['a repeated key', '{}', '{"tool":"x","tool":"y"}', '--call: '],
    [
      'a file that is not there',
      '@/nowhere/x',
      '{"tool":"x"}',
      '--principal names a file that cannot be read (ENOENT)',
    ],
    ['no object', '[]', '{"tool":"x"}', '--principal: must be an object'],
    [
      'an unknown field',
      '{"group":["a"]}',
      '{"tool":"x"}',
      '--principal: group: is not a field here; did you mean groups?',
    ],
    [
      'a call of nothing',
      '{}',
      '{}',
      '--call: must have exactly one of tool, prompt, resource and method',
    ],
  ];
  for (const [name, principal, call, message] of faults) {
    it(`names the flag for ${name}, and not its value`, async () => {
      const text = await usageError(principal, call);

      expect(text).to.match(new RegExp(`^${message.replaceAll(/[()?]/g, '\\$&')}`));
    });
  }

  it('exits 2 and says where the policy is wrong', async () => {
    await writeFile(policy, POLICY.replace('effect: Deny', 'effect: Maybe'));

    const { code, out, err } = await explain('{}', '{"tool":"x"}');

    expect({ code, out }).to.deep.equal({ code: 2, out: '' });
    expect(err).to.match(/^policy\.yaml:9:spec\.rules\[2\]\.effect: /);
  });
});
