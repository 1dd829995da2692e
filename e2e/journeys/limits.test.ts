import { request } from 'node:http';
import {
  Client as ModernClient,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { expect } from 'chai';
import { connectLegacy, connectModern } from '#e2e/demo/clients.ts';
import { start as startLegacy } from '#e2e/servers/legacy-fixture.ts';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { LegacySession } from './legacy-session.ts';
import { type Rig, type Spec, startRig } from './rig.ts';
import { until } from './until.ts';
import { type Answer, callTool, messageOf, modern, send } from './wire.ts';

const SPEC: Spec = {
  limits: {
    requestsPerMinute: 3,
    maxStreams: 2,
    maxBodyBytes: 200_000,
    maxReplyBytes: 100_000,
    maxDepth: 16,
  },
  rules: [{ name: 'all', effect: 'Allow', match: { tools: ['*'] } }],
};

describe('the limits of a policy, with a server of the modern era', () => {
  let rig: Rig<Fixture>;
  before(async () => {
    rig = await startRig({ server: () => startModern(), specs: [SPEC] });
  });
  after(() => rig?.close());

  const call = async (sub: string, tool: string, args: object = {}): Promise<Answer> =>
    send(rig.url, modern(await rig.token(sub), callTool(tool, args)));

  it('requestsPerMinute: one too many has no effect and says when to come back', async () => {
    const answers = [];
    for (let i = 0; i < 4; i += 1) answers.push(await call('alice', 'counter'));
    const others = [await call('alice', 'echo', { message: 'x' }), await call('bob', 'counter')];

    const refused = answers.at(-1);
    expect(answers.slice(0, 3).map((answer) => messageOf(answer).error)).to.deep.equal(
      Array(3).fill(undefined),
    );
    const error = refused && messageOf(refused).error;
    const seconds = Number(refused?.headers['retry-after']);
    expect(error).to.deep.include({ code: -31003, data: { retryAfterSeconds: seconds } });
    expect(seconds).to.be.within(1, 20);
    expect(others.map((answer) => messageOf(answer).error)).to.deep.equal([undefined, undefined]);
    expect(rig.server.journal.executions('counter')).to.equal(4);
    const outcome = (await rig.records()).find(
      (record) => record.outcome?.refusal === 'rate_limited',
    );
    expect(outcome?.type).to.equal('outcome');
  });

  it('requestsPerMinute: the SDK hands code and delay to its caller', async () => {
    const client = new ModernClient(
      { name: 'limited', version: '1' },
      { versionNegotiation: { mode: 'auto' } },
    );
    await client.connect(
      new StreamableHTTPClientTransport(new URL(rig.url), {
        requestInit: { headers: { authorization: `Bearer ${await rig.token('alice')}` } },
      }),
    );

    const error = await client
      .callTool({ name: 'counter', arguments: {} })
      .catch((cause: unknown) => cause);
    await client.close();

    expect(error).to.deep.include({ code: -31003 });
    expect(error).to.have.nested.property('data.retryAfterSeconds');
  });

  it('maxBodyBytes: a longer body is refused, declared or not, and goes nowhere', async () => {
    rig.server.journal.clear();
    const { headers, body } = modern(
      await rig.token('bob'),
      callTool('echo', { message: 'x'.repeat(200_000) }),
    );

    const declared = await send(rig.url, { headers, body });
    const chunked = await sendChunked(rig.url, headers, body);

    expect([declared.status, chunked]).to.deep.equal([413, 413]);
    expect(rig.server.journal.read().requests).to.deep.equal([]);
  });

  it('maxBodyBytes: who declares too much is answered before sending it', async () => {
    const { headers } = modern(await rig.token('bob'), callTool('echo'));
    const outgoing = request(rig.url, {
      method: 'POST',
      headers: [
        ['host', new URL(rig.url).host],
        ...headers,
        ['content-length', '10000000000'],
      ].flat(),
    });
    outgoing.on('error', () => undefined);
    outgoing.flushHeaders();

    const status = await new Promise((resolve) => {
      outgoing.once('response', (response) => resolve(response.statusCode));
    });
    outgoing.destroy();

    expect(status).to.equal(413);
  });

  it('maxDepth: a deeper body is refused', async () => {
    const deep = JSON.parse(`${'['.repeat(20)}${']'.repeat(20)}`);

    const answer = await call('bob', 'echo', { message: 'x', deep });

    expect(answer.status).to.equal(400);
  });

  it('maxReplyBytes: a longer answer is withheld, and that is recorded', async () => {
    const client = await connectModern(rig.url, await rig.token('bob'));
    const error = await client
      .call('echo', { message: 'x'.repeat(120_000) })
      .catch((cause: unknown) => cause);
    await client.close();

    expect(error).to.deep.include({ code: -31006 });
    const outcome = (await rig.records()).find((record) =>
      record.outcome?.reason?.includes('maxReplyBytes'),
    );
    expect(outcome?.outcome).to.deep.include({ refusal: 'upstream_invalid' });
  });
});

describe('the limits of a policy, with a server of the legacy era', () => {
  let rig: Rig<Fixture>;
  before(async () => {
    rig = await startRig({ server: () => startLegacy(), specs: [SPEC] });
  });
  after(() => rig?.close());

  it('maxStreams: one too many is refused, and a place that is given back counts', async () => {
    const sessions: LegacySession[] = [];
    for (const sub of ['alice', 'alice', 'alice', 'bob']) {
      sessions.push(await LegacySession.open(rig.url, await rig.token(sub)));
    }
    const [first, second, third, other] = sessions;
    const streams = [await first?.listen(), await second?.listen(), await other?.listen()];

    const refused = await send(rig.url, { method: 'GET', headers: third?.headers() ?? [] });
    streams[0]?.close();
    const again = await until('a free place', async () => {
      const stream = await third?.listen();
      return stream?.status === 200 && stream;
    });

    expect(streams.map((stream) => stream?.status)).to.deep.equal([200, 200, 200]);
    expect(refused.status).to.equal(429);
    for (const stream of [...streams, again]) stream?.close();
  });

  it('maxReplyBytes: a longer event is withheld, and the client hears why', async () => {
    const client = await connectLegacy(rig.url, await rig.token('bob'));
    const error = await client
      .call('echo', { message: 'x'.repeat(120_000) })
      .catch((cause: unknown) => cause);
    await client.close();

    expect(error).to.deep.include({ code: -31006 });
  });
});

/** Without a content-length, piece by piece; resolves to the status. */
function sendChunked(
  url: string,
  headers: readonly (readonly [string, string])[],
  body: string,
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      method: 'POST',
      headers: [['host', new URL(url).host], ...headers, ['transfer-encoding', 'chunked']].flat(),
    });
    outgoing.once('response', (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    outgoing.once('error', reject);
    for (let at = 0; at < body.length; at += 16_384) outgoing.write(body.slice(at, at + 16_384));
    outgoing.end();
  });
}
