// Clients reach the gateway over TLS, with a certificate that may be renewed while it runs; what is wrong with the files is
// named, and changes nothing.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { expect } from 'chai';
import { Agent, fetch as fetchWith } from 'undici';
import { type TestAuthority, testAuthority } from '#e2e/servers/certificates.ts';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { type Rig, startRig } from './rig.ts';
import { until } from './until.ts';

describe('a gateway with a certificate', function () {
  this.timeout(60_000);
  let authority: TestAuthority;
  let folder: string;
  let rig: Rig<Fixture>;
  let url: URL;

  before(async () => {
    authority = await testAuthority();
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-tls-'));
    await renew();
    const rules = [{ name: 'all', effect: 'Allow', match: { tools: ['*'] } }] as const;
    rig = await startRig({
      server: () => startModern(),
      specs: [{ rules }],
      start: { flags: ['--tls-cert', join(folder, 'cert'), '--tls-key', join(folder, 'key')] },
    });
    url = new URL(rig.url);
    url.protocol = 'https:';
  });

  after(async () => {
    await rig.close();
    await rm(folder, { recursive: true });
  });

  async function renew(): Promise<void> {
    const { cert, key } = await authority.issue();
    await writeFile(join(folder, 'cert'), cert);
    await writeFile(join(folder, 'key'), key);
  }

  /** Of the certificate that a new connection gets. */
  function serial(): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const socket = connect({ host: '127.0.0.1', port: Number(url.port), ca: authority.ca }, () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
    socket.once('error', reject);
    return promise;
  }

  it('serves a client of the official SDK that trusts its authority, and no other', async () => {
    const token = await rig.token('alice', { audience: url.href });
    const connectWith = async (ca: string): Promise<Client> => {
      const dispatcher = new Agent({ connect: { ca } });
      const fetch = (place: string | URL, init?: object) =>
        fetchWith(place, { ...init, dispatcher });
      const requestInit = { headers: { authorization: `Bearer ${token}` } };
      const versionNegotiation = { mode: 'auto' } as const;
      const client = new Client({ name: 'journey', version: '1' }, { versionNegotiation });
      const transport = new StreamableHTTPClientTransport(url, {
        requestInit,
        // The same function, in the words of another declaration.
        fetch: fetch as unknown as typeof globalThis.fetch,
      });
      await client.connect(transport as Parameters<typeof client.connect>[0]);
      return client;
    };

    const client = await connectWith(authority.ca);
    const answer = await client.callTool({ name: 'counter', arguments: {} });
    await client.close();
    const stranger = await connectWith((await testAuthority()).ca).catch((error: unknown) => error);

    expect(answer.isError ?? false).to.equal(false);
    expect(rig.server.journal.executions('counter')).to.equal(1);
    expect(stranger).to.be.instanceOf(Error);
  });

  it('takes up a certificate that was renewed, and keeps the last good one', async () => {
    const first = await serial();
    await renew();
    const second = await until('the renewed certificate', async () => {
      const now = await serial();
      return now !== first && now;
    });

    await writeFile(join(folder, 'key'), 'no key');
    await until('the problem', () => rig.log().includes('does not begin with a private key'));

    expect(await serial()).to.equal(second);
    await renew();
  });

  const wrong = [
    { flags: ['--tls-cert', 'cert'], says: '--tls-key is missing' },
    { flags: ['--tls-cert', 'none', '--tls-key', 'key'], says: 'none: cannot be read (ENOENT)' },
    { flags: ['--tls-cert', 'key', '--tls-key', 'key'], says: 'key: does not begin with a cert' },
    { flags: ['--tls-cert', 'other', '--tls-key', 'key'], says: 'key: is not the key of ' },
  ];
  for (const { flags, says } of wrong) {
    it(`is not started with the wrong files: ${says}`, async () => {
      await writeFile(join(folder, 'other'), (await authority.issue()).cert);
      const named = flags.map((word) => (word.startsWith('--') ? word : join(folder, word)));
      const place = ['--policy', ...rig.policyFiles, '--upstream', rig.server.url];
      const data = ['--data', join(folder, 'data'), '--trust-key', join(folder, 'trust.pub')];
      const listen = ['--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0'];

      const ended = await rig.cli('run', ...place, ...data, ...listen, ...named);

      expect(ended.code).to.be.oneOf([64, 78]);
      expect(ended.stderr).to.include(says);
    });
  }
});
