import { request } from 'node:http';
import {
  Client as ModernClient,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { expect } from 'chai';
import { assertLive } from '#e2e/conformance/liveness.ts';
import type { Seen } from './content/journal.ts';
import { start as startEverything } from './everything.ts';
import { start as startLegacy } from './legacy-fixture.ts';
import { start as startModern } from './modern-fixture.ts';
import type { Fixture } from './serve.ts';

const HEADERS = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};

const fixtures = [
  { revision: '2025-11-25', start: startLegacy },
  { revision: '2026-07-28', start: startModern },
] as const;

for (const { revision, start } of fixtures) {
  describe(`the fixture server of ${revision}`, () => {
    let fixture: Fixture;
    beforeEach(async () => {
      fixture = await start({});
    });
    afterEach(() => fixture.close());

    it('serves a real client of its era all the demo tools', async () => {
      const { tools } = await assertLive(fixture.url, revision);

      const demo = ['echo', 'add', 'refund', 'delete_everything', 'slow', 'stream', 'counter'];
      expect(tools).to.include.members([...demo, 'whoami']);
    });

    it('shows the very bytes and headers that arrived', async () => {
      const body = '{ "jsonrpc":"2.0","method":"ping",\t"id":12345678901234567890 }';

      await fetch(fixture.url, { method: 'POST', headers: { ...HEADERS, 'X-Test': 'Yes' }, body });

      const answer = await fetch(new URL('/__seen', fixture.url));
      const seen = (await answer.json()) as Seen;
      const [request] = seen.requests;
      expect(Buffer.from(request?.bodyBase64 ?? '', 'base64').toString()).to.equal(body);
      expect(request?.rawHeaders.join('\n').toLowerCase()).to.include('x-test\nyes');
    });

    for (const header of ['host', 'origin']) {
      it(`refuses a foreign ${header}, as DNS rebinding would bring`, async () => {
        const { hostname, port } = new URL(fixture.url);

        const status = await statusOf(hostname, port, { [header]: 'http://evil.example' });

        expect(status).to.equal(403);
      });
    }
  });
}

describe('the modern fixture server', () => {
  it('counts what ran and what was cancelled', async () => {
    const fixture = await startModern();
    const client = new ModernClient(
      { name: 'test', version: '1.0.0' },
      { versionNegotiation: { mode: { pin: '2026-07-28' } } },
    );
    await client.connect(new StreamableHTTPClientTransport(new URL(fixture.url)));
    const stop = new AbortController();

    await client.callTool({ name: 'counter', arguments: {} });
    const second = await client.callTool({ name: 'counter', arguments: {} });
    const slow = client.callTool(
      { name: 'slow', arguments: { ms: 60_000 } },
      { signal: stop.signal },
    );
    while (fixture.journal.executions('slow') === 0) await new Promise(setImmediate);
    stop.abort();
    await slow.catch(() => undefined);
    while (fixture.journal.read().cancelled.slow === undefined) await new Promise(setImmediate);

    expect(second.content).to.deep.equal([{ type: 'text', text: '2' }]);
    expect(fixture.journal.read().cancelled).to.deep.equal({ slow: 1 });
    await client.close();
    await fixture.close();
  });

  it('refuses clients of the legacy era unless it is told to serve them', async () => {
    const strict = await startModern();
    const lenient = await startModern({ legacy: true });

    const refused = await assertLive(strict.url, '2025-11-25').catch((error: unknown) => error);
    const served = await assertLive(lenient.url, '2025-11-25');

    expect(refused).to.be.instanceOf(Error);
    expect(served.revision).to.equal('2025-11-25');
    await strict.close();
    await lenient.close();
  });
});

describe('the example server', () => {
  it('answers as soon as it is called started, and is gone when it is called closed', async () => {
    const everything = await startEverything();

    const status = (await fetch(everything.url)).status;
    await everything.close();
    const gone = await fetch(everything.url).catch((error: unknown) => error);

    expect(status).to.equal(400);
    expect(gone).to.be.instanceOf(Error);
  }).timeout(30_000);
});

/** By node:http, since fetch does not let anyone set Host. */
async function statusOf(hostname: string, port: string, headers: Record<string, string>) {
  return new Promise((resolve, reject) => {
    const host = (headers.host ?? `${hostname}:${port}`).replace('http://', '');
    request({ hostname, port, path: '/mcp', headers: { ...headers, host } }, (res) => {
      res.resume();
      resolve(res.statusCode);
    })
      .on('error', reject)
      .end();
  });
}
