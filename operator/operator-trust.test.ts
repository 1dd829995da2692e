// What policies are carried out with beyond themselves, on a real API server: the issuer of the cluster and its keys.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readEachPolicyFile } from '#platform/file/policy-file.ts';
import { sortByNamespace } from '#platform/file/policy-namespaces.ts';
import { makeAuthority } from './certificates/issue.ts';
import { missingApiServer } from './kube/api-server.fixture.ts';
import { PATHS } from './kube/paths.ts';
import {
  APPLY,
  leastMillis,
  NS,
  type OperatorRig,
  pod,
  policy,
  startOperatorRig,
  until,
} from './operator-rig.fixture.ts';

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

  describe('of an issuer with authorities of its own', () => {
    const MAP = PATHS.configMap(NS, 'corp-ca');
    const issuers = (caBundleRef: object) => ({
      identity: { issuers: [{ name: 'corp', issuer: 'https://idp.example', caBundleRef }] },
    });
    const named = issuers({ kind: 'ConfigMap', name: 'corp-ca' });
    const write = (data: object) =>
      rig.api.client.apply(
        MAP,
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'corp-ca', namespace: NS }, data },
        APPLY,
      );
    const bundle = async (): Promise<string> =>
      Object.values((await rig.document())?.trust?.bundles ?? {}).join();
    const sentence = (says: RegExp) =>
      until(async () => (says.test((await rig.statusOf()).message) ? true : undefined));
    const ca = async (name: string): Promise<string> =>
      `${(await makeAuthority(name, Date.now())).cert.trim()}\n`;

    it('says what is missing, and keeps what is in force', async () => {
      const before = await rig.document();
      await rig.apply(policy('pay', ['list_*'], named));

      await sentence(/issuer corp: ConfigMap payments\/corp-ca does not exist/);
      await write({ other: 'x' });
      await sentence(/ConfigMap payments\/corp-ca has no key ca.crt/);
      await write({ 'ca.crt': 'x' });
      await sentence(/corp-ca key ca.crt must hold 1 to 32 certificates as PEM/);

      expect((await rig.document())?.digest).to.equal(before?.digest);
      const { conditions } = await rig.statusOf();
      expect(conditions).to.deep.include.members([
        { ...conditions[1], type: 'Programmed', status: 'False', reason: 'NotJoined' },
      ]);
    });

    it('is signed with the certificates alone, as they are now, within a second', async () => {
      const [first, second] = await Promise.all([ca('first'), ca('second')]);
      await write({ 'ca.crt': `# a comment\n${first}` });
      await until(async () => ((await bundle()) === first ? true : undefined));

      const took = await leastMillis(async (attempt) => {
        const next = attempt === 2 ? first : second;
        await write({ 'ca.crt': next });
        await until(async () => ((await bundle()) === next ? true : undefined));
      });

      expect(took).to.be.below(1000);
    });

    it('keeps the last good ones when they are gone, and says so', async () => {
      const before = await bundle();
      await rig.api.client.remove(MAP);
      await sentence(/corp-ca does not exist/);

      expect(await bundle()).to.equal(before);
    });

    it('of a baseline are in the namespace of the operator', async () => {
      await rig.apply(policy('pay', ['list_*']));
      await rig.api.client.apply(
        PATHS.clusterPolicy('all'),
        {
          apiVersion: 'gatehouse.dev/v1alpha1',
          kind: 'McpGatewayClusterPolicy',
          metadata: { name: 'all' },
          spec: {
            identity: {
              issuers: [
                {
                  name: 'platform',
                  issuer: 'https://platform.example',
                  caBundleRef: { kind: 'ConfigMap', name: 'platform-ca', key: 'roots.pem' },
                },
              ],
            },
          },
        },
        APPLY,
      );
      await until(async () => {
        const found = Object(await rig.api.client.find(PATHS.clusterPolicy('all'))).status;
        return /ConfigMap gatehouse\/platform-ca does not exist/.test(found?.message) || undefined;
      });
      const text = await ca('platform');
      await rig.api.client.apply(
        PATHS.configMap('gatehouse', 'platform-ca'),
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'platform-ca', namespace: 'gatehouse' },
          data: { 'roots.pem': text },
        },
        APPLY,
      );

      const { trust } = await rig.documentThat(
        (found) =>
          found.trust?.bundles?.['cluster:all/platform'] !== undefined &&
          !found.trust.bundles['pay/corp'],
      );
      expect(trust).to.deep.equal({ bundles: { 'cluster:all/platform': text } });
    });

    it('reach the console in the file of their policy', async () => {
      const text = await ca('console');
      await rig.api.client.remove(PATHS.clusterPolicy('all'));
      await write({ 'ca.crt': text });
      await rig.apply(policy('pay', ['list_*'], named));
      const path = PATHS.configMap('gatehouse', 'gatehouse-console-policies');
      const file = await until(async () => {
        const found = Object(await rig.api.client.find(path)).data?.[`${NS}.pay.yaml`];
        return String(found).includes('\nkind: ConfigMap') ? String(found) : undefined;
      });
      const folder = await mkdtemp(join(tmpdir(), 'gatehouse-console-'));
      await writeFile(join(folder, 'pay.yaml'), file);

      const reading = await readEachPolicyFile([join(folder, 'pay.yaml')]);
      const sorted = sortByNamespace(reading, 'other');
      const loaded = sorted.ok ? sorted.byNamespace.get(NS) : undefined;
      await rm(folder, { recursive: true });

      expect(loaded?.ok && loaded.policy.issuers[0]?.caBundle).to.deep.equal({ kind: 'pem', text });
    });
  });
});
