import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { ExportResponse } from '@opentelemetry/otlp-exporter-base';
import { expect } from 'chai';
import { DeliveryFault, type Failure } from './delivery.ts';
import type { OtlpEndpoint } from './otlp-settings.ts';
import {
  type Answering,
  endpointAt,
  type LocalReceiver,
  startReceiver,
} from './receiver.fixture.ts';
import { OtlpTransport, readTls } from './transport.ts';

const DATA = Buffer.from('what is sent');
const LONG_MS = 5000;

function failureIn(response: ExportResponse): Failure {
  if (response.status === 'failure' && response.error instanceof DeliveryFault) {
    return response.error.failure;
  }
  throw new Error(`not a failure of delivery: ${response.status}`);
}

describe('one attempt to hand over telemetry', () => {
  const open: { receiver?: LocalReceiver; transport?: OtlpTransport } = {};
  afterEach(async () => {
    open.transport?.shutdown();
    await open.receiver?.close();
  });

  async function reach(answer: Answering, wishes: Partial<OtlpEndpoint> = {}) {
    const receiver = await startReceiver(answer);
    const transport = new OtlpTransport(endpointAt(receiver.url, wishes), {});
    open.receiver = receiver;
    open.transport = transport;
    return { receiver, transport };
  }

  const bodies = [
    { encoding: 'protobuf', type: 'application/x-protobuf' },
    { encoding: 'json', type: 'application/json' },
  ] as const;
  for (const { encoding, type } of bodies) {
    it(`POSTs ${encoding} with the headers of the settings`, async () => {
      const headers = new Map([['x-api-key', 'k']]);
      const { receiver, transport } = await reach((res) => res.end('ok'), { encoding, headers });

      const response = await transport.send(DATA, LONG_MS);

      expect(response).to.deep.equal({ status: 'success', data: Buffer.from('ok') });
      expect(receiver.received).to.have.length(1);
      expect(receiver.received[0]?.body).to.deep.equal(DATA);
      expect(receiver.received[0]?.headers).to.include({ 'content-type': type, 'x-api-key': 'k' });
    });
  }

  it('compresses when it is asked to', async () => {
    const { receiver, transport } = await reach((res) => res.end(), { gzip: true });

    const response = await transport.send(DATA, LONG_MS);

    expect(response).to.deep.equal({ status: 'success' });
    expect(receiver.received[0]?.headers['content-encoding']).to.equal('gzip');
    expect(gunzipSync(receiver.received[0]?.body ?? '')).to.deep.equal(DATA);
  });

  const statuses: { status: number; headers?: Record<string, string>; failure: Failure }[] = [
    { status: 400, failure: { cause: 'http_400', isFinal: true } },
    { status: 401, failure: { cause: 'http_401', isFinal: true } },
    { status: 413, failure: { cause: 'http_413', isFinal: true } },
    { status: 500, failure: { cause: 'http_500', isFinal: true } },
    { status: 502, failure: { cause: 'http_502', isFinal: false } },
    { status: 503, failure: { cause: 'http_503', isFinal: false } },
    {
      status: 429,
      headers: { 'retry-after': '7' },
      failure: { cause: 'http_429', isFinal: false, retryAfterMillis: 7000 },
    },
    {
      status: 503,
      headers: { 'retry-after': 'tomorrow' },
      failure: { cause: 'http_503', isFinal: false },
    },
  ];
  for (const { status, headers = {}, failure } of statuses) {
    it(`says what ${status} means${headers['retry-after'] ?? ''}, and no word of the receiver's`, async () => {
      const { transport } = await reach((res) => res.writeHead(status, headers).end('secret'));

      const response = await transport.send(DATA, LONG_MS);

      expect(failureIn(response)).to.deep.equal(failure);
    });
  }

  it('does not follow a redirect', async () => {
    const { receiver, transport } = await reach((res) =>
      res.writeHead(307, { location: '/v1/elsewhere' }).end(),
    );

    const response = await transport.send(DATA, LONG_MS);

    expect(failureIn(response)).to.deep.equal({ cause: 'http_307', isFinal: true });
    expect(receiver.received).to.have.length(1);
  });

  it('does not read an answer without end', async () => {
    let written = 0;
    const { transport } = await reach((res) => {
      const more = (): void => {
        while (!res.destroyed && res.write(Buffer.alloc(16 * 1024))) written += 16 * 1024;
        if (!res.destroyed) res.once('drain', more);
      };
      more();
    });

    const response = await transport.send(DATA, LONG_MS);

    expect(response).to.deep.equal({ status: 'success' });
    expect(written).to.be.below(64 * 1024 * 1024);
  });

  const silences: { name: string; answer: Answering }[] = [
    { name: 'never answers', answer: () => {} },
    {
      name: 'begins to answer and never ends',
      answer: (res) => {
        res.writeHead(200);
        res.write('…');
      },
    },
    {
      name: 'keeps the connection busy',
      answer: (res) => {
        const drip = setInterval(() => res.write('.'), 5);
        res.once('close', () => clearInterval(drip));
      },
    },
  ];
  for (const { name, answer } of silences) {
    it(`gives up on a receiver that ${name}`, async () => {
      const { transport } = await reach(answer);

      const response = await transport.send(DATA, 100);

      expect(failureIn(response)).to.deep.equal({ cause: 'timeout', isFinal: false });
    });
  }

  it('says that nobody listens', async () => {
    const unused = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => unused.once('listening', resolve));
    const address = unused.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    await new Promise((resolve) => unused.close(resolve));
    const transport = new OtlpTransport(endpointAt(new URL(`http://127.0.0.1:${port}/`)), {});

    const response = await transport.send(DATA, LONG_MS);
    transport.shutdown();

    expect(failureIn(response)).to.deep.equal({ cause: 'ECONNREFUSED', isFinal: false });
  });

  it('says that a connection broke', async () => {
    const { transport } = await reach((res) => res.destroy());

    const response = await transport.send(DATA, LONG_MS);

    expect(failureIn(response).isFinal).to.equal(false);
    expect(failureIn(response).cause).to.match(/^[A-Z_]+$/);
  });

  it('can be cut off, and sends nothing more', async () => {
    const { transport } = await reach(() => {});
    const sending = transport.send(DATA, LONG_MS);

    transport.shutdown();
    transport.shutdown();

    expect(failureIn(await sending).isFinal).to.equal(false);
    expect(failureIn(await transport.send(DATA, LONG_MS)).isFinal).to.equal(false);
  });
});

describe('the certificates for a receiver', () => {
  let directory = '';
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gatehouse-otlp-'));
  });
  after(() => rm(directory, { recursive: true }));

  it('are read from their files', async () => {
    const ca = join(directory, 'ca.pem');
    await writeFile(ca, 'PEM');

    const material = await readTls(endpointAt(new URL('https://r.example/'), { tls: { ca } }));

    expect(material).to.deep.equal({ ca: Buffer.from('PEM') });
  });

  it('name the file that cannot be read', async () => {
    const tls = { key: join(directory, 'absent.pem') };

    const fault = await readTls(endpointAt(new URL('https://r.example/'), { tls })).catch(
      (error: unknown) => error,
    );

    expect(fault).to.have.property('name', 'OtlpFault');
    expect(String(fault)).to.include('absent.pem');
  });
});
