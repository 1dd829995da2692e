// The MCP port of governed pods by TLS, with a certificate from a Secret, which is renewed without a restart.

import { connect } from 'node:tls';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { expect } from 'chai';
import { Agent, fetch as fetchWith } from 'undici';
import { type TestAuthority, testAuthority } from '#e2e/servers/certificates.ts';
import { apply, kubectl } from './cluster.ts';
import { eventually } from './eventually.ts';
import { type Governed, startGoverned } from './governed.ts';
import { podStates } from './server-pods.ts';
import { SERVER } from './stage.ts';

const SECRET = 'server-tls';
/** Until the kubelet has brought a changed Secret to every pod. */
const MOUNTED_MS = 120_000;

describe('a governed server with a certificate', () => {
  let authority: TestAuthority;
  let governed: Governed;

  before(async () => {
    authority = await testAuthority();
    governed = await startGoverned('tls', {
      scheme: 'https',
      spec: { server: { tls: { secretName: SECRET } } },
      prepare: renew,
    });
    // The node knows the Service a moment after its pods are ready.
    await eventually('somebody who answers', () => serial().catch(() => undefined));
  });

  after(() => governed?.close());

  it('serves a client of the official SDK that trusts its authority', async () => {
    const dispatcher = new Agent({ connect: { ca: authority.ca } });
    const fetch = (place: string | URL, init?: object) => fetchWith(place, { ...init, dispatcher });
    const transport = new StreamableHTTPClientTransport(new URL(governed.url), {
      requestInit: { headers: { authorization: `Bearer ${await governed.token()}` } },
      // The same function, in the words of another declaration.
      fetch: fetch as unknown as typeof globalThis.fetch,
    });
    const versionNegotiation = { mode: 'auto' } as const;
    const client = new Client({ name: 'journey', version: '1' }, { versionNegotiation });
    await client.connect(transport as Parameters<typeof client.connect>[0]);

    const answer = await client.callTool({ name: 'echo', arguments: { message: 'hello' } });
    await client.close();

    expect(JSON.stringify(answer.content)).to.include('hello');
  });

  it('is not said to be plain', async () => {
    const path = 'jsonpath={.status.conditions[?(@.type=="TransportPlain")].status}';
    const show = ['-n', governed.namespace, 'get', 'mgp', SERVER, '-o', path];

    const status = await eventually('a status', async () => (await kubectl(...show)) || false);

    expect(status).to.equal('False');
  });

  it('takes up a renewed certificate without a restart', async () => {
    const { namespace, url } = governed;
    const before = await podStates(namespace);
    const old = await serial();
    await renew(namespace, url);
    const startedAt = performance.now();

    await eventually(
      'the renewed certificate at every pod',
      async () => {
        const seen = await Promise.all([1, 2, 3, 4, 5, 6].map(serial));
        return seen.every((each) => each !== old);
      },
      MOUNTED_MS,
    );
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    process.stdout.write(`        the renewed certificate after ${seconds} s\n`);

    const lasting = ({ uid, restarts }: (typeof before)[number]) => ({ uid, restarts });
    expect((await podStates(namespace)).map(lasting)).to.deep.equal(before.map(lasting));
  });

  async function renew(namespace: string, url: string): Promise<void> {
    const { cert, key } = await authority.issue(`IP:${new URL(url).hostname}`);
    await apply(namespace, {
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/tls',
      metadata: { name: SECRET },
      stringData: { 'tls.crt': cert, 'tls.key': key },
    });
  }

  /** Of the certificate that a new connection gets, from whichever pod. */
  function serial(): Promise<string> {
    const { hostname, port } = new URL(governed.url);
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const place = { host: hostname, port: Number(port || '443'), ca: authority.ca };
    const socket = connect(place, () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
    socket.once('error', reject);
    return promise;
  }
});
