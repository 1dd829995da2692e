import { expect } from 'chai';
import { bundledRedisUrl } from './keys/bundled-redis.ts';
import { ensureConsoleRedis } from './keys/console-redis.ts';
import { findTrust } from './keys/published-trust.ts';
import { readTexts } from './keys/secrets.ts';
import { missingApiServer } from './kube/api-server.fixture.ts';
import { PATHS } from './kube/paths.ts';
import {
  APPLY,
  KEY,
  leastMillis,
  NS,
  type OperatorRig,
  pod,
  policy,
  SUBJECT,
  startOperatorRig,
  tools,
  until,
} from './operator-rig.fixture.ts';

describe('the operator, on a real API server and a real Redis', function () {
  this.timeout(120_000);
  let rig: OperatorRig;

  before(async function () {
    if (missingApiServer() !== undefined) this.skip();
    rig = await startOperatorRig();
    await rig.api.client.create(`/api/v1/namespaces/${NS}/pods`, pod('pay-0'));
    await rig.apply(policy('pay', ['get_*']));
  });
  after(async () => {
    await rig?.stop();
  });

  it('signs a document for a workload once its pod and a policy are there', async () => {
    const found = await rig.documentThat((one) => tools(one).includes('get_*'));

    expect(found.workload).to.deep.equal(SUBJECT.workload);
    expect(found.sources.map(({ name, generation }) => [name, generation])).to.deep.equal([
      ['pay', 1],
    ]);
  });

  it('raises the floor to a change, where a gateway can read and not write it', async () => {
    const { generation } = await rig.documentThat(() => true);
    const floor = await until(async () => rig.operator.redis.state?.floor(NS as never, KEY));
    const [, payload = ''] = floor.split('.');

    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).to.deep.equal({
      generation,
      key: KEY,
    });
    const texts = readTexts(await rig.api.client.find(PATHS.secret(NS, 'gatehouse-runtime')));
    const own = new URL(texts.get('redis-url') ?? '');
    const { Redis } = await import('ioredis');
    const gateway = new Redis(own.href);
    expect(await gateway.get(`gh:{${NS}/policy}:floor:${KEY}`)).to.equal(floor);
    for (const refused of [
      () => gateway.set(`gh:{${NS}/policy}:floor:${KEY}`, 'x'),
      () => gateway.get('gh:{other/policy}:floor:x'),
      () => gateway.del(`gh:{${NS}/policy}:floor:${KEY}`),
      () => gateway.acl('LIST'),
    ]) {
      expect(String(await refused().catch((error: unknown) => error))).to.include('NOPERM');
    }
    gateway.disconnect();
  });

  it('gives the console its keys, and a Redis user who works in every namespace and changes no other', async () => {
    const path = PATHS.secret('gatehouse', 'gatehouse-console-keys');
    const texts = readTexts(await rig.api.client.find(path));
    const url = new URL(texts.get('redis-url') ?? '');
    const { Redis } = await import('ioredis');
    const console = new Redis(url.href);
    const all = `gh:{other/approvals}:all`;

    const written = await until(() => console.zadd(all, 1, 'x').catch(() => undefined));
    const refused = await console.acl('LIST').catch((error: unknown) => String(error));

    expect(written).to.equal(1);
    expect(refused).to.include('NOPERM');
    expect([...texts.keys()].sort()).to.deep.equal([
      ...['approval.key', 'approval.pub', 'recording.key', 'redis-url', 'sealing.keys'],
      ...['trust.key', 'trust.pub'],
    ]);
    console.disconnect();
  });

  it('tells the console where the authority of its Redis is, when it has one of its own', async () => {
    const { client } = rig.api;
    const settings = { namespace: 'gatehouse', redisUrl: rig.redis.url };

    await ensureConsoleRedis({ client, settings, redisCa: 'PEM' }, rig.operator.keys);

    const path = PATHS.secret('gatehouse', 'gatehouse-console-keys');
    const texts = readTexts(await client.find(path));
    expect(texts.get('redis-ca.crt')).to.equal('PEM');
    expect(texts.get('redis-ca-file')).to.equal('/etc/gatehouse/keys/redis-ca.crt');
  });

  it('makes one password for the Redis of the chart, whichever replica comes first', async () => {
    const address = 'redis://gatehouse-redis.gatehouse.svc:6379';

    const [first, second] = await Promise.all(
      [1, 2].map(() => bundledRedisUrl(rig.api.client, 'gatehouse', address)),
    );

    const { username, password, host } = new URL(first ?? '');
    expect({ username, host }).to.deep.equal({ username: 'default', host: new URL(address).host });
    expect(password).to.have.length(43);
    expect(second).to.equal(first);
  });

  it('publishes what an auditor verifies with, and no private half of it', async () => {
    const found = await until(() => findTrust(rig.api.client, 'gatehouse'));

    expect(found.match(/BEGIN PUBLIC KEY/g)).to.have.length(2);
    expect(found).to.include(rig.operator.keys.trust.publicPem).and.not.include('PRIVATE');
  });

  it('makes the runtime Secret whole, and leaves what is the namespace’s own', async () => {
    const path = PATHS.secret(NS, 'gatehouse-runtime');
    const texts = readTexts(await rig.api.client.find(path));

    expect([...texts.keys()].sort()).to.deep.equal([
      'approval.pub',
      'masking.key',
      'operator-ca.crt',
      'policy-keys.json',
      'recording.pub',
      'redis-url',
      'sealing.keys',
      'upstream-signing-key.pem',
    ]);
    expect(texts.get('approval.pub')).to.include('PUBLIC').and.not.include('PRIVATE');
    expect(texts.get('recording.pub')).to.include('PUBLIC').and.not.include('PRIVATE');
    expect(texts.get('policy-keys.json')).to.not.include('"d"');
  });

  it('has a change in the ConfigMap in well under a second', async () => {
    const before = await rig.documentThat(() => true);

    const took = await leastMillis(async (attempt) => {
      await rig.apply(policy('pay', ['get_*', `list_${attempt}`]));
      await rig.documentThat((one) => tools(one).includes(`list_${attempt}`));
    });

    expect(took).to.be.below(1000);
    expect((await rig.documentThat(() => true)).generation).to.be.above(before.generation);
  });

  it('writes nothing when nothing changed', async () => {
    const version = async () => [
      Object(await rig.api.client.find(PATHS.policy(NS, 'pay'))).metadata.resourceVersion,
      Object(await rig.api.client.find(PATHS.configMap(NS, `gatehouse-policy-${KEY}`))).metadata
        .resourceVersion,
      Object(await rig.api.client.find(PATHS.secret(NS, 'gatehouse-runtime'))).metadata
        .resourceVersion,
    ];
    const { generation } = Object(await rig.api.client.find(PATHS.policy(NS, 'pay'))).metadata;
    await until(async () =>
      (await rig.statusOf()).observedGeneration === generation ? true : undefined,
    );
    const before = await version();

    for (let times = 0; times < 3; times += 1) {
      rig.operator.heard(NS);
      await new Promise((resolve) => setTimeout(resolve, 150));
    }

    expect(await version()).to.deep.equal(before);
  });

  it('joins a baseline, and forbids observing where it says so', async () => {
    await rig.api.client.apply(
      PATHS.clusterPolicy('pci'),
      {
        apiVersion: 'gatehouse.dev/v1alpha1',
        kind: 'McpGatewayClusterPolicy',
        metadata: { name: 'pci' },
        spec: {
          mode: 'Enforce',
          rules: [{ name: 'never', effect: 'Deny', match: { tools: ['drop_all'] } }],
        },
      },
      APPLY,
    );
    await rig.apply(policy('pay', ['get_*'], { mode: 'Observe' }));

    const found = await rig.documentThat(
      (one) =>
        one.policies.length === 2 &&
        tools(one).includes('drop_all') &&
        !tools(one).includes('third'),
    );

    expect(found.policies.map(({ kind }) => kind)).to.deep.equal([
      'McpGatewayClusterPolicy',
      'McpGatewayPolicy',
    ]);
    await until(async () => ((await rig.statusOf()).mode === 'Enforce' ? true : undefined));
    await until(async () =>
      Object(await rig.api.client.find(PATHS.clusterPolicy('pci'))).status?.pods === '0/1'
        ? true
        : undefined,
    );
  });

  it('puts back a ConfigMap that somebody changed', async () => {
    const before = await rig.documentThat(() => true);
    const path = PATHS.configMap(NS, `gatehouse-policy-${KEY}`);
    await rig.api.client.merge(path, { data: { 'policy.jws': 'forged' } });

    const after = await rig.documentThat(({ digest }) => digest === before.digest);

    expect(after.generation).to.be.at.least(before.generation);
  });

  it('writes the policies of all namespaces for the console', async () => {
    const data = await until(
      async () =>
        Object(
          await rig.api.client.find(PATHS.configMap('gatehouse', 'gatehouse-console-policies')),
        ).data,
    );

    expect(Object.keys(data)).to.deep.equal([`${NS}.pay.yaml`]);
  });

  it('denies everything when the last policy is gone', async () => {
    await rig.api.client.remove(PATHS.clusterPolicy('pci'));
    await rig.api.client.remove(PATHS.policy(NS, 'pay'));

    const found = await rig.documentThat(({ sources }) => sources.length === 0);

    expect(found.policies.map(({ metadata }) => metadata.name)).to.deep.equal(['no-policy']);
  });

  it('goes on from what it finds after a restart', async () => {
    const before = await rig.documentThat(() => true);
    await rig.restart();
    await until(async () => (rig.operator.leads ? true : undefined));
    rig.operator.heard(NS);
    await new Promise((resolve) => setTimeout(resolve, 300));

    expect(await rig.document()).to.deep.equal(before);
    expect(rig.lines.join('')).to.not.include('PRIVATE');
  });
});
