import { expect } from 'chai';
import { compareInjected } from '../injection/status.ts';
import { missingApiServer } from '../kube/api-server.fixture.ts';
import {
  type AdmissionRig,
  DEPLOYMENTS,
  IMAGE,
  INJECT,
  PODS,
  pod,
  STOLEN,
  startAdmissionRig,
  template,
} from './admission-rig.fixture.ts';
import { HELM } from './chart-admission.fixture.ts';
import { POLICY } from './webhooks.testkit.ts';

function deployment(name: string, annotations: Record<string, string> = {}) {
  return {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, annotations } },
    spec: { selector: { matchLabels: { app: 'payments' } }, template: template() },
  };
}

describe('admission by a real API server', function () {
  this.timeout(180_000);
  let rig: AdmissionRig;

  before(async function () {
    if (missingApiServer() !== undefined || HELM === undefined) return this.skip();
    rig = await startAdmissionRig();
  });
  after(async () => {
    await rig?.stop();
  });

  it('carries the annotation of a Deployment to its pods, and takes it away again', async () => {
    await rig.api.client.create(DEPLOYMENTS, deployment('payments'));
    const on = Object(
      await rig.merge(`${DEPLOYMENTS}/payments`, { metadata: { annotations: INJECT } }),
    );
    const off = Object(
      await rig.merge(`${DEPLOYMENTS}/payments`, {
        metadata: { annotations: { 'gatehouse.dev/inject': null } },
      }),
    );

    expect(on.spec.template.metadata.labels).to.deep.equal({ app: 'payments', ...INJECT });
    expect(off.spec.template.metadata.labels).to.deep.equal({ app: 'payments' });
    expect(rig.changesOf('payments')).to.deep.equal(['admin >true', 'admin true>']);
  });

  it('injects a labelled pod, which then stands as it was injected', async () => {
    const made = Object(await rig.api.client.create(PODS, pod('good', INJECT)));

    expect(made.spec.initContainers.map(({ name }: { name: string }) => name)).to.deep.equal([
      'gatehouse',
      'gatehouse-redirect',
    ]);
    const status = JSON.parse(made.metadata.annotations['gatehouse.dev/status']);
    expect(compareInjected(made, status)).to.equal(undefined);
  });

  it('leaves other pods alone', async () => {
    const made = Object(await rig.api.client.create(PODS, pod('plain')));

    expect(made.spec.initContainers).to.equal(undefined);
  });

  it('overwrites a sidecar that somebody wrote by hand', async () => {
    const spec = {
      ...template().spec,
      initContainers: [{ name: 'gatehouse', image: 'evil:1', restartPolicy: 'Always' }],
    };
    const made = Object(await rig.api.client.create(PODS, pod('decoy', INJECT, spec)));

    expect(made.spec.initContainers[0].image).to.equal(IMAGE);
  });

  it('lets nobody swap the image of the sidecar in a running pod', async () => {
    const spec = { initContainers: [{ name: 'gatehouse', image: 'evil:1' }] };

    expect(await rig.refusal('PATCH', `${PODS}/good`, { spec })).to.include(
      'must run registry.example/gatehouse/gatehouse-sidecar',
    );
  });

  it('lets no pod look governed that is not, nor one that is carry other marks', async () => {
    const marks = { 'gatehouse.dev/injected': '0.1.0', 'gatehouse.dev/workload': 'pod-good' };
    const other = { metadata: { labels: { 'gatehouse.dev/workload': 'pod-other' } } };

    expect(await rig.refusal('POST', PODS, pod('forged', marks))).to.include('leave them out');
    expect(await rig.refusal('PATCH', `${PODS}/good`, other)).to.include('leave them out');
    expect(await rig.refusal('PATCH', `${PODS}/plain`, other)).to.include('leave them out');
    expect(
      await rig.refusal('PATCH', `${PODS}/good`, { metadata: { labels: { team: 'a' } } }),
    ).to.equal('taken');
  });

  it('lets a debug container look at a governed pod, and neither rule its network nor enter the sidecar', async () => {
    const debug = (name: string, more: object = {}) => ({
      spec: { ephemeralContainers: [{ name, image: 'debug:1', ...more }] },
    });
    const adding = (capability: string) => ({
      securityContext: { capabilities: { add: [capability] } },
    });
    const asked: [more: object, answer: string][] = [
      [adding('NET_ADMIN'), 'take away what brings traffic'],
      [adding('net_admin'), 'take away what brings traffic'],
      [{ targetContainerName: 'gatehouse' }, 'may not enter'],
      [{ targetContainerName: 'server', ...adding('SYS_PTRACE') }, 'taken'],
    ];

    for (const [more, answer] of asked) {
      const path = `${PODS}/good/ephemeralcontainers`;
      const said = await rig.refusal('PATCH', path, debug('debug', more));
      expect(said, JSON.stringify(more)).to.include(answer);
    }
  });

  it('gives the audience of sidecars to no other volume', async () => {
    expect(await rig.refusal('POST', PODS, pod('thief', {}, STOLEN))).to.include('are the gateway');
  });

  it('records a policy with its author, and refuses one whose expression is broken', async () => {
    const path = '/apis/gatehouse.dev/v1alpha1/namespaces/shop/mcpgatewaypolicies';
    const broken = {
      ...POLICY.spec,
      rules: [{ name: 'a', effect: 'Allow', match: { tools: ['*'] }, when: ['args.'] }],
    };
    await rig.api.client.create(path, POLICY);

    expect(rig.log.entries.at(-1)).to.deep.include({ type: 'policy.admitted' });
    expect(rig.log.entries.at(-1)?.detail).to.include({ user: 'admin', name: 'payments' });
    expect(
      await rig.refusal('POST', path, { ...POLICY, metadata: { name: 'bad' }, spec: broken }),
    ).to.include('when');
  });

  it('lets no pod of a required namespace in while the webhook is down', async () => {
    await rig.server.close();
    const path = '/api/v1/namespaces/strict/pods';

    expect(await rig.refusal('POST', path, pod('late'))).to.include('failed calling webhook');
    expect(await rig.refusal('POST', PODS, pod('late', INJECT))).to.include(
      'failed calling webhook',
    );
    expect(await rig.refusal('POST', PODS, pod('free'))).to.equal('taken');
  });
});
