// A pod that leaves fails no call: first it is only not ready, then it takes no new sessions, and what is under way ends.

import { expect } from 'chai';
import { openEvents } from './event-stream.ts';
import { type Pod, preparePod } from './pod.ts';
import { until } from './until.ts';
import { callTool, modern, send } from './wire.ts';

const RULES = [
  { name: 'all', effect: 'Allow', match: { tools: ['*'] } },
  { name: 'read', effect: 'Allow', match: { resources: ['test://*'] } },
] as const;

describe('a pod that is asked to leave', function () {
  this.timeout(60_000);
  let pod: Pod;

  beforeEach(async () => {
    pod = await preparePod();
    await pod.mount(await pod.operator.sign(pod.operator.document([pod.spec([...RULES])])));
  });

  afterEach(() => pod.close());

  const readyz = async () => (await fetch(`${pod.adminUrl}/readyz`)).status;
  const token = () => pod.provider.token({ sub: 'alice', audience: pod.url });

  it('takes calls on, then no sessions, ends streams, and lets a slow call finish', async () => {
    await pod.start();
    const notifications = { resourceSubscriptions: ['test://watched-resource'] };
    const follow = { method: 'subscriptions/listen', params: { notifications } };
    const stream = await openEvents(pod.url, modern(await token(), follow));
    await stream.message('its acknowledgement', ({ method }) => method !== undefined);
    const env = { GATEHOUSE_DRAIN_SECONDS: '40' };

    const slow = send(pod.url, modern(await token(), callTool('slow', { ms: 60_000 })));
    await until('the slow tool', () => pod.server.journal.executions('slow') === 1);
    const hook = pod.hook(env);
    await until('that it is not ready', async () => (await readyz()) === 503);
    const meanwhile = await pod.call('counter');
    await stream.end();
    const late = await send(pod.url, initialize(await token()));
    pod.server.journal.endSlow();
    const answer = await slow;
    await until('the end of the hook', () => hook.hasExited);

    expect(meanwhile.status).to.equal(200);
    expect(late.status).to.equal(503);
    expect(late.headers['retry-after']).to.equal('1');
    expect(late.headers.connection).to.equal('close');
    expect(answer.text).to.include('Waited 60000 ms.');
    expect(await hook.stop()).to.equal(0);
    expect(await pod.child.stop()).to.equal(0);
    const outcomes = (await pod.records()).filter(({ type }) => type === 'outcome');
    const intents = (await pod.records()).filter(({ type }) => type === 'intent');
    expect(outcomes).to.have.length(intents.length);
  });

  it('lets its server wait until no call is under way, and one that is restarted alone not for long', async () => {
    await pod.start();
    const ended = () => fetch(`${pod.adminUrl}/drained`).then((answer) => answer.text());

    const alone = await ended();
    const slow = send(pod.url, modern(await token(), callTool('slow', { ms: 7000 })));
    await until('the slow tool', () => pod.server.journal.executions('slow') === 1);
    const waiting = ended();
    const hook = pod.hook({ GATEHOUSE_DRAIN_SECONDS: '20' });
    const first = await Promise.race([waiting, slow]);
    const said = await waiting;
    await until('the end of the hook', () => hook.hasExited);

    expect(alone).to.equal('nobody drains\n');
    expect(first).to.have.property('status', 200);
    expect(said).to.equal('drained\n');
  });

  it('hears it from nobody by GET, and from no other address', async () => {
    await pod.start();

    const asked = await fetch(`${pod.adminUrl}/drain`);

    expect(asked.status).to.equal(405);
    expect(await readyz()).to.equal(200);
  });

  it('answers probes of its server, and tells of listeners past the gateway', async () => {
    const { port } = new URL(pod.server.url);
    const path = '/app-health/server/readyz';
    const probes = { [path]: { tcpSocket: { port: Number(port) }, timeoutSeconds: 10 } };
    await pod.start({
      GATEHOUSE_APP_PROBES: JSON.stringify(probes),
      GATEHOUSE_CAPTURE: 'PortTakeover',
    });
    const exposed = await pod.listenEverywhere();

    expect((await fetch(`${pod.adminUrl}${path}`)).status).to.equal(200);
    expect((await fetch(`${pod.adminUrl}${path}x`)).status).to.equal(404);
    await until('the exposed listener', () =>
      pod.operator.acks.some((ack) => ack.exposed.includes(`0.0.0.0:${exposed}`)),
    );
    // The operator may hear of it before the record is durable.
    await until('its record', async () =>
      (await pod.records()).some(
        ({ type, detail }) =>
          type === 'listeners.exposed' && [detail?.listeners].flat().includes(`0.0.0.0:${exposed}`),
      ),
    );
    const metrics = await (await fetch(`${pod.adminUrl}/metrics`)).text();
    expect(metrics).to.match(/^gatehouse_exposed_listeners [1-9]/m);
  });
});

function initialize(token: string) {
  const clientInfo = { name: 'late', version: '1' };
  const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo };
  return {
    headers: [
      ['authorization', `Bearer ${token}`],
      ['content-type', 'application/json'],
      ['accept', 'application/json, text/event-stream'],
    ] as const,
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }),
  };
}
