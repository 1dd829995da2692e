import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type CliResult, gatehouse } from '#e2e/demo/cli.ts';
import { start as startLegacy } from '#e2e/servers/legacy-fixture.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { readRecords } from './evidence.ts';
import { LegacySession } from './legacy-session.ts';
import { type Rig, startRig } from './rig.ts';
import { messageOf, send } from './wire.ts';

const EX_CONFIG = 78;

/** A policy that loads; each case below adds one thing that Gatehouse does not know. */
const policy = (lines: string): string => `apiVersion: gatehouse.dev/v1alpha1
kind: McpGatewayPolicy
metadata: {name: unknown}
spec:
  identity: {issuers: [{name: corp, issuer: "http://127.0.0.1:1"}]}
${lines}`;

const unknowns: readonly {
  readonly name: string;
  readonly text: string;
  readonly says: readonly RegExp[];
}[] = [
  {
    name: 'fields and values that the contract does not have',
    text: policy(`  rules:
  - {name: a, effect: Deny, match: {tool: [x]}}
  - name: b
    effect: Permit
`),
    says: [
      /policy\.yaml:7:spec\.rules\[0\]\.match\.tool: .*tools/,
      /policy\.yaml:9:spec\.rules\[1\]\.effect: /,
    ],
  },
  {
    name: 'fields and values that this build does not carry out yet',
    text: policy(`  server: {tls: {secretName: a}}
  evidence: {retentionDays: 30}
`),
    says: [
      /policy\.yaml:6:spec\.server\.tls: .*not carried out/,
      /policy\.yaml:7:spec\.evidence\.retentionDays: .*not carried out/,
    ],
  },
  {
    name: 'detectors that nobody has',
    text: policy(`  masking:
  - {name: a, detectors: [email, passport], action: Redact}
`),
    says: [/policy\.yaml:7:spec\.masking\[0\]\.detectors\[1\]: /],
  },
  {
    name: 'patterns that RE2 would not compile and paths that are none',
    text: policy(`  masking:
  - name: a
    action: Redact
    patterns:
    - "EMP-[0-9]{6}"
    - "(?=x)"
    - "(a)\\\\1"
    fields: ["**.salary", a..b]
`),
    says: [
      /policy\.yaml:11:spec\.masking\[0\]\.patterns\[1\]: /,
      /policy\.yaml:12:spec\.masking\[0\]\.patterns\[2\]: /,
      /policy\.yaml:13:spec\.masking\[0\]\.fields\[1\]: must be names between single dots/,
    ],
  },
  {
    name: 'expressions that cannot be evaluated and patterns that can match nothing',
    text: policy(`  rules:
  - name: a
    effect: Allow
    when:
    - "args.x =="
    - 'user.name == "x"'
    match:
      resources: [secret.txt]
`),
    says: [
      /policy\.yaml:10:spec\.rules\[0\]\.when\[0\]: /,
      /policy\.yaml:11:spec\.rules\[0\]\.when\[1\]: /,
      /policy\.yaml:13:spec\.rules\[0\]\.match\.resources\[0\]: can never match/,
    ],
  },
  {
    name: 'a key that is there twice',
    text: policy('  mode: Enforce\n  mode: Observe\n'),
    says: [/policy\.yaml:7:spec\.mode: /],
  },
  { name: 'a file that is not there', text: '', says: [/policy\.yaml:1:.*: /] },
];

// Promise 4: unknown means no.
describe('what Gatehouse does not know', () => {
  describe('in a policy', () => {
    let directory: string;
    let refused: ReadonlyMap<string, CliResult>;
    before(async function () {
      this.timeout(60_000);
      directory = await mkdtemp(join(tmpdir(), 'gatehouse-unknown-'));
      // Side by side, since each of them starts a program.
      refused = new Map(
        await Promise.all(unknowns.map(async ({ name, text }) => [name, await run(text)] as const)),
      );
    });
    after(() => rm(directory, { recursive: true }));

    for (const { name, says } of unknowns) {
      it(`keeps it from starting, and is named with its place: ${name}`, () => {
        const { code, stderr = '' } = refused.get(name) ?? {};

        expect(code).to.equal(EX_CONFIG);
        const lines = stderr.split('\n');
        for (const said of says) {
          expect(
            lines.filter((line) => said.test(line)),
            stderr,
          ).to.have.length(1);
        }
      });
    }

    it('leaves evidence that says so, and verifies', async () => {
      const { data, trust } = await run(policy('  mode: Maybe\n'));

      const verified = await gatehouse('evidence', 'verify', data, '--trust', trust, '--json');

      expect(JSON.parse(verified.stdout)).to.include({ verdict: 'verified' });
      expect(JSON.parse(verified.stdout).problems).to.deep.equal([]);
      const last = (await readRecords(data)).at(-1);
      expect(last).to.deep.include({ type: 'lane.close', detail: { reason: 'did not start' } });
    });

    it('is told by `policy validate` in the same words, without a line too many', async () => {
      const file = join(directory, 'policy.yaml');
      await writeFile(file, policy('  rules:\n  - {name: a, effect: Deny, match: {tool: [x]}}\n'));

      const { code, stdout, stderr } = await gatehouse('policy', 'validate', file);

      expect(code).to.equal(1);
      expect((stdout + stderr).match(/policy\.yaml:\d+:/g)).to.have.length(1);
    });

    async function run(text: string) {
      const folder = await mkdtemp(join(directory, 'case-'));
      const [file, data] = [join(folder, 'policy.yaml'), join(folder, 'data')];
      const trust = join(folder, 'trust.pub');
      if (text !== '') await writeFile(file, text);
      const result = await gatehouse(
        ...['run', '--policy', file, '--upstream', 'http://127.0.0.1:9/mcp'],
        ...['--data', data, '--trust-key', trust],
      );
      return { ...result, data, trust };
    }
  });

  describe('on the wire', () => {
    let rig: Rig<Fixture>;
    before(async () => {
      rig = await startRig({
        server: startLegacy,
        specs: [{ rules: [{ name: 'all', effect: 'Allow', match: { tools: ['*'] } }] }],
      });
    });
    after(() => rig.close());

    const messages: readonly {
      readonly name: string;
      readonly method: string;
      readonly code: number;
      readonly params?: object;
    }[] = [
      { name: 'a method of no revision', method: 'tools/destroy', code: -32601 },
      {
        name: 'a method of no revision that looks like a call',
        method: 'tools/call ',
        code: -32601,
        params: { name: 'counter', arguments: {} },
      },
      { name: 'a method in capitals', method: 'Tools/Call', code: -32601 },
      { name: 'a method of servers', method: 'sampling/createMessage', code: -31001 },
      { name: 'a method without any rule', method: 'logging/setLevel', code: -31001 },
    ];

    for (const { name, method, code, params = {} } of messages) {
      it(`is refused and stays here: ${name}`, async () => {
        const session = await LegacySession.open(rig.url, await rig.token());
        const before = rig.server.journal.read().requests.length;

        const answer = await session.post({ id: 1, method, params });

        expect({ status: answer.status, code: messageOf(answer).error?.code }).to.deep.equal({
          status: 200,
          code,
        });
        expect(rig.server.journal.read().requests.length).to.equal(before);
      });
    }

    it('is refused when it is the revision that a client names', async () => {
      const session = await LegacySession.open(rig.url, await rig.token());
      const before = rig.server.journal.read().requests.length;
      const headers = session
        .headers()
        .map(([name, value]) =>
          name === 'mcp-protocol-version'
            ? ([name, '2099-01-01'] as const)
            : ([name, value] as const),
        );

      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
      const answer = await send(rig.url, { headers, body });

      expect({ status: answer.status, code: messageOf(answer).error?.code }).to.deep.equal({
        status: 400,
        code: -32022,
      });
      expect(rig.server.journal.read().requests.length).to.equal(before);
    });
  });
});
