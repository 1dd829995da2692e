import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernTransport,
} from '@modelcontextprotocol/client';
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as LegacyTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { expect } from 'chai';
import { CUSTOMER } from '#e2e/servers/content/demo-tools.ts';
import { start as startLegacy } from '#e2e/servers/legacy-fixture.ts';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { type Rig, type Spec, startRig } from './rig.ts';

type Action = NonNullable<Spec['masking']>[number]['action'];

const INFO = { name: 'journey', version: '1.0.0' };

interface Result {
  readonly content?: readonly { readonly text?: string }[];
  readonly structuredContent?: unknown;
  readonly isError?: boolean;
}

/** An official client that has listed the tools, and so holds results to their schemas. */
interface Official {
  call(name: string, args: Record<string, unknown>): Promise<Result>;
  close(): Promise<void>;
}

async function legacy(url: string, token: string): Promise<Official> {
  const client = new LegacyClient(INFO);
  const transport = new LegacyTransport(new URL(url), headed(token));
  await client.connect(transport as Parameters<typeof client.connect>[0]);
  await client.listTools();
  return {
    call: async (name, args) => (await client.callTool({ name, arguments: args })) as Result,
    close: () => client.close(),
  };
}

async function modern(url: string, token: string): Promise<Official> {
  const client = new ModernClient(INFO, { versionNegotiation: { mode: 'auto' } });
  const transport = new ModernTransport(new URL(url), headed(token));
  await client.connect(transport as Parameters<typeof client.connect>[0]);
  await client.listTools();
  return {
    call: async (name, args) => (await client.callTool({ name, arguments: args })) as Result,
    close: () => client.close(),
  };
}

function headed(token: string) {
  return { requestInit: { headers: { authorization: `Bearer ${token}` } } };
}

function spec(action: Action): Spec {
  return {
    rules: [{ name: 'all', effect: 'Allow', match: { tools: ['*'] } }],
    masking: [
      { name: 'pii', detectors: ['email', 'credit_card', 'us_ssn'], action },
      { name: 'salary', fields: ['**.salary'], action: action === 'Drop' ? 'Redact' : action },
    ],
  };
}

const ERAS = [
  { era: 'legacy', connect: legacy, server: startLegacy },
  { era: 'modern', connect: modern, server: startModern },
] as const;

for (const { era, connect, server } of ERAS) {
  describe(`the official client of the ${era} era`, () => {
    let rig: Rig<Fixture>;
    let client: Official;
    before(async () => {
      rig = await startRig<Fixture>({ server: () => server(), specs: [spec('Redact')] });
      client = await connect(rig.url, await rig.token());
    });
    after(async () => {
      await client?.close();
      await rig?.close();
    });

    for (const action of ['Redact', 'Partial', 'Hash', 'Drop'] as const) {
      it(`takes content that is masked by ${action}: it fits the schema of the tool`, async () => {
        await rig.activate({
          ...spec(action),
          limits: { requestsPerMinute: 1000 + action.length },
        });

        const {
          content = [],
          structuredContent,
          isError,
        } = await client.call('customer', { id: 'c1' });

        expect(isError ?? false).to.equal(false);
        const said = JSON.stringify({ content, structuredContent });
        for (const value of Object.values(CUSTOMER)) expect(said).to.not.include(value);
        expect(said).to.not.include('123456');
        expect(structuredContent).to.include({ id: 'c1', since: '2019-04-01' });
        expect(said).to.include('likes tea');
      });
    }

    it('reads the same in the text that repeats the content', async () => {
      await rig.activate(spec('Redact'));

      const { content = [], structuredContent } = await client.call('customer', { id: 'c2' });

      expect(JSON.parse(content[0]?.text ?? '')).to.deep.equal(structuredContent);
    });

    it('is told why, when the arguments hold what a rule blocks, and the server never sees them', async () => {
      await rig.activate(spec('Block'));
      rig.server.journal.clear();

      const result = await client.call('echo', { message: `pay with ${CUSTOMER.card}` });

      expect(result.isError).to.equal(true);
      expect(result.content?.[0]?.text).to.match(/masking rule credit_card blocks/);
      expect(rig.server.journal.executions('echo')).to.equal(0);
      const requests = rig.server.journal
        .read()
        .requests.map(({ bodyBase64 }) => Buffer.from(bodyBase64, 'base64').toString());
      expect(requests.join()).to.not.include('8888');
    });

    it('is told why, when the answer holds what a rule blocks', async () => {
      const result = await client.call('customer', { id: 'c3' });

      expect(result.isError).to.equal(true);
      expect(JSON.stringify(result)).to.not.include('8888');
      const calls = await rig.concluded('tool:customer', 6);
      expect(calls.at(-1)?.outcome?.outcome).to.include({
        status: 'withheld',
        refusal: 'content_withheld',
      });
      expect(calls.at(-1)?.outcome?.masking).to.include({ withheld: 'blocked' });
    });
  });
}
