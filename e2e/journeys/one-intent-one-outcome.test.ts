import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernTransport,
} from '@modelcontextprotocol/client';
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as LegacyTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { expect } from 'chai';
import { start as startLegacy } from '#e2e/servers/legacy-fixture.ts';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { exchangesIn, type Records } from './evidence.ts';
import { LegacySession } from './legacy-session.ts';
import { type Rig, type Spec, startRig } from './rig.ts';
import { samplesOf } from './scrape.ts';
import { until } from './until.ts';
import { jsonHeaders, LEGACY, MODERN, open, type Sent, send } from './wire.ts';

const SPEC: Spec = {
  limits: { callSeconds: 3 },
  rules: [
    { name: 'all', effect: 'Allow', match: { tools: ['*'] } },
    { name: 'asks', effect: 'Allow', match: { methods: ['elicitation/create'] } },
    { name: 'nobody', effect: 'Deny', match: { tools: ['delete_everything'] } },
    { name: 'small', effect: 'Deny', match: { tools: ['refund'] }, when: ['args.amount > 50'] },
  ],
};
const CLIENTS = 3;

interface Sdk {
  call(
    name: string,
    args: object,
    options: { signal?: AbortSignal; onprogress?: () => void },
  ): Promise<unknown>;
  list(): Promise<unknown>;
  close(): Promise<void>;
}

async function legacySdk(url: string, token: string): Promise<Sdk> {
  const client = new LegacyClient(
    { name: 'busy', version: '1' },
    { capabilities: { elicitation: {} } },
  );
  client.setRequestHandler(ElicitRequestSchema, () => ({
    action: 'accept',
    content: { username: 'a', email: 'a@b.example' },
  }));
  const transport = new LegacyTransport(new URL(url), {
    requestInit: { headers: { authorization: `Bearer ${token}` } },
  });
  await client.connect(transport as Parameters<typeof client.connect>[0]);
  return {
    call: (name, args, options) =>
      client.callTool({ name, arguments: { ...args } }, undefined, options),
    list: () => client.listTools(),
    close: () => client.close(),
  };
}

async function modernSdk(url: string, token: string): Promise<Sdk> {
  const client = new ModernClient(
    { name: 'busy', version: '1' },
    { versionNegotiation: { mode: { pin: MODERN } } },
  );
  await client.connect(
    new ModernTransport(new URL(url), {
      requestInit: { headers: { authorization: `Bearer ${token}` } },
    }),
  );
  return {
    call: (name, args, options) => client.callTool({ name, arguments: { ...args } }, options),
    list: () => client.listTools(),
    close: () => client.close(),
  };
}

const ERAS = [
  { era: 'legacy', revision: LEGACY, server: () => startLegacy(), connect: legacySdk },
  { era: 'modern', revision: MODERN, server: () => startModern(), connect: modernSdk },
] as const;

for (const { era, revision, server, connect } of ERAS) {
  describe(`after a busy time with ${era} clients`, () => {
    let rig: Rig<Fixture>;
    let records: Records;
    let metrics: ReadonlyMap<string, number>;
    let log: string;
    before(async () => {
      rig = await startRig({ server, specs: [SPEC] });
      await misbehave();
      await Promise.all(Array.from({ length: CLIENTS }, work));
      await until('an outcome of everything', async () =>
        exchangesIn(await rig.records()).every(({ outcome }) => outcome !== undefined),
      );
      // Counted once a record is durable, which may be after it can be read. If they never agree, a test says where.
      await until('metrics of all that is on record', async () => {
        records = await rig.records();
        metrics = samplesOf(await (await fetch(`${rig.gatehouse.adminUrl}/metrics`)).text());
        return [...countsIn(records)].every(([sample, count]) => metrics.get(sample) === count);
      }).catch(() => {});
      await rig.gatehouse.close();
      log = rig.log();
    });
    after(() => rig?.close());

    /** What one host does: all at once, some of it given up on, some of it too much. */
    const work = async (_: unknown, at: number): Promise<void> => {
      const client = await connect(rig.url, await rig.token(at === 0 ? 'alice' : 'bob'));
      const giveUp = new AbortController();
      const slow = client.call(
        'slow',
        { ms: at === 0 ? 60_000 : 30_000 },
        { signal: giveUp.signal },
      );
      await Promise.allSettled([
        client.list(),
        ...Array.from({ length: 6 }, () => client.call('echo', { message: 'x' }, {})),
        client.call('stream', { n: 5 }, { onprogress: () => undefined }),
        client.call('refund', { amount: 100 }, {}),
        client.call('refund', { amount: 1 }, {}),
        client.call('delete_everything', {}, {}),
        client.call('invented', {}, {}),
        client.call('test_error_handling', {}, {}),
        client.call('test_elicitation', { message: 'x' }, {}),
        client.call('add', { a: 1, b: 2 }, {}),
      ]);
      // One of them waits until the time limit of the policy instead.
      if (at > 0) giveUp.abort();
      await slow.catch(() => undefined);
      await client.close();
    };

    /** What no SDK would send, and a client that leaves in the middle. */
    const misbehave = async (): Promise<void> => {
      const token = await rig.token('alice', { groups: ['mallory'] });
      const headers = jsonHeaders(token, ['mcp-protocol-version', revision]);
      await send(rig.url, { headers, body: '{' });
      await send(rig.url, { headers, body: '[]' });
      await send(rig.url, { headers: jsonHeaders('x'), body: '{}' });
      await send(rig.url, { path: '/other', headers, body: '{}' });
      await send(rig.url, { headers, body: '{"jsonrpc":"2.0","id":1,"method":"invented/method"}' });
      await send(rig.url, {
        headers,
        body: '{"jsonrpc":"2.0","method":"notifications/cancelled"}',
      });
      await send(rig.url, { method: 'GET', headers });
      await leave(headers);
    };

    const leave = async (stateless: Sent['headers']): Promise<void> => {
      const modern = revision === MODERN;
      const mirrors = [
        ['mcp-method', 'tools/call'],
        ['mcp-name', 'slow'],
      ] as const;
      const headers = modern
        ? [...stateless, ...mirrors]
        : (await LegacySession.open(rig.url, await rig.token())).headers();
      const params = { name: 'slow', arguments: { ms: 60_000 }, _meta: modern ? META : {} };
      const body = JSON.stringify({ jsonrpc: '2.0', id: 9, method: 'tools/call', params });
      const gone = new AbortController();
      const left = open(rig.url, { headers, body, signal: gone.signal });
      await until('the slow tool', () => rig.server.journal.read().executed.slow === 1);
      gone.abort();
      await left.then((answer) => answer.destroy()).catch(() => undefined);
    };

    it('every exchange has exactly one intent and one outcome, in this order', () => {
      const wrong = exchangesIn(records).flatMap(({ intent, all }) => {
        const types = all
          .map(({ type }) => type)
          .filter((type) => type === 'intent' || type === 'outcome');
        return types.join() === 'intent,outcome' ? [] : [[intent.message, types]];
      });
      const intents = new Set(exchangesIn(records).map(({ intent }) => intent.exchange));
      const orphans = records.filter(
        ({ exchange }) => exchange !== undefined && !intents.has(exchange),
      );

      expect(wrong).to.deep.equal([]);
      expect(orphans).to.deep.equal([]);
      expect(intents.size).to.be.greaterThan(CLIENTS * 15);
    });

    it('it was busy: calls ended in every way they can', () => {
      const statuses = new Set(records.map(({ outcome }) => outcome?.status));
      const refusals = new Set(records.map(({ outcome }) => outcome?.refusal));

      expect([...statuses]).to.include.members(['ok', 'refused', 'tool_error', 'timeout']);
      expect([...refusals]).to.include.members([
        'denied',
        'target_unknown',
        'token_invalid',
        'path_unknown',
        'json_invalid',
      ]);
    });

    it('the metrics say what the records say', () => {
      const counts = countsIn(records);
      const shown = [...counts.keys()].map((sample) => [sample, metrics.get(sample)]);

      expect(shown.filter(([, value]) => value === undefined)).to.deep.equal([]);
      expect(new Map(shown as [string, number][])).to.deep.equal(counts);
      expect(metrics.get('gatehouse_evidence_healthy')).to.equal(1);
      expect(metrics.get('gatehouse_policy_loads_total{result="loaded"}')).to.equal(1);
      expect(metrics.get('gatehouse_evidence_commit_duration_seconds_count')).to.be.greaterThan(50);
    });

    it('the log is one JSON object a line, and no line is about a peer', () => {
      const lines = log.split('\n').filter((line) => line !== '');
      const parsed = lines.map((line) => JSON.parse(line));

      for (const line of parsed) expect(line).to.include.keys('ts', 'level', 'msg');
      expect(parsed.filter(({ level }) => level === 'error')).to.deep.equal([]);
      // Not a line for each call: what was called is evidence, not chatter.
      expect(lines.length).to.be.lessThan(20);
    });
  });
}

/** What metrics should say of these records, by sample. */
function countsIn(records: Records): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const add = (sample: string) => counts.set(sample, (counts.get(sample) ?? 0) + 1);
  for (const { type, decision, outcome, message } of records) {
    add(`gatehouse_evidence_records_total{type="${type}"}`);
    if (decision) add(`gatehouse_decisions_total{effect="${decision.effect}"}`);
    if (outcome?.refusal) add(`gatehouse_refusals_total{code="${outcome.refusal}"}`);
    if (type === 'outcome') {
      const method = message?.method === 'invented/method' ? 'other' : message?.method;
      add(`gatehouse_exchanges_total{method="${method}",status="${outcome?.status}"}`);
    }
  }
  return counts;
}

const META = {
  'io.modelcontextprotocol/protocolVersion': MODERN,
  'io.modelcontextprotocol/clientCapabilities': {},
};
