// Drives the admin server over real sockets: what each path says, and what it refuses.

import { once } from 'node:events';
import { connect } from 'node:net';
import { expect } from 'chai';
import {
  AdminFault,
  type AdminServer,
  type AdminSettings,
  type Mount,
  startAdminServer,
} from './admin-server.ts';
import { Metrics } from './metrics.ts';

const servers: AdminServer[] = [];

async function start(settings: Partial<AdminSettings> = {}): Promise<AdminServer> {
  const server = await startAdminServer({
    host: '127.0.0.1',
    port: 0,
    checks: new Map(),
    isStarted: () => true,
    metrics: new Metrics('1'),
    ...settings,
  });
  servers.push(server);
  return server;
}

async function get(server: AdminServer, path: string, method = 'GET') {
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method });
  const { status, headers } = response;
  return { status, headers, body: await response.text() };
}

/** Sends bytes as they are and returns all that comes back until the server hangs up. */
async function raw(server: AdminServer, bytes: string): Promise<string> {
  const socket = connect(server.port, '127.0.0.1');
  const chunks: string[] = [];
  socket.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
  socket.on('error', () => {});
  socket.write(bytes);
  await once(socket, 'close');
  return chunks.join('');
}

describe('the admin server', () => {
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  it('is live while it can answer at all', async () => {
    const server = await start({ isStarted: () => false, checks: new Map([['x', () => false]]) });

    const { status, body } = await get(server, '/livez');

    expect(status).to.equal(200);
    expect(body).to.equal('ok\n');
  });

  it('leaves what is mounted, and all below it, to whoever serves it', async () => {
    const seen: string[] = [];
    const mount: Mount = async ({ url = '' }, response) => {
      seen.push(url);
      response.end('theirs');
    };
    const server = await start({ mounts: new Map([['/approvals', mount]]) });

    for (const path of ['/approvals', '/approvals?a=/livez', '/approvals/x/y']) {
      expect((await get(server, path, 'POST')).body).to.equal('theirs');
    }
    expect((await get(server, '/approvalsx')).status).to.equal(404);
    expect((await get(server, '/livez')).body).to.equal('ok\n');
    expect(seen).to.have.length(3);
  });

  it('hangs up when what is mounted fails', async () => {
    const mount = () => Promise.reject(new Error('s3cret'));
    const server = await start({ mounts: new Map([['/approvals', mount]]) });

    const answer = await raw(server, 'GET /approvals HTTP/1.1\r\nHost: a\r\n\r\n');

    expect(answer).to.equal('');
  });

  it('names each failing check in /readyz, and only those', async () => {
    const server = await start({
      checks: new Map<string, () => boolean>([
        ['policy', () => true],
        ['evidence', () => false],
        [
          'upstream',
          () => {
            throw new Error('s3cret');
          },
        ],
      ]),
    });

    const { status, body } = await get(server, '/readyz');

    expect(status).to.equal(503);
    expect(body).to.equal('evidence: failing\nupstream: failing\n');
  });

  it('is ready when no check fails, read anew each time', async () => {
    let isWell = false;
    const server = await start({ checks: new Map([['policy', () => isWell]]) });

    const before = await get(server, '/readyz');
    isWell = true;
    const after = await get(server, '/readyz?verbose');

    expect([before.status, after.status]).to.deep.equal([503, 200]);
  });

  it('holds /startupz back until the start is done', async () => {
    let isStarted = false;
    const server = await start({ isStarted: () => isStarted });

    const before = await get(server, '/startupz');
    isStarted = true;
    const after = await get(server, '/startupz');

    expect([before.status, after.status]).to.deep.equal([503, 200]);
  });

  it("serves metrics in the scraper's own format", async () => {
    const metrics = new Metrics('1');
    const server = await start({ metrics });

    const { status, headers, body } = await get(server, '/metrics');

    expect(status).to.equal(200);
    expect(headers.get('content-type')).to.equal(metrics.contentType);
    expect(body).to.include('gatehouse_build_info');
  });

  it('collects once for scrapes that come together', async () => {
    let scrapes = 0;
    const text = async () => {
      scrapes += 1;
      return 'x 1\n';
    };
    const server = await start({ metrics: { contentType: 'text/plain', text } });
    const scrape = 'GET /metrics HTTP/1.1\r\nHost: x\r\n';

    const answers = await raw(server, `${scrape}\r\n${scrape}Connection: close\r\n\r\n`);

    expect(answers.match(/x 1/g)).to.have.length(2);
    expect(scrapes).to.equal(1);
  });

  it('says no more than that when metrics cannot be read', async () => {
    const text = () => Promise.reject(new Error('s3cret'));
    const server = await start({ metrics: { contentType: 'text/plain', text } });

    const { status, body } = await get(server, '/metrics');

    expect(status).to.equal(500);
    expect(body).to.equal('metrics could not be read\n');
  });

  for (const method of ['POST', 'HEAD', 'OPTIONS', 'DELETE']) {
    it(`refuses ${method}`, async () => {
      const server = await start();

      const { status, headers } = await get(server, '/livez', method);

      expect(status).to.equal(405);
      expect(headers.get('allow')).to.equal('GET');
    });
  }

  it('knows no other path, and keeps browsers from guessing or caching', async () => {
    const server = await start();

    const { status, headers } = await get(server, '/debug/../etc');

    expect(status).to.equal(404);
    expect(headers.get('cache-control')).to.equal('no-store');
    expect(headers.get('x-content-type-options')).to.equal('nosniff');
    expect(headers.get('access-control-allow-origin')).to.equal(null);
  });

  it('never takes a body for a second request', async () => {
    const server = await start();
    const inner = 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n';

    const answer = await raw(
      server,
      `GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`,
    );

    expect(answer.match(/HTTP\/1\.1/g)).to.have.length(1);
  });

  it('refuses headers without end', async () => {
    const server = await start();

    const answer = await raw(server, `GET /livez HTTP/1.1\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`);

    expect(answer).to.match(/^HTTP\/1\.1 431/);
  });

  it('says that its address is taken, and which flag to change', async () => {
    const { port } = await start();

    const fault: unknown = await start({ port }).catch((error: unknown) => error);

    expect(fault).to.be.instanceOf(AdminFault);
    expect(String(fault)).to.match(/--admin: .* port \d+: something listens there already/);
  });

  it('closes while a connection is still open, twice if need be', async () => {
    const server = await start();
    const socket = connect(server.port, '127.0.0.1');
    await once(socket, 'connect');

    await server.close();
    await server.close();

    await expectRefused(server.port);
    socket.destroy();
  });
});

async function expectRefused(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  const [error] = await once(socket, 'error');
  expect(error.code).to.equal('ECONNREFUSED');
}
