import { expect } from 'chai';
import { missingApiServer } from '../kube/api-server.fixture.ts';
import {
  type AdmissionRig,
  OPERATOR,
  SECRETS,
  startAdmissionRig,
} from './admission-rig.fixture.ts';
import { HELM } from './chart-admission.fixture.ts';

const CONTROLLER = 'system:serviceaccount:kube-system:namespace-controller';
const RIGHT = 'bypasses.gatehouse.dev';
const CONFIG_MAPS = '/api/v1/namespaces/shop/configmaps';
const RUNTIME = `${SECRETS}/gatehouse-runtime`;

function secret(name: string, more: object = {}) {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, ...more };
}

function configMap(name: string) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } };
}

/** Who may write both kinds as far as RBAC goes. */
const ROLE = {
  metadata: { name: 'writer' },
  rules: [{ apiGroups: [''], resources: ['secrets', 'configmaps'], verbs: ['*'] }],
};

describe('the objects that keys and policies lie in, by a real API server', function () {
  this.timeout(180_000);
  let rig: AdmissionRig;

  before(async function () {
    if (missingApiServer() !== undefined || HELM === undefined) return this.skip();
    rig = await startAdmissionRig();
    const rbac = '/apis/rbac.authorization.k8s.io/v1';
    await rig.api.client.create(`${rbac}/clusterroles`, ROLE);
    await rig.api.client.create(`${rbac}/clusterrolebindings`, {
      metadata: { name: 'writer' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'writer' },
      subjects: ['jane', CONTROLLER].map((name) => ({
        ...{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name },
      })),
    });
    await rig.api.client.create('/api/v1/namespaces', { metadata: { name: 'gatehouse-system' } });
  });
  after(async () => {
    await rig?.stop();
  });

  it('what sidecars trust is changed by the operator, and by nobody else who may write Secrets', async () => {
    const keys = { data: { 'policy-keys.json': 'e30=' } };

    expect(await rig.refusal('POST', SECRETS, secret('gatehouse-runtime'), 'jane')).to.include(
      RIGHT,
    );
    expect(await rig.refusal('POST', SECRETS, secret('gatehouse-runtime'), OPERATOR)).to.equal(
      'taken',
    );
    expect(await rig.refusal('PATCH', RUNTIME, keys, 'jane')).to.include(RIGHT);
    expect(await rig.refusal('PATCH', RUNTIME, keys, OPERATOR)).to.equal('taken');
    expect(await rig.refusal('DELETE', RUNTIME, {}, 'jane')).to.include(RIGHT);
    expect(await rig.refusal('DELETE', SECRETS, {}, 'jane')).to.include(RIGHT);
    expect(await rig.refusal('POST', SECRETS, secret('own'), 'jane')).to.equal('taken');
  });

  it('goes with its namespace, and is changed by who has the right to bypass', async () => {
    expect(await rig.refusal('PATCH', RUNTIME, { data: { 'sealing.keys': 'YQ==' } })).to.equal(
      'taken',
    );
    expect(await rig.refusal('DELETE', SECRETS, {}, CONTROLLER)).to.equal('taken');
    expect(await rig.api.client.find(RUNTIME)).to.equal(undefined);
  });

  it('are all that the operator writes, whatever RBAC lets it', async () => {
    const token = secret('gatehouse-runtime', {
      type: 'kubernetes.io/service-account-token',
      metadata: {
        name: 'gatehouse-runtime',
        annotations: { 'kubernetes.io/service-account.name': 'default' },
      },
    });
    const own = SECRETS.replace('shop', 'gatehouse-system');
    const ownMaps = CONFIG_MAPS.replace('shop', 'gatehouse-system');
    const asked: [method: 'POST' | 'DELETE', path: string, body: object, answer: string][] = [
      ['POST', SECRETS, token, 'writes no Secret but'],
      ['POST', SECRETS, secret('other'), 'writes no Secret but'],
      ['POST', SECRETS, secret('gatehouse-operator-keys'), 'writes no Secret but'],
      ['POST', own, secret('gatehouse-operator-keys'), 'taken'],
      ['POST', own, secret('other'), 'writes no Secret but'],
      ['POST', CONFIG_MAPS, configMap('aws-auth'), 'writes no ConfigMap but'],
      ['POST', CONFIG_MAPS, configMap('gatehouse-trust'), 'writes no ConfigMap but'],
      ['POST', CONFIG_MAPS, configMap('gatehouse-policy-pod-a'), 'taken'],
      ['DELETE', `${CONFIG_MAPS}/gatehouse-policy-pod-a`, {}, 'taken'],
      ['POST', ownMaps, configMap('gatehouse-trust'), 'taken'],
      ['POST', ownMaps, configMap('other'), 'writes no ConfigMap but'],
    ];
    for (const [method, path, body, answer] of asked) {
      const { name = '' } = Object(Object(body).metadata);
      expect(await rig.refusal(method, path, body, OPERATOR), `${path} ${name}`).to.include(answer);
    }
  });
});
