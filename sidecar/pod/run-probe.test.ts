// Probes of the governed server come out as the kubelet's would have: against real servers on loopback.

import { once } from 'node:events';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttp2, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, createServer as createTcp, type Server } from 'node:net';
import { expect } from 'chai';
import { SettingsFault } from '../settings.ts';
import { type AppProbe, readAppProbes } from './app-probe.ts';
import { runProbe } from './run-probe.ts';

const PATH = '/app-health/server/readyz';

describe('a probe of the governed server', () => {
  const servers: Server[] = [];

  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  async function listen(server: Server): Promise<number> {
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  it('over HTTP goes with its path and headers, and is well from 200 to 399', async () => {
    const heard: unknown[] = [];
    const port = await listen(
      createHttp((request, response) => {
        heard.push([request.method, request.url, request.headers['x-probe']]);
        response.writeHead(request.url === '/sick' ? 503 : 302).end();
      }),
    );
    const headers = [['x-probe', 'yes']] as const;
    const probe = { kind: 'http', port, timeoutMillis: 1000, scheme: 'http', headers } as const;

    expect(await runProbe({ ...probe, path: '/well' })).to.equal('');
    expect(await runProbe({ ...probe, path: '/sick' })).to.equal('unhealthy');
    expect(heard).to.deep.equal([
      ['GET', '/well', 'yes'],
      ['GET', '/sick', 'yes'],
    ]);
  });

  it('that gets no answer is over with its own timeout', async () => {
    const port = await listen(createHttp(() => {}));
    const place = { kind: 'http', port, path: '/', scheme: 'http', headers: [] } as const;

    expect(await runProbe({ ...place, timeoutMillis: 100 })).to.equal('timeout');
  });

  it('over TCP asks for a connection alone', async () => {
    const server = createTcp((socket) => socket.end());
    const port = await listen(server);

    expect(await runProbe({ kind: 'tcp', port, timeoutMillis: 1000 })).to.equal('');
    servers.pop();
    server.close();
    await once(server, 'close');
    expect(await runProbe({ kind: 'tcp', port, timeoutMillis: 1000 })).to.equal('refused');
  });

  it('over gRPC speaks the health protocol, with the service it names', async () => {
    const asked: string[] = [];
    const server = createHttp2();
    server.on('stream', (stream, headers) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.once('end', () => {
        const service = Buffer.concat(chunks).subarray(7).toString();
        asked.push(`${headers[':path']} ${service}`);
        answerGrpc(stream, service === 'mcp' ? 1 : 2);
      });
    });
    const port = await listen(server as unknown as Server);
    const grpc = (service: string): AppProbe => ({
      kind: 'grpc',
      port,
      service,
      timeoutMillis: 2000,
    });

    expect(await runProbe(grpc('mcp'))).to.equal('');
    expect(await runProbe(grpc('other'))).to.equal('unhealthy');
    expect(asked).to.deep.equal([
      '/grpc.health.v1.Health/Check mcp',
      '/grpc.health.v1.Health/Check other',
    ]);
  });
});

describe('GATEHOUSE_APP_PROBES', () => {
  it('holds probes as pods have them, by the path that asks for each', () => {
    const httpGet = { port: 3000, path: 'health', headers: [{ name: 'x-a', value: 'b' }] };
    const probes = readAppProbes(JSON.stringify({ [PATH]: { httpGet, timeoutSeconds: 3 } }));

    expect(probes.get(PATH)).to.deep.equal({
      kind: 'http',
      port: 3000,
      path: '/health',
      scheme: 'http',
      headers: [['x-a', 'b']],
      timeoutMillis: 3000,
    });
  });

  const wrong = [
    { text: '{', says: 'must be JSON' },
    { text: '{"/other/x":{"tcpSocket":{"port":1}}}', says: 'must lie under /app-health/' },
    { text: `{"${PATH}":{"exec":{}}}`, says: 'must say httpGet, tcpSocket or grpc' },
    { text: `{"${PATH}":{"tcpSocket":{"port":"web"}}}`, says: 'port must be a number' },
    {
      text: `{"${PATH}":{"tcpSocket":{"port":1},"timeoutSeconds":0}}`,
      says: 'timeoutSeconds must',
    },
  ];
  for (const { text, says } of wrong) {
    it(`is refused by name: ${says}`, () => {
      expect(() => readAppProbes(text)).to.throw(SettingsFault, says);
    });
  }
});

function answerGrpc(stream: ServerHttp2Stream, status: number): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(Buffer.from([0, 0, 0, 0, 2, 0x08, status]));
}
