// An issuer whose server only a private authority vouches for: the policy names the authority, and it is believed for that
// issuer alone, as it stands in the file at this moment.

import { expect } from 'chai';
import { stringify } from 'yaml';
import { testAuthority } from '#e2e/servers/certificates.ts';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import { type PrivateIssuer, startPrivateIssuer } from '#e2e/servers/private-issuer.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { CodeFlow } from '#platform/oidc/code-flow.ts';
import { type Rig, startRig } from './rig.ts';
import { until } from './until.ts';
import { callTool, modern, send } from './wire.ts';

const RULES = [{ name: 'all', effect: 'Allow', match: { tools: ['*'] } }] as const;

describe('an issuer behind a private authority', function () {
  this.timeout(60_000);
  let issuer: PrivateIssuer;
  let rig: Rig<Fixture>;
  let token: string;

  before(async () => {
    issuer = await startPrivateIssuer();
    rig = await startRig({ server: () => startModern(), specs: [{ rules: [...RULES] }] });
    token = await issuer.token('alice', rig.url);
  });

  after(async () => {
    await rig?.close();
    await issuer?.close();
  });

  const status = async (): Promise<number> =>
    (await send(rig.url, modern(token, callTool('counter')))).status;
  const policy = {
    apiVersion: 'gatehouse.dev/v1alpha1',
    kind: 'McpGatewayPolicy',
    metadata: { name: 'policy-0' },
  };
  const write = (...certificates: readonly string[]): Promise<void> => {
    const caBundleRef = { kind: 'ConfigMap', name: 'lab-ca' };
    const issuers = [{ name: 'lab', issuer: issuer.url, caBundleRef }];
    const maps = certificates.map((text) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'lab-ca' },
      data: { 'ca.crt': text },
    }));
    const documents = [{ ...policy, spec: { identity: { issuers }, rules: RULES } }, ...maps];
    return rig.writePolicy(documents.map((each) => stringify(each)).join('---\n'));
  };

  it('is not taken up without what vouches for it: the policy is refused by name', async () => {
    await write();
    await until('the refusal', () =>
      rig.log().includes('names ConfigMap lab-ca, which was not found'),
    );

    expect(await status()).to.equal(401);
  });

  it('is not believed by another authority: nobody is let in', async () => {
    await write((await testAuthority()).ca);

    await until('an issuer that cannot be asked', async () => (await status()) === 503);
  });

  it('is believed by its own as soon as that stands there', async () => {
    await write(issuer.authority.ca);

    await until('the call', async () => (await status()) === 200);
  });

  it('is refused with what holds no certificates, and the last policy stays', async () => {
    await write('not a certificate');
    await until('the refusal', () => /caBundleRef: must hold 1 to 32/.test(rig.log()));

    expect(await status()).to.equal(200);
  });

  it('signs people in at a console by its own authority alone', async () => {
    const flow = new CodeFlow({
      redirectUri: 'https://console.example/sign-in/callback',
      allowsPlainHttp: () => false,
      now: () => Date.now(),
    });
    const wish = { issuer: issuer.url, clientId: 'c', audience: 'c', maxAgeSeconds: 900 };

    const { url } = await flow.begin(wish, false, issuer.authority.ca);
    const fault = await flow.begin(wish, false).catch((error: unknown) => error);

    expect(url.origin).to.equal(issuer.url);
    expect(fault).to.have.property('code', 'issuer_unavailable');
  });
});
