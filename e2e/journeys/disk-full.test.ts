import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { connectLegacy, connectModern, type DemoClient } from '#e2e/demo/clients.ts';
import { start as startLegacy } from '#e2e/servers/legacy-fixture.ts';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { CAN_LIMIT_FILE_SIZE, limitFileSize } from '#platform/file/file-size-limit.fixture.ts';
import { exchangesIn } from './evidence.ts';
import { type Rig, startRig } from './rig.ts';
import { until } from './until.ts';
import { jsonHeaders, LEGACY, messageOf, send } from './wire.ts';

const SPEC = { rules: [{ name: 'all', effect: 'Allow' as const, match: { tools: ['*'] } }] };
const EVIDENCE_UNAVAILABLE = -31002;

const ERAS = [
  { era: 'legacy', server: () => startLegacy(), connect: connectLegacy },
  { era: 'modern', server: () => startModern(), connect: connectModern },
] as const;

for (const { era, server, connect } of ERAS) {
  describe(`when the disk is full, with a ${era} client in the middle of its work`, () => {
    let rig: Rig<Fixture>;
    let client: DemoClient;
    before(async function () {
      if (!CAN_LIMIT_FILE_SIZE) this.skip();
      rig = await startRig({ server, specs: [SPEC] });
      client = await connect(rig.url, await rig.token());
      await client.call('counter', {});
      await fillDisk();
    });
    after(async () => {
      await client?.close().catch(() => undefined);
      await rig?.close();
    });

    /** No file of the gateway may grow any further; reports how it went on until it noticed. */
    const fillDisk = async (): Promise<void> => {
      const [lane = ''] = await lanes(rig.data);
      const { size } = await stat(lane);
      limitFileSize(rig.gatehouse.child.pid, size);
      await until(
        'a refusal',
        async () => (await codeOf(client.call('echo', { message: 'x' }))) === EVIDENCE_UNAVAILABLE,
      );
    };
    const executed = () => rig.server.journal.read().executed;

    it('calls are refused by name and have no effect', async () => {
      const before = executed();

      const codes: unknown[] = [];
      for (let i = 0; i < 5; i += 1) codes.push(await codeOf(client.call('counter', {})));

      expect(codes).to.deep.equal(Array(5).fill(EVIDENCE_UNAVAILABLE));
      expect(executed()).to.deep.equal(before);
    });

    it('lists, notifications, streams and the ends of sessions are refused too', async () => {
      const headers = [
        ...jsonHeaders(await rig.token()),
        ['mcp-protocol-version', LEGACY],
      ] as const;
      rig.server.journal.clear();

      const notification = { jsonrpc: '2.0', method: 'notifications/roots/list_changed' };
      const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
      const listed = await send(rig.url, { headers, body: JSON.stringify(list) });
      const told = await send(rig.url, { headers, body: JSON.stringify(notification) });
      const stream = await send(rig.url, { method: 'GET', headers });
      const end = await send(rig.url, { method: 'DELETE', headers });

      expect(messageOf(listed).error?.code).to.equal(EVIDENCE_UNAVAILABLE);
      expect(messageOf(listed).error?.message).to.include('so nothing is forwarded');
      expect([told, stream, end].map(({ status }) => status)).to.deep.equal([503, 503, 503]);
      for (const answer of [listed, told, stream, end]) {
        expect(answer.headers['retry-after']).to.match(/^\d+$/);
      }
      expect(rig.server.journal.read().requests).to.deep.equal([]);
    });

    it('strangers stay out, with the same answer as ever', async () => {
      const answer = await send(rig.url, { headers: jsonHeaders('nonsense'), body: '{}' });

      expect(answer.status).to.equal(401);
    });

    it('the process lives, is not ready, and says that it is the evidence', async () => {
      const { adminUrl, child } = rig.gatehouse;

      const live = await fetch(`${adminUrl}/livez`);
      const ready = await fetch(`${adminUrl}/readyz`);
      const metrics = await (await fetch(`${adminUrl}/metrics`)).text();

      expect(live.status).to.equal(200);
      expect(ready.status).to.equal(503);
      expect(await ready.text()).to.equal('evidence: failing\n');
      expect(metrics).to.match(/^gatehouse_evidence_healthy 0$/m);
      expect(child.hasExited).to.equal(false);
    });

    it('it recovers by itself once there is room, and the gap is in the evidence', async () => {
      limitFileSize(rig.gatehouse.child.pid, 'unlimited');
      const { adminUrl } = rig.gatehouse;
      await until('ready again', async () => (await fetch(`${adminUrl}/readyz`)).status === 200);

      const result = await client.call('counter', {});
      await client.close();
      await rig.gatehouse.close();
      const records = await rig.records();
      const verified = await rig.cli(
        'evidence',
        'verify',
        rig.data,
        '--trust',
        rig.gatehouse.trustKey,
      );

      expect(result.isError).to.equal(false);
      expect(records.map(({ type }) => type)).to.include.members([
        'degraded.enter',
        'degraded.exit',
      ]);
      const exit = records.find(({ type }) => type === 'degraded.exit');
      expect(exit?.detail).to.deep.include({ cause: 'EFBIG' });
      expect(Number(exit?.detail?.refused)).to.be.greaterThan(5);
      expect(verified.stdout).to.include('VERIFIED');
      expect(verified.code).to.equal(0);
      const calls = exchangesIn(records).filter(({ outcome }) => outcome?.outcome?.status === 'ok');
      const answered = calls.filter(({ intent }) => intent.message?.target === 'tool:counter');
      expect(answered).to.have.length(2);
      expect(rig.server.journal.executions('counter')).to.equal(1);
    });
  });
}

async function codeOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : String(error);
  }
}

async function lanes(data: string): Promise<readonly string[]> {
  const names = await readdir(join(data, 'lanes'));
  return names.toSorted().map((name) => join(data, 'lanes', name));
}
