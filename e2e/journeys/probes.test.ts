import { expect } from 'chai';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import { OtlpReceiver } from '#e2e/servers/otlp-receiver.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { METRIC } from '#platform/process/semconv.ts';
import { type Rig, startRig } from './rig.ts';
import { until } from './until.ts';
import { callTool, messageOf, modern, send } from './wire.ts';

const SPEC = { rules: [{ name: 'all', effect: 'Allow' as const, match: { tools: ['*'] } }] };

describe('the door for operators', () => {
  let rig: Rig<Fixture>;
  let receiver: OtlpReceiver;
  before(async () => {
    receiver = await OtlpReceiver.start();
    const start = { flags: ['--otlp', receiver.url] };
    rig = await startRig({ server: () => startModern(), specs: [SPEC], start });
  });
  after(async () => {
    await rig?.close();
    await receiver?.kill();
  });

  const ask = async (path: string, method = 'GET') => {
    const response = await fetch(`${rig.gatehouse.adminUrl}${path}`, { method });
    return { status: response.status, text: await response.text() };
  };

  it('says that all is well while it is', async () => {
    for (const path of ['/livez', '/readyz', '/startupz']) {
      expect(await ask(path)).to.deep.equal({ status: 200, text: 'ok\n' });
    }
  });

  it('shows every metric by its name, and no name of a peer', async () => {
    await send(rig.url, modern(await rig.token(), callTool('whoami')));

    const { status, text } = await ask('/metrics');

    expect(status).to.equal(200);
    // Only a pod has listeners that are not the gateway's own.
    const names = Object.values(METRIC).filter((name) => name !== METRIC.exposedListeners);
    for (const name of names) expect(text).to.include(`# TYPE ${name} `);
    for (const word of ['alice', 'whoami', rig.provider.issuer]) expect(text).not.to.include(word);
  });

  it('answers questions and takes no orders', async () => {
    const answers = [
      await ask('/livez', 'POST'),
      await ask('/quitquitquit', 'POST'),
      await ask('/debug/pprof'),
      await ask('/mcp'),
    ];

    expect(answers.map(({ status }) => status)).to.deep.equal([405, 405, 404, 404]);
  });

  it('is not on the port of the clients', async () => {
    for (const path of ['/livez', '/readyz', '/metrics']) {
      expect((await fetch(new URL(path, rig.url))).status).to.equal(404);
    }
  });

  it('says that it is draining, and stays open until the last call is answered', async () => {
    const call = send(rig.url, modern(await rig.token(), callTool('slow', { ms: 60_000 })));
    await until('the tool at work', () => rig.server.journal.read().executed.slow === 1);
    rig.gatehouse.child.kill('SIGTERM');

    const ready = await until('not ready', async () => {
      const answer = await ask('/readyz');
      return answer.status === 503 && answer;
    });
    const others = [await ask('/livez'), await ask('/startupz'), await ask('/metrics')];
    rig.server.journal.endSlow();
    const answer = await call;
    await until('the end', () => rig.gatehouse.child.hasExited);

    expect(ready.text).to.equal('serving: failing\n');
    expect(others.map(({ status }) => status)).to.deep.equal([200, 200, 200]);
    expect(messageOf(answer).result?.content?.[0]?.text).to.equal('Waited 60000 ms.');
    expect(await rig.gatehouse.child.stop()).to.equal(0);
    const types = (await rig.records()).map(({ type }) => type);
    expect(types.slice(-2)).to.deep.equal(['outcome', 'lane.close']);
  });
});
