import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { UsageError } from './command.ts';
import { policyTest } from './policy-test.ts';

const POLICY = `apiVersion: gatehouse.dev/v1alpha1
kind: McpGatewayPolicy
metadata: {name: payments}
spec:
  identity: {issuers: [{name: corp, issuer: "https://idp.example"}]}
  rules:
  - {name: read, effect: Allow, match: {tools: ["get_*"]}}
  - {name: refunds, effect: Allow, match: {tools: [refund]}, subjects: {groups: [support]}}
  - {name: cap, effect: Deny, match: {tools: [refund]}, when: ["args.amount > 50"]}
  - {name: docs, effect: Allow, match: {resources: ["file:///docs/**"]}}
  - {name: ask, effect: Allow, match: {methods: [sampling/createMessage]}}
`;

describe('gatehouse policy test', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-policy-test-'));
    await writeFile(join(folder, 'policy.yaml'), POLICY);
  });

  afterEach(() => rm(folder, { recursive: true }));

  async function run(cases: string): Promise<{ code: number; out: string[]; err: string[] }> {
    const file = join(folder, 'cases.yaml');
    await writeFile(file, cases);
    return call([join(folder, 'policy.yaml'), '--cases', file]);
  }

  async function call(args: readonly string[]) {
    let out = '';
    let err = '';
    const code = await policyTest.run(args, {
      stdout: (text) => {
        out += text;
      },
      stderr: (text) => {
        err += text;
      },
      env: {},
      stop: new AbortController().signal,
    });
    const lines = (text: string): string[] =>
      text.replaceAll(`${folder}/`, '').split('\n').slice(0, -1);
    return { code, out: lines(out), err: lines(err) };
  }

  it('prints what is decided and exits 0 when all is as expected', async () => {
    const result = await run(`cases:
- name: anyone reads
  call: {tool: get_user}
  expect: {effect: Allow, rule: read}
- name: support refunds
  principal: {groups: [support]}
  call: {tool: refund, arguments: {amount: 50}}
  expect: {effect: Allow, rule: payments/refunds}
- name: but not much
  principal: {subject: ada, issuer: corp, groups: [support], actors: [bot, {subject: x}]}
  call: {tool: refund, arguments: {amount: 51}}
  expect: {effect: Deny, rule: cap, visible: true}
- name: others do not see it
  call: {tool: refund, arguments: {amount: 1}}
  expect: {effect: Deny, visible: false}
- name: documents
  call: {resource: "file:///docs/a"}
  expect: {effect: Allow, visible: true}
- name: following documents
  call: {method: resources/subscribe, resource: "file:///docs/a"}
  expect: {effect: Allow, rule: docs}
- name: handshake
  call: {method: initialize}
  expect: {effect: Allow, rule: plumbing}
- name: notifications
  call: {method: notifications/initialized}
  expect: {effect: Allow}
- name: the server asks
  call: {method: sampling/createMessage}
  expect: {effect: Allow, rule: ask}
- name: a stranger
  principal: {issuer: "https://other.example"}
  call: {tool: get_user}
  expect: {effect: Deny}
`);

    expect(result).to.deep.equal({
      code: 0,
      err: [],
      out: [
        'ok  anyone reads          Allow payments/read',
        'ok  support refunds       Allow payments/refunds',
        'ok  but not much          Deny payments/cap (visible)',
        'ok  others do not see it  Deny (hidden)',
        'ok  documents             Allow payments/docs (visible)',
        'ok  following documents   Allow payments/docs',
        'ok  handshake             Allow plumbing',
        'ok  notifications         Allow plumbing',
        'ok  the server asks       Allow payments/ask',
        'ok  a stranger            Deny',
        '10 passed, 0 failed',
      ],
    });
  });

  it('exits 1 when anything is decided otherwise, and says what', async () => {
    const result = await run(`cases:
- {name: effect, call: {tool: get_user}, expect: {effect: Deny}}
- {name: rule, call: {tool: get_user}, expect: {effect: Allow, rule: other}}
- {name: visible, call: {tool: refund}, expect: {effect: Deny, visible: true}}
- {name: right, call: {tool: nope}, expect: {effect: Deny}}
`);

    expect(result).to.deep.equal({
      code: 1,
      err: [],
      out: [
        'FAIL  effect   Allow payments/read, expected Deny',
        'FAIL  rule     Allow payments/read, expected Allow other',
        'FAIL  visible  Deny payments/cap (hidden), expected Deny (visible)',
        'ok    right    Deny',
        '1 passed, 3 failed',
      ],
    });
  });

  const malformed: { name: string; cases: string; errors: string[] }[] = [
    { name: 'an empty file', cases: '', errors: ['cases.yaml:1:: holds no cases'] },
    {
      name: 'YAML that cannot be read',
      cases: 'cases:\n- {name: a\n',
      errors: [],
    },
    {
      name: 'two documents',
      cases: 'cases: []\n---\ncases: []\n',
      errors: ['cases.yaml:3:: is a second document'],
    },
    {
      name: 'a list',
      cases: '- a\n',
      errors: ['cases.yaml:1:: must be an object', 'cases.yaml:1:: must have cases'],
    },
    {
      name: 'no cases',
      cases: 'cases: []\n',
      errors: ['cases.yaml:1:cases: must be a list of cases'],
    },
    {
      name: 'a case without its parts',
      cases: 'cases:\n- principal: {}\n',
      errors: [
        'cases.yaml:2:cases[0]: must have name',
        'cases.yaml:2:cases[0]: must have call',
        'cases.yaml:2:cases[0]: must have expect',
      ],
    },
    {
      name: 'mistyped fields',
      cases: `cases:
- name: a
  principal: {group: [a]}
  call: {tol: x, tool: z}
  expect: {efect: Allow}
`,
      errors: [
        'cases.yaml:3:cases[0].principal.group: is not a field here; did you mean groups?',
        'cases.yaml:4:cases[0].call.tol: is not a field here; did you mean tool?',
        'cases.yaml:5:cases[0].expect.efect: is not a field here; did you mean effect?',
        'cases.yaml:5:cases[0].expect: must have effect',
      ],
    },
    {
      name: 'values of the wrong kind',
      cases: `cases:
- name: a
  principal:
    groups: a
    claims: [1]
    actors: [{issuer: x}]
  call: {tool: 1, arguments: [1]}
  expect: {effect: Maybe, visible: 1}
`,
      errors: [
        'cases.yaml:4:cases[0].principal.groups: must be a list of texts',
        'cases.yaml:5:cases[0].principal.claims: must be an object of JSON values',
        'cases.yaml:6:cases[0].principal.actors: must be a list of subjects, or of objects with subject and issuer',
        'cases.yaml:7:cases[0].call.tool: must be text',
        'cases.yaml:7:cases[0].call.arguments: must be an object of JSON values',
        'cases.yaml:8:cases[0].expect.effect: must be Allow or Deny or RequireApproval',
        'cases.yaml:8:cases[0].expect.visible: must be true or false',
      ],
    },
    {
      name: 'a call of two things',
      cases: 'cases:\n- {name: a, call: {tool: x, prompt: z}, expect: {effect: Deny}}\n',
      errors: [
        'cases.yaml:2:cases[0].call: must have exactly one of tool, prompt, resource and method',
      ],
    },
    {
      name: 'a call that is no message of MCP',
      cases: 'cases:\n- {name: a, call: {method: tools/call}, expect: {effect: Deny}}\n',
      errors: ['cases.yaml:2:cases[0].call: params.name must be a string of 1 to 1024 characters'],
    },
    {
      name: 'arguments of nothing',
      cases:
        'cases:\n- {name: a, call: {resource: "x:y", arguments: {}}, expect: {effect: Deny}}\n',
      errors: [
        'cases.yaml:2:cases[0].call.arguments: go with a tool or a prompt; write params otherwise',
      ],
    },
  ];
  for (const { name, cases, errors } of malformed) {
    it(`exits 2 and says where for ${name}`, async () => {
      const { code, out, err } = await run(cases);

      expect({ code, out }).to.deep.equal({ code: 2, out: [] });
      if (errors.length > 0) expect(err).to.deep.equal(errors);
      expect(err).to.not.deep.equal([]);
    });
  }

  it('exits 2 and says where the policy is wrong', async () => {
    const bad = join(folder, 'bad.yaml');
    await writeFile(bad, POLICY.replace('args.amount > 50', 'arg.amount > 50'));

    expect(await call([bad, '--cases', join(folder, 'none.yaml')])).to.deep.equal({
      code: 2,
      out: [],
      err: ['bad.yaml:9:spec.rules[2].when[0]: rule cap: Unknown variable: arg'],
    });
  });

  it('exits 2 when the cases cannot be read', async () => {
    const { code, err } = await call([
      join(folder, 'policy.yaml'),
      '--cases',
      join(folder, 'none.yaml'),
    ]);

    expect({ code, err }).to.deep.equal({
      code: 2,
      err: ['none.yaml:1:: cannot be read (ENOENT); name a file of cases'],
    });
  });

  it('asks which issuer where the policy accepts several', async () => {
    const policy = join(folder, 'two.yaml');
    const issuers = '{name: corp, issuer: "https://idp.example"}';
    await writeFile(
      policy,
      POLICY.replace(issuers, `${issuers}, {name: lab, issuer: "https://lab.example"}`).replace(
        'subjects: {',
        'subjects: {issuer: corp, ',
      ),
    );
    const cases = join(folder, 'cases.yaml');
    const text = 'cases:\n- {name: a, call: {tool: get_x}, expect: {effect: Allow}}\n';
    await writeFile(cases, text);

    expect((await call([policy, '--cases', cases])).err).to.deep.equal([
      'cases.yaml:2:cases[0].principal.issuer: must be given, since the policy accepts several',
    ]);
  });

  it('needs a file and cases', async () => {
    for (const args of [[], ['p.yaml'], ['--cases', 'c.yaml']]) {
      const failure = await call(args).then(
        () => undefined,
        (error: unknown) => error,
      );

      expect(failure).to.be.instanceOf(UsageError);
    }
  });
});
