import { connect } from 'node:tls';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { expect } from 'chai';
import { LegacySession, toolCall } from './legacy-session.ts';
import { type Relaying, startRelaying } from './relaying.ts';
import { recordsIn, verify } from './replicas.ts';
import { HOP_ADDRESS } from './round-robin.ts';
import { until } from './until.ts';
import { messageOf } from './wire.ts';

const SPEC = {
  rules: [
    { name: 'all', effect: 'Allow', match: { tools: ['*'] } },
    { name: 'asks', effect: 'Allow', match: { methods: ['elicitation/create'] } },
  ],
} as const;
const ACCEPTED = { action: 'accept', content: { username: 'ada', email: 'ada@example.com' } };

// Issue 6, point 4: a session works whichever replica its client meets, and only its owner judges it.
describe('a session behind two replicas', function () {
  this.timeout(60_000);
  let pair: Relaying;
  let token: string;

  before(async () => {
    pair = await startRelaying({ era: 'legacy', spec: SPEC });
    token = await pair.rig.token('alice', { audience: pair.url });
  });

  after(() => pair?.close());

  const outcomes = async (target: string) =>
    (await recordsIn(pair)).filter(
      ({ type, message }) => type === 'intent' && message?.target === target,
    );
  const ran = (tool: string) => pair.servers.map(({ journal }) => journal.executions(tool));

  /** The client of the official SDK, as its users have it. */
  const connectSdk = async (heard: string[] = []): Promise<Client> => {
    const client = new Client(
      { name: 'journey', version: '1' },
      { capabilities: { elicitation: {} } },
    );
    client.setRequestHandler(ElicitRequestSchema, async () => ACCEPTED as never);
    client.fallbackNotificationHandler = async ({ method }) => void heard.push(method);
    const requestInit = { headers: { authorization: `Bearer ${token}` } };
    const transport = new StreamableHTTPClientTransport(new URL(pair.url), { requestInit });
    await client.connect(transport as Parameters<typeof client.connect>[0]);
    return client;
  };

  it('is one session to an SDK client: its calls, its GET stream, questions, and its end', async () => {
    const heard: string[] = [];
    const before = [...pair.hop.given];
    const client = await connectSdk(heard);
    const { tools } = await client.listTools();
    for (const message of ['a', 'b', 'c', 'd']) {
      await client.callTool({ name: 'echo', arguments: { message } });
    }
    const asked = await client.callTool({
      name: 'test_elicitation',
      arguments: { message: 'Who?' },
    });
    const event = { method: 'notifications/resources/list_changed' };
    // The client does not wait for its GET stream, and what is said before is lost.
    await until('the stream', () => pair.servers.some(({ journal }) => journal.openResponses > 0));
    for (const { url } of pair.servers) {
      await fetch(new URL('/__event', url), { method: 'POST', body: JSON.stringify(event) });
    }
    await until('the announcement', () => heard.includes(event.method));
    await (client.transport as StreamableHTTPClientTransport).terminateSession();
    await client.close();

    expect(tools.length).to.be.greaterThan(5);
    expect(JSON.stringify(asked)).to.include('accept');
    // Both were met, one server did it all, and each call is on record once.
    for (const [index, count] of pair.hop.given.entries()) {
      expect(count - (before[index] ?? 0)).to.be.greaterThan(3);
    }
    expect([...ran('echo')].sort()).to.deep.equal([0, 4]);
    expect(await outcomes('tool:echo')).to.have.length(4);
    expect(heard.filter((each) => each === event.method)).to.have.length(1);
  });

  it('keeps the address of the client in the evidence, not that of the replica that relayed', async () => {
    const session = await LegacySession.open(pair.url, token);
    for (const id of [1, 2]) await session.post(toolCall(id, 'add', { a: 1, b: id }));

    const intents = await outcomes('tool:add');

    expect(intents.map(({ source }) => source?.address)).to.deep.equal([HOP_ADDRESS, HOP_ADDRESS]);
  });

  it('finds the answer to a broken stream at the other replica', async () => {
    const session = await LegacySession.open(pair.at(pair.one), token);
    const broken = await session.stream(toolCall(5, 'test_reconnection'));
    await broken.end();

    const elsewhere = movedTo(pair.at(pair.two), session);
    const resumed = await elsewhere.listen(broken.events.at(-1)?.id);
    const answer = await resumed.answer(5);
    resumed.close();

    expect(broken.messages).to.deep.equal([]);
    expect(answer.result?.content).to.have.length(1);
  });

  it('takes the answer to its question at the other replica, and ends there', async () => {
    const session = await LegacySession.open(pair.at(pair.one), token, { elicitation: {} });
    const elsewhere = movedTo(pair.at(pair.two), session);
    const stream = await session.stream(toolCall(1, 'test_elicitation', { message: 'Who?' }));
    const question = await stream.message('a question', ({ method }) => method !== undefined);

    const taken = await elsewhere.post({ id: question.id ?? '', result: ACCEPTED });
    const answer = await stream.answer(1);
    const ended = await elsewhere.end();
    const after = await session.post(toolCall(2, 'echo', { message: 'x' }));

    expect(taken.status).to.equal(202);
    expect(answer.result?.content?.[0]?.text).to.include('accept');
    expect(ended.status).to.equal(200);
    expect(after.status).to.equal(404);
  });

  it('is worth nothing to anybody else at the other replica, and that is on record', async () => {
    const session = await LegacySession.open(pair.at(pair.one), token);
    const bob = await pair.rig.token('bob', { audience: pair.url });
    const elsewhere = movedTo(pair.at(pair.two), session);

    const foreign = await elsewhere.post(toolCall(1, 'customer', { id: 'c1' }), bob);
    const unproven = await elsewhere.post(toolCall(1, 'customer', { id: 'c1' }), 'x.y.z');
    const spoilt = new LegacySession(pair.at(pair.two), token, {
      ...{ revision: session.revision, handshake: session.handshake },
      id: `${session.id.slice(0, -4)}AAAA`,
    });
    const forged = await spoilt.post(toolCall(1, 'customer', { id: 'c1' }));

    expect([foreign.status, unproven.status, forged.status]).to.deep.equal([404, 401, 404]);
    expect(foreign.text).to.equal(forged.text);
    expect(ran('customer')).to.deep.equal([0, 0]);
    const refused = (await recordsIn(pair)).filter(({ type }) => type === 'message.refused');
    expect(refused.filter(({ principal }) => principal?.subject === 'bob')).to.have.length(1);
  });

  it('is brought to its owner by nobody but replicas', async () => {
    const socket = connect({
      host: '127.0.0.1',
      port: pair.peerPorts[0],
      rejectUnauthorized: false,
    });
    const ending = await new Promise<string>((resolve) => {
      socket.once('error', () => resolve('refused')).once('close', () => resolve('closed'));
      socket.write('POST /mcp HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n');
      socket.once('data', (bytes) => resolve(bytes.toString()));
    });

    expect(ending).to.be.oneOf(['refused', 'closed']);
  });

  it('is unknown once its owner is gone, and its client starts again', async () => {
    const session = await LegacySession.open(pair.at(pair.two), token);
    const client = await connectSdk();
    pair.two.child.kill('SIGKILL');
    await until('the replica is gone', () => pair.two.child.hasExited);

    const after = await movedTo(pair.at(pair.one), session).post(
      toolCall(1, 'echo', { message: 'x' }),
    );
    await client.close();
    const again = await connectSdk();
    const answer = await again.callTool({ name: 'echo', arguments: { message: 'back' } });
    await again.close();

    expect(after.status).to.equal(404);
    expect(messageOf(after).error?.message).to.include('initialize again');
    expect(JSON.stringify(answer)).to.include('back');
    await pair.one.close();
    const { verdict, problems } = await verify(pair);
    expect({ verdict, problems }).to.deep.equal({ verdict: 'verified', problems: [] });
  });
});

/** The same session, from the same client, at another address. */
function movedTo(url: string, { token, id, revision, handshake }: LegacySession): LegacySession {
  return new LegacySession(url, token, { id, revision, handshake });
}
