import { expect } from 'chai';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { type Rig, startRig } from './rig.ts';
import { until } from './until.ts';
import { type Answer, callTool, modern, send } from './wire.ts';

const SPEC = { rules: [{ name: 'all', effect: 'Allow' as const, match: { tools: ['*'] } }] };

describe('the keys of an issuer', () => {
  let rig: Rig<Fixture>;
  beforeEach(async () => {
    rig = await startRig({ server: () => startModern(), specs: [SPEC] });
  });
  afterEach(() => rig?.close());

  const call = (token: string): Promise<Answer> =>
    send(rig.url, modern(token, callTool('counter')));
  const failures = async () =>
    (await rig.records())
      .filter(({ type }) => type === 'auth.failed')
      .map(({ outcome }) => `${outcome?.refusal} ${outcome?.reason}`);

  it('rotate while calls go on, at one search for an unknown key in half a minute', async () => {
    const old = await rig.token('alice');
    const first = await call(old);
    await rig.provider.rotateKeys();
    const fresh = await rig.token('alice', { groups: ['fresh'] });
    const both = [await call(fresh), await call(old)];
    await rig.provider.rotateKeys({ forgetOld: true });
    const unseen = await call(await rig.token('alice', { groups: ['newest'] }));

    expect([first, ...both].map(({ status }) => status)).to.deep.equal([200, 200, 200]);
    // Whoever invents key ids must not be able to load the issuer.
    expect(unseen.status).to.equal(401);
    expect(await failures()).to.deep.equal([
      'token_invalid kid: is not a key of the issuer for this alg',
    ]);
    expect(rig.server.journal.read().executed).to.deep.equal({ counter: 3 });
  });

  it('are dropped at once when the issuer shows that it withdrew them', async () => {
    const old = await rig.token('alice');
    const before = await call(old);
    await rig.provider.rotateKeys({ forgetOld: true });
    const fresh = await call(await rig.token('alice', { groups: ['fresh'] }));
    const after = await call(old);

    expect([before, fresh, after].map(({ status }) => status)).to.deep.equal([200, 200, 401]);
  });

  it('are believed while the issuer is down, and no others are', async () => {
    const known = await rig.token('alice');
    const sameKey = await rig.token('bob');
    await rig.provider.rotateKeys();
    const otherKey = await rig.token('alice', { groups: ['after rotation'] });
    await rig.provider.stop();

    const answers = [await call(known), await call(sameKey), await call(otherKey)];

    expect(answers.map(({ status }) => status)).to.deep.equal([200, 200, 401]);
    expect(rig.server.journal.executions('counter')).to.equal(2);
    expect((await failures())[0]).to.include('kid: ');
    expect(await readiness()).to.deep.equal({ status: 200, text: 'ok\n' });
  });

  it('are waited for at start: not ready, 503 with Retry-After, and then all is well', async () => {
    const token = await rig.token('alice');
    await rig.gatehouse.close();
    await rig.provider.stop();
    await rig.restart({ isStarted: () => true });

    const early = await call(token);
    const notReady = await readiness();
    const alive = await fetch(`${rig.gatehouse.adminUrl}/livez`);
    await rig.provider.resume();
    await until('ready by itself', async () => (await readiness()).status === 200);
    const later = await call(token);

    expect(early.status).to.equal(503);
    expect(early.headers['retry-after']).to.match(/^\d+$/);
    expect(early.headers).not.to.have.property('www-authenticate');
    expect(notReady).to.deep.equal({ status: 503, text: 'issuers: failing\n' });
    expect(alive.status).to.equal(200);
    expect(later.status).to.equal(200);
    expect(rig.server.journal.executions('counter')).to.equal(1);
    expect((await failures())[0]).to.include('issuer_unavailable');
    expect(rig.log()).to.include('issuers have no keys yet');
  });

  async function readiness() {
    const response = await fetch(`${rig.gatehouse.adminUrl}/readyz`);
    return { status: response.status, text: await response.text() };
  }
});
