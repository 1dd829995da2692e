import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { filesIn } from './leaks.ts';
import { type Rig, startRig } from './rig.ts';
import { samplesOf } from './scrape.ts';
import { until } from './until.ts';
import { callTool, messageOf, modern, send } from './wire.ts';

const SPEC = { rules: [{ name: 'all', effect: 'Allow' as const, match: { tools: ['*'] } }] };
const REQUESTS = 2000;
const AT_ONCE = 20;
const SLOW_SOCKETS = 200;
/** Refusals that are recorded one by one: so many at once, and so many a second (sidecar/refusal-log.ts). */
const BURST = 200;
const PER_SECOND = 20;
/** A gateway gives a client 10 s to send its head, where Node.js by itself gives it 60. */
const HEAD_DEADLINE_MS = 30_000;

describe('a flood of strangers', () => {
  let rig: Rig<Fixture>;
  let slow: readonly Socket[];
  let floodSeconds: number;
  before(async () => {
    rig = await startRig({ server: () => startModern(), specs: [SPEC] });
    // They begin now, and it is looked at last what became of them.
    slow = await Promise.all(Array.from({ length: SLOW_SOCKETS }, beginSlowly));
  });
  after(async () => {
    for (const socket of slow ?? []) socket.destroy();
    await rig?.close();
  });

  /** A head that never ends, as in the attack called slow loris. */
  const beginSlowly = async (): Promise<Socket> => {
    const socket = connect(rig.gatehouse.port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(`POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:${rig.gatehouse.port}\r\nX-Slow: `);
    return socket;
  };
  const counted = async () =>
    samplesOf(await (await fetch(`${rig.gatehouse.adminUrl}/metrics`)).text()).get(
      'gatehouse_refusals_total{code="token_invalid"}',
    );
  const evidenceBytes = async () =>
    [...(await filesIn(rig.data)).values()].reduce((sum, { length }) => sum + length, 0);

  it('is turned away one by one, while who may call still can', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
    const statuses = new Map<number | undefined, number>();
    const startedMillis = performance.now();
    const flood = Array.from({ length: REQUESTS }, async (_, at) => {
      const status = await knock(rig.url, `Bearer stranger-${at}`, agent);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    });
    const token = await rig.token();
    const answer = await send(rig.url, modern(token, callTool('echo', { message: 'still here' })));
    await Promise.all(flood);
    floodSeconds = (performance.now() - startedMillis) / 1000;
    agent.destroy();

    expect([...statuses]).to.deep.equal([[401, REQUESTS]]);
    expect(messageOf(answer).result?.content?.[0]?.text).to.equal('still here');
  });

  it('does not fill the evidence: beyond a rate it is a sum, and the sum is right', async () => {
    const told = await until('the sum of all', async () => {
      const records = await rig.records();
      const single = records.filter(({ type }) => type === 'auth.failed').length;
      const sums = records.filter(({ type }) => type === 'message.refused');
      const summed = sums.reduce((sum, { detail }) => sum + Number(detail?.token_invalid ?? 0), 0);
      return single + summed === REQUESTS && { single, sums: sums.length };
    });

    expect(told.single).to.be.within(BURST, BURST + PER_SECOND * (floodSeconds + 1));
    expect(told.sums).to.be.within(1, floodSeconds + 2);
    // A record of one refusal has some 700 bytes.
    expect(await evidenceBytes()).to.be.lessThan((told.single + told.sums + 100) * 1000);
    // Counted once the record is durable, which may be after it can be read.
    await until('a metric that counts them all', async () => (await counted()) === REQUESTS);
  });

  it('that never finishes its heads is hung up on', async () => {
    const open = () => slow.filter((socket) => !socket.closed).length;
    for (const socket of slow) socket.resume();
    await until('all slow sockets closed', () => open() === 0, HEAD_DEADLINE_MS);
    const answer = await send(
      rig.url,
      modern(await rig.token(), callTool('echo', { message: 'x' })),
    );

    expect(answer.status).to.equal(200);
    expect(rig.gatehouse.child.hasExited).to.equal(false);
  });
});

function knock(url: string, authorization: string, agent: Agent): Promise<number | undefined> {
  const headers = { authorization, 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    request(url, { method: 'POST', headers, agent }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode));
    })
      .once('error', reject)
      .end('{}');
  });
}
