import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { expect } from 'chai';
import {
  bodyOf,
  dial,
  eventually,
  HOST,
  open,
  PATH,
  SESSION,
  send,
} from './peer-client.fixture.ts';
import { type PeerCredentials, peerCredentials } from './peer-credentials.ts';
import { bindPeerDoor, type PeerDoor, type TakeRelayed } from './peer-door.ts';
import { type Owner, type Passage, Tunnels } from './tunnels.ts';

const key = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);

describe('tunnels between replicas', () => {
  const closers: (() => void)[] = [];
  const passages: Passage[] = [];

  afterEach(() => {
    for (const close of closers.splice(0).reverse()) close();
    passages.length = 0;
  });

  /** The door of a replica called `owner` that holds these keys. */
  const door = async (keys: readonly Uint8Array[], take: TakeRelayed): Promise<PeerDoor> => {
    const bound = await bindPeerDoor({ host: HOST, port: 0 }, peerCredentials(keys, 'owner'));
    bound.open(take);
    closers.push(() => bound.close());
    return bound;
  };

  const ownerAt = (at: PeerDoor, more: Partial<Owner> = {}): Owner => {
    return { host: HOST, port: at.address.port, name: 'owner', key: 0, ...more };
  };

  /** A replica that brings everything to `owner`; 404 is what it says itself. */
  const replica = async (keys: readonly Uint8Array[], owner: () => Owner): Promise<string> => {
    const tunnels = new Tunnels(peerCredentials(keys, 'other'));
    const cut = new AbortController();
    const server: Server = createServer((incoming, response) => {
      const clientAddress = incoming.socket.remoteAddress ?? '';
      const carried = { request: incoming, response, clientAddress, signal: cut.signal };
      void tunnels.pass(carried, owner()).then((passage) => {
        passages.push(passage);
        if (passage === 'unreached') response.writeHead(404).end();
        if (passage === 'lost') response.writeHead(502).end();
      });
    }).listen(0, HOST);
    await once(server, 'listening');
    closers.push(() => {
      cut.abort();
      tunnels.close();
      server.closeAllConnections();
      server.close();
    });
    return `http://${HOST}:${(server.address() as AddressInfo).port}${PATH}`;
  };

  const echo: TakeRelayed = (incoming, response, address) => {
    void bodyOf(incoming).then((body) => {
      response.writeHead(200, { 'x-address': address, 'x-headers': incoming.rawHeaders.join('|') });
      response.end(body);
    });
  };

  it('bring head and body as they came, and the answer back', async () => {
    const at = await door([key(1)], echo);
    const url = await replica([key(1)], () => ownerAt(at));
    const body = randomBytes(300_000);
    const headers = ['Host', 'mcp.example', 'X-Two', 'a', 'X-Two', 'b', 'Mcp-Session-Id', 's'];

    const answer = await send(url, { headers: [...headers, 'Content-Length', '300000'], body });

    expect(answer.status).to.equal(200);
    expect(answer.body.equals(body)).to.equal(true);
    expect(answer.headers['x-address']).to.equal(HOST);
    expect(answer.headers['x-headers']).to.include(headers.join('|'));
    expect(passages).to.deep.equal(['answered']);
  });

  it('bring a body of unknown length, and say whose it is in spite of what a client claims', async () => {
    const at = await door([key(1)], echo);
    const url = await replica([key(1)], () => ownerAt(at));
    const claim = ['Gatehouse-Client-Address', '203.0.113.9', 'Expect', '100-continue'];
    const headers = ['Host', 'h', 'Mcp-Session-Id', 's', 'Transfer-Encoding', 'chunked', ...claim];

    const answer = await send(url, { headers, body: Buffer.from('in pieces') });

    expect(answer.body.toString()).to.equal('in pieces');
    expect(answer.headers['x-address']).to.equal(HOST);
    expect(answer.headers['x-headers']).to.not.include('203.0.113.9');
  });

  it('bring each piece of a stream at once, and tell the owner when the client leaves', async () => {
    let left = false;
    const at = await door([key(1)], (incoming, response) => {
      incoming.resume();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: 1\n\n');
      response.once('close', () => {
        left = true;
      });
    });
    const url = await replica([key(1)], () => ownerAt(at));
    const stream = await open(url, { method: 'GET', headers: SESSION });

    const [first] = await once(stream, 'data');
    stream.destroy();

    expect(String(first)).to.equal('data: 1\n\n');
    await eventually(() => left);
    await eventually(() => passages[0] === 'answered');
  });

  it('use a connection again, and take another one when the owner has closed it', async () => {
    let connections = 0;
    const sockets = new Set<object>();
    const at = await door([key(1)], (incoming, response) => {
      if (!sockets.has(incoming.socket)) connections += 1;
      sockets.add(incoming.socket);
      incoming.resume();
      response.end('ok');
      if (incoming.headers['x-last'] !== undefined) {
        response.once('finish', () => setImmediate(() => incoming.socket.destroy()));
      }
    });
    const url = await replica([key(1)], () => ownerAt(at));

    await send(url, { headers: SESSION });
    await send(url, { headers: [...SESSION, 'X-Last', '1'] });
    const third = await send(url, { headers: SESSION });

    expect(third.status).to.equal(200);
    expect(connections).to.equal(2);
    expect(passages).to.deep.equal(['answered', 'answered', 'answered']);
  });

  it('are of the keys that both hold, in whatever order', async () => {
    const at = await door([key(1), key(2)], echo);
    // The owner seals with its first key, which this one lists second.
    const url = await replica([key(2), key(1)], () => ownerAt(at, { key: 1 }));

    expect((await send(url, { headers: SESSION })).status).to.equal(200);
  });

  const gone: { name: string; keys: Uint8Array[]; owner: (at: PeerDoor) => Owner }[] = [
    { name: 'nobody listens', keys: [key(1)], owner: (at) => ({ ...ownerAt(at), port: 1 }) },
    {
      name: 'another process took the address',
      keys: [key(1)],
      owner: (at) => ownerAt(at, { name: 'who was there before' }),
    },
    { name: 'somebody with other keys took the address', keys: [key(3)], owner: ownerAt },
    {
      name: 'the key is not one of ours',
      keys: [key(1)],
      owner: (at) => ownerAt(at, { key: -1 }),
    },
  ];
  for (const { name, keys, owner } of gone) {
    it(`send nothing where ${name}`, async () => {
      let taken = 0;
      const at = await door([key(1)], (_, response) => {
        taken += 1;
        response.end();
      });
      const url = await replica(keys, () => owner(at));

      const answer = await send(url, { headers: SESSION, body: Buffer.from('secret') });

      expect(answer.status).to.equal(404);
      expect(passages).to.deep.equal(['unreached']);
      expect(taken).to.equal(0);
    });
  }

  it('say that an owner was lost which had the request already', async () => {
    const at = await door([key(1)], (incoming) => {
      void bodyOf(incoming).then(() => incoming.socket.destroy());
    });
    const url = await replica([key(1)], () => ownerAt(at));

    const answer = await send(url, { headers: SESSION, body: Buffer.from('x') });

    expect(answer.status).to.equal(502);
    expect(passages).to.deep.equal(['lost']);
  });

  it('take nothing but what is relayed', async () => {
    const at = await door([key(1)], echo);
    const [member] = peerCredentials([key(1)], 'member');
    const lacking = [
      ['Host', 'h', 'Gatehouse-Client-Address', HOST],
      ['Host', 'h', 'Mcp-Session-Id', 's'],
      ['Host', 'h', 'Mcp-Session-Id', 's', 'Gatehouse-Client-Address', 'nowhere'],
      [...SESSION, 'Gatehouse-Client-Address', HOST, 'Gatehouse-Client-Address', HOST],
    ];

    const heard = await Promise.all(lacking.map((headers) => dial(at, member, headers)));

    expect(heard).to.deep.equal([400, 400, 400, 400]);
  });

  it('are refused to strangers, whatever they show', async () => {
    const at = await door([key(1), key(2)], echo);
    const [stranger] = peerCredentials([key(9)], 'owner');
    const [member] = peerCredentials([key(1)], 'member');
    const headers = [...SESSION, 'Gatehouse-Client-Address', HOST];

    const shown: readonly (Partial<PeerCredentials> | undefined)[] = [{}, stranger];
    const heard = await Promise.all(shown.map((each) => dial(at, each, headers)));

    expect(heard).to.deep.equal(['refused', 'refused']);
    expect(await dial(at, member, headers)).to.equal(200);
  });

  it('are refused without TLS, and in an older one', async () => {
    const at = await door([key(1)], echo);
    const [member] = peerCredentials([key(1)], 'member');
    const { port } = at.address;

    const plain = await send(`http://${HOST}:${port}${PATH}`, { headers: SESSION }).catch(
      () => 'refused',
    );
    const older = connectTls({ host: HOST, port, ...member, maxVersion: 'TLSv1.2' });
    const [fault] = await once(older, 'error').catch((error: unknown) => [error]);

    expect(plain).to.equal('refused');
    expect(fault).to.be.instanceOf(Error);
  });
});
