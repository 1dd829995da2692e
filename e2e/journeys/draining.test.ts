import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { expect } from 'chai';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import { openEvents } from './event-stream.ts';
import { type Spec, startRig } from './rig.ts';
import { startScripted } from './scripted-server.ts';
import { until } from './until.ts';
import { callTool, type ModernRequest, modern, open } from './wire.ts';

const SPEC: Spec = {
  rules: [
    { name: 'all', effect: 'Allow', match: { tools: ['*'] } },
    { name: 'read', effect: 'Allow', match: { resources: ['test://*'] } },
  ],
};

describe('a gateway that is asked to stop', () => {
  it('lets calls finish, ends streams, and refuses and records what still comes', async () => {
    const rig = await startRig({ server: () => startModern(), specs: [SPEC] });
    try {
      const token = await rig.token();
      const notifications = { resourceSubscriptions: ['test://watched-resource'] };
      const follow = { method: 'subscriptions/listen', params: { notifications } };
      const stream = await openEvents(rig.url, modern(token, follow));
      await stream.message('its acknowledgement', ({ method }) => method !== undefined);
      // One connection, as a keep-alive client has it: what comes on it is read while it drains.
      const { port } = new URL(rig.url);
      const socket = connect(Number(port), '127.0.0.1').setEncoding('utf8');
      let heard = '';
      socket.on('data', (text: string) => {
        heard += text;
      });
      socket.write(onTheWire(rig.url, token, callTool('slow', { ms: 60_000 })));
      await until('the slow tool', () => rig.server.journal.executions('slow') === 1);

      const stopped = rig.gatehouse.child.stop();
      await stream.end();
      socket.write(onTheWire(rig.url, token, callTool('counter')));
      const refusals = () =>
        rig.records().then((all) => all.map(({ outcome }) => outcome?.refusal));
      await until('the refusal of the second', async () => (await refusals()).includes('draining'));
      rig.server.journal.endSlow();

      expect(await stopped).to.equal(0);
      await until('both answers', () => heard.includes('HTTP/1.1 503'));
      expect(heard).to.match(/^HTTP\/1\.1 200 [\s\S]*Waited 60000 ms\.[\s\S]*HTTP\/1\.1 503 /);
      expect(heard.toLowerCase()).to.include('retry-after: 1');
      expect(rig.server.journal.executions('counter')).to.equal(0);
      const [followed] = await rig.concluded('subscriptions/listen');
      expect(followed?.outcome?.outcome?.reason).to.equal('the gateway is stopping');
      socket.destroy();
    } finally {
      await rig.close();
    }
  });

  it('is not gone before a slow client has read the whole of its answer', async () => {
    const rig = await startRig({ server: startScripted, specs: [SPEC] });
    try {
      const { promise: asked, resolve } = Promise.withResolvers<ServerResponse>();
      rig.server.play((_, response) => resolve(response));
      const call = open(rig.url, modern(await rig.token(), callTool('echo')));
      const answering = await asked;
      const stopped = rig.gatehouse.child.stop();
      await until('the drain', () => rig.log().includes('"draining"'));
      const text = 'x'.repeat(8 * 1024 * 1024);
      const result = { resultType: 'complete', content: [{ type: 'text', text }] };

      answering.writeHead(200, { 'content-type': 'application/json' });
      answering.end(JSON.stringify({ jsonrpc: '2.0', id: 1, result }));
      const answer = await call;
      // Recorded, and as far on its way as buffers take it.
      await rig.concluded('tool:echo');
      let size = 0;
      for await (const chunk of answer) size += chunk.length;

      expect(size).to.equal(Number(answer.headers['content-length'])).and.to.be.above(text.length);
      expect(await stopped).to.equal(0);
    } finally {
      await rig.close();
    }
  });
});

function onTheWire(url: string, token: string, asked: ModernRequest): string {
  const { host, pathname } = new URL(url);
  const { headers, body } = modern(token, asked);
  const lines = [['host', host], ...headers, ['content-length', String(Buffer.byteLength(body))]];
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `POST ${pathname} HTTP/1.1\r\n${head}\r\n${body}`;
}
