import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { isLoopbackAddress, listeningSockets, placeOf } from './listening-sockets.ts';

describe('the sockets that listen', () => {
  it('are found where they are, of this very process', async () => {
    const servers = await Promise.all(['0.0.0.0', '127.0.0.1'].map(listen));
    const ports = servers.map((server) => (server.address() as AddressInfo).port);

    const found = await listeningSockets();
    for (const server of servers) server.close();

    const ours = found.filter(({ port }) => ports.includes(port)).map(placeOf);
    expect(ours.sort()).to.deep.equal([`0.0.0.0:${ports[0]}`, `127.0.0.1:${ports[1]}`].sort());
  });

  it('are read as the kernel prints them, of both families, and no others', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-proc-'));
    const rest = '00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0';
    const none6 = '0'.repeat(32);
    await writeFile(
      join(folder, 'tcp'),
      `  sl  local_address rem_address   st\n   0: 0100007F:1F90 00000000:0000 0A ${rest}\n   1: 0100007F:1F91 0100007F:9999 01 ${rest}\n`,
    );
    await writeFile(
      join(folder, 'tcp6'),
      `  sl  local_address\n   0: ${none6}:0BB8 ${none6}:0000 0A ${rest}\n   1: 00000000000000000000000001000000:0050 ${none6}:0000 0A ${rest}\n   2: 0000000000000000FFFF00000100007F:0051 ${none6}:0000 0A ${rest}\n   3: B80D0120000000000000000001000000:0052 ${none6}:0000 0A ${rest}\n`,
    );

    const found = await listeningSockets(folder);
    await rm(folder, { recursive: true });

    expect(found.map(placeOf)).to.deep.equal([
      '127.0.0.1:8080',
      '[::]:3000',
      '[::1]:80',
      '[::ffff:127.0.0.1]:81',
      '[2001:db8::1]:82',
    ]);
    expect(found.map(({ address }) => isLoopbackAddress(address))).to.deep.equal([
      true,
      false,
      true,
      true,
      false,
    ]);
  });
});

async function listen(host: string): Promise<Server> {
  const server = createServer();
  server.listen(0, host);
  await once(server, 'listening');
  return server;
}
