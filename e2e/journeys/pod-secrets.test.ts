// A sidecar in a pod takes credentials from Secrets that injection mounted: the keys that policies named when the pod was
// made, as they stand now, and no others.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { VOLUMES } from '#crds/names.ts';
import { startPrivateIssuer } from '#e2e/servers/private-issuer.ts';
import { type Pod, preparePod } from './pod.ts';
import { until } from './until.ts';
import { callTool, modern, send } from './wire.ts';

const ALL = [{ name: 'all', effect: 'Allow', match: { tools: ['*'] } }] as const;

describe('a sidecar in a pod with Secrets', function () {
  this.timeout(90_000);
  let pod: Pod;

  beforeEach(async () => {
    pod = await preparePod();
  });

  afterEach(() => pod.close());

  const folder = (name: string) => join(pod.root, VOLUMES.secrets.path, name);
  const mountSecret = async (name: string, key: string, value: string): Promise<void> => {
    await mkdir(folder(name), { recursive: true });
    await writeFile(join(folder(name), key), value);
  };
  const documentWith = (name: string) =>
    pod.operator.document([
      pod.spec([...ALL], {
        identity: {
          issuers: [{ name: 'corp', issuer: pod.provider.issuer }],
          upstream: {
            mode: 'Static',
            static: { valueFrom: { secretRef: { name, key: 'token' } } },
          },
        },
      }),
    ]);
  /** What the server is told at a call. */
  const credential = async (): Promise<string | undefined> => {
    pod.server.journal.clear();
    await pod.call('counter');
    const { rawHeaders = [] } = pod.server.journal.read().requests[0] ?? {};
    const at = rawHeaders.findIndex((name) => name.toLowerCase() === 'authorization');
    return at < 0 ? undefined : rawHeaders[at + 1];
  };
  const lastAck = () => pod.operator.acks.at(-1);

  it('sends the credential of the Secret to the server, and the next one when it was rotated', async () => {
    await mountSecret('backend', 'token', 'Bearer first-credential');
    await pod.mount(await pod.operator.sign(documentWith('backend')));
    await pod.start({ GATEHOUSE_SECRETS: 'backend/token' });
    expect(await credential()).to.equal('Bearer first-credential');

    await mountSecret('backend', 'token', 'Bearer second-credential');
    await until('the new one', async () => (await credential()) === 'Bearer second-credential');

    const records = JSON.stringify(await pod.records());
    expect(pod.child.output + records).not.to.match(/(first|second)-credential/);
  });

  it('keeps the policy before when a new one names a Secret that the pod was made without', async () => {
    await pod.mount(await pod.operator.sign(pod.operator.document([pod.spec([...ALL])])));
    await pod.start({ GATEHOUSE_SECRETS: '' });
    await until('the stream', () => pod.operator.streams === 1);
    // Somebody could put it there by hand: what counts is how the pod was made.
    await mountSecret('backend', 'token', 'Bearer x');

    pod.operator.publish(await pod.operator.sign(documentWith('backend')));
    await until('its answer', () => lastAck()?.status === 'Rejected');

    expect(lastAck()).to.include({ outdated: true });
    expect(lastAck()?.problem).to.equal(
      'policy policy-0: spec.identity.upstream.static.valueFrom.secretRef: this pod was made without key token of Secret backend; restart its workload',
    );
    expect(await credential()).to.match(/^Bearer ey/);
  });

  it('does not start while the Secret is not there, says so once, and starts when it is', async () => {
    await pod.mount(await pod.operator.sign(documentWith('backend')));
    const child = pod.launch({ GATEHOUSE_SECRETS: 'backend/token' });
    await until('its answer', () => lastAck()?.status === 'Rejected', 20_000);
    expect(lastAck()?.problem).to.match(/secretRef: key token of Secret backend: cannot be read/);

    await mountSecret('backend', 'token', 'Bearer late');
    await child.untilLive(`${pod.adminUrl}/readyz`, (status) => status === 200);

    expect(await credential()).to.equal('Bearer late');
    await until('its answer', () => lastAck()?.status === 'Active');
    expect(child.output.match(/cannot be read/g)).to.have.length(1);
  });

  it('believes an issuer by the authorities of a Secret, and waits for them', async () => {
    const issuer = await startPrivateIssuer();
    const caBundleRef = { kind: 'Secret', name: 'lab', key: 'ca.crt' } as const;
    const issuers = [{ name: 'lab', issuer: issuer.url, caBundleRef }];
    const document = pod.operator.document([pod.spec([...ALL], { identity: { issuers } })]);
    await pod.mount(await pod.operator.sign(document));
    await mountSecret('lab', 'ca.crt', 'on its way');
    const child = pod.launch({ GATEHOUSE_SECRETS: 'lab/ca.crt' });
    await until('its answer', () => lastAck()?.status === 'Rejected', 20_000);
    expect(lastAck()?.problem).to.match(/^issuer lab: caBundleRef: key ca.crt of Secret lab: must/);

    await mountSecret('lab', 'ca.crt', issuer.authority.ca);
    await child.untilLive(`${pod.adminUrl}/readyz`, (status) => status === 200);
    const token = await issuer.token('alice', pod.url);

    expect((await send(pod.url, modern(token, callTool('counter')))).status).to.equal(200);
    await issuer.close();
  });

  it('waits for no secret of a receiver: nothing depends on who is told', async () => {
    const slack = { urlFrom: { secretRef: { name: 'room', key: 'url' } } };
    const notifications = [{ name: 'room', type: 'Slack', slack }] as const;
    const spec = pod.spec([...ALL], { notifications: [...notifications] });
    await pod.mount(await pod.operator.sign(pod.operator.document([spec])));

    await pod.start({ GATEHOUSE_SECRETS: 'room/url' });

    await until('its answer', () => lastAck()?.status === 'Active');
  });
});
