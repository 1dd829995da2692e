// What policies are carried out with beyond themselves, on a real API server: the issuer of the cluster and its keys.

import { expect } from 'chai';
import { missingApiServer } from './kube/api-server.fixture.ts';
import { PATHS } from './kube/paths.ts';
import { NS, type OperatorRig, pod, policy, startOperatorRig } from './operator-rig.fixture.ts';

describe('the trust of policy documents, on a real API server and a real Redis', () => {
  let rig: OperatorRig;

  before(async function () {
    if (missingApiServer() !== undefined) this.skip();
    rig = await startOperatorRig();
    await rig.api.client.create(`/api/v1/namespaces/${NS}/pods`, pod('pay-0'));
  });

  after(() => rig?.stop());

  it('holds nothing where policies need nothing', async () => {
    await rig.apply(policy('pay', ['get_*']));

    expect((await rig.documentThat(() => true)).trust).to.equal(undefined);
  });

  it('holds the issuer of the cluster and its public keys where a policy lists ServiceAccounts', async () => {
    const serviceAccounts = [{ namespace: 'ci', name: 'runner' }];
    await rig.apply(policy('pay', ['get_*'], { identity: { serviceAccounts } }));

    const { trust } = await rig.documentThat((found) => found.trust !== undefined);
    const published = Object(
      await rig.api.client.list(PATHS.openidKeys, {}, 'application/jwk-set+json'),
    );

    expect(trust?.cluster?.issuer).to.equal('https://kubernetes.default.svc');
    expect(trust?.cluster?.keys.map(({ kid }) => kid)).to.deep.equal(
      published.keys.map(({ kid }: { kid: string }) => kid),
    );
  });
});
