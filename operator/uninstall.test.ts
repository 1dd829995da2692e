import { expect } from 'chai';
import { missingApiServer, startApiServer, type TestApiServer } from './kube/api-server.fixture.ts';
import { prepareUninstall } from './uninstall.ts';

const WEBHOOKS = '/apis/admissionregistration.k8s.io/v1';
const MUTATING = `${WEBHOOKS}/mutatingwebhookconfigurations`;

describe('before the chart goes, on a real API server', function () {
  this.timeout(120_000);
  let api: TestApiServer;
  const records: object[] = [];
  const said: string[] = [];
  const prepare = () =>
    prepareUninstall({
      client: api.client,
      namespace: 'default',
      record: async (detail) => void records.push(detail),
      say: (line) => void said.push(line),
    });

  before(async function () {
    if (missingApiServer() !== undefined) this.skip();
    api = await startApiServer();
    await api.client.create(MUTATING, {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      metadata: { name: 'gatehouse' },
    });
    await api.client.create('/api/v1/namespaces/default/pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'payments', labels: { 'gatehouse.dev/injected': '0.1.0' } },
      spec: { automountServiceAccountToken: false, containers: [{ name: 'a', image: 'a' }] },
    });
  });
  after(async () => {
    await api?.stop();
  });

  it('it stays while a workload is governed, and says which', async () => {
    expect(await prepare()).to.equal(false);
    expect(said.at(-1)).to.match(
      /1 pods are governed \(default\/payments\).*annotate namespace default gatehouse.dev\/force-uninstall=true; .*helm rollback RELEASE LAST_REVISION/,
    );
    expect(await api.client.find(`${MUTATING}/gatehouse`)).to.not.equal(undefined);
    expect(records).to.deep.equal([]);
  });

  it('it goes when somebody insists: recorded first, then without webhooks', async () => {
    const annotations = { 'gatehouse.dev/force-uninstall': 'true' };
    await api.client.merge('/api/v1/namespaces/default', { metadata: { annotations } });

    expect(await prepare()).to.equal(true);
    expect(records).to.deep.equal([{ governed: 1, forced: true }]);
    expect(await api.client.find(`${MUTATING}/gatehouse`)).to.equal(undefined);
  });

  it('it goes when nothing is governed any more', async () => {
    await api.client.remove('/api/v1/namespaces/default/pods/payments');

    const annotations = { 'gatehouse.dev/force-uninstall': null };
    await api.client.merge('/api/v1/namespaces/default', { metadata: { annotations } });

    expect(await prepare()).to.equal(true);
  });
});
