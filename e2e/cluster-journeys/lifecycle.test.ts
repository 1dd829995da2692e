// The life of an installation with a Redis of the platform team's own: a new release rolls without a gap and without
// a restart of anybody's pod, the chart is not removed under governed workloads unless somebody insists, and comes back.

import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { KUBECONFIG } from '#e2e/cluster/addresses.ts';
import { NEXT_TAG } from '#e2e/cluster/images.ts';
import { connectLegacy, type DemoClient } from '#e2e/demo/clients.ts';
import { type OidcProvider, startOidcProvider } from '#e2e/servers/oidc-provider.ts';
import { startRedis, type TestRedis } from '#platform/redis/redis-server.fixture.ts';
import { ARCHIVE, makeArchive, removeArchive } from './archive-volume.ts';
import {
  apply,
  kubectl,
  type Manifest,
  makeNamespace,
  removeNamespace,
  rolledOut,
} from './cluster.ts';
import { eventually } from './eventually.ts';
import { commandsUnder, commandWith, type Desk, openDesk } from './guide.ts';
import { installGatehouse, removeGatehouse, SYSTEM, untilNoTrace } from './installation.ts';
import { untilMetric } from './operator-metric.ts';
import { addressOf, deployment, HOST, policy, RULES, SERVER, service, USERS } from './stage.ts';
import { untilGoverned } from './until-governed.ts';
import { keepCalling, watchAdmission } from './without-a-gap.ts';

const GUIDE = 'docs/kubernetes.md';
const VALUES = {
  'redis.existingSecret': '"evidence-redis"',
  'archive.existingClaim': JSON.stringify(ARCHIVE.claim),
} as const;
const UPGRADED = { ...VALUES, 'image.tag': JSON.stringify(NEXT_TAG) } as const;
const ALLOWED = [RULES[0]];
const HELLO = { message: 'hello' };

describe('an installation', () => {
  let redis: TestRedis;
  let provider: OidcProvider;
  let desk: Desk;
  let namespace: string;
  let url: string;
  let client: DemoClient;
  const govern = (rules: readonly object[]) =>
    apply(
      namespace,
      policy({ provider, url }, { rules, approvals: undefined, masking: undefined }),
    );

  before(async () => {
    await removeGatehouse();
    redis = await startRedis(REDIS_FLAGS);
    await makeOwnRedisSecret(redis);
    await makeArchive();
    await installGatehouse(VALUES);
    provider = await startOidcProvider({ host: HOST, alg: 'ES256', users: USERS });
    desk = await openDesk({});
    namespace = await makeNamespace('lifecycle');
    await apply(namespace, service());
    url = `http://${await addressOf(namespace)}/mcp`;
    await govern(ALLOWED);
    await apply(namespace, optedIn(deployment(2, { terminationGracePeriodSeconds: 5 })));
    await rolledOut(namespace, `deployment/${SERVER}`);
    await untilGoverned(url);
    client = await connectLegacy(url, await provider.token({ sub: 'alice', audience: url }));
  });

  after(async () => {
    await client?.close();
    if (namespace !== undefined) await removeNamespace(namespace);
    await removeGatehouse();
    await removeArchive();
    await desk?.close();
    await provider?.close();
    await redis?.stop();
  });

  it('serves with a Redis that is named, and brings none', async () => {
    const answer = await client.call('echo', HELLO);
    const own = await kubectl('-n', SYSTEM, 'get', 'statefulsets', '-o', 'name');

    expect(answer.isError).to.equal(false);
    expect(own).to.equal('');
  });

  it('rolls to another release without a gap in admission or in calls, and restarts nobody', async () => {
    const before = await podsOf(namespace);
    const watching = watchAdmission(namespace);
    const calling = keepCalling(client);

    await installGatehouse(UPGRADED);

    const [reviews, calls] = [await watching.stop(), await calling.stop()];
    expect(reviews.problems).to.deep.equal([]);
    expect(reviews.count).to.be.above(20);
    expect(calls.problems).to.deep.equal([]);
    expect(calls.count).to.be.above(20);
    expect(await podsOf(namespace)).to.deep.equal(before);
  });

  it('counts sidecars of the release before, in status, in a metric and in gatehouse check', async () => {
    const path = 'jsonpath={.status.targets.outdated}';
    await eventually(
      'two outdated sidecars',
      async () => (await kubectl('-n', namespace, 'get', 'mgp', SERVER, '-o', path)) === '2',
    );
    await untilMetric('gatehouse_operator_pods{state="outdated"}', 2);
    const columns = await kubectl('-n', namespace, 'get', 'mgp', '-o', 'wide');
    const found = await desk.mustRun('gatehouse check');

    expect(columns.split('\n')[0]).to.include(' OUTDATED ');
    expect(found).to.include(`policy ${namespace}/${SERVER}: 2 pods have a sidecar older`);
  });

  it('has the new sidecar where somebody restarts a workload, and counts none then', async () => {
    await kubectl('-n', namespace, 'rollout', 'restart', `deployment/${SERVER}`);
    await rolledOut(namespace, `deployment/${SERVER}`);
    const path = 'jsonpath={.status.targets.outdated}/{.status.pods}';
    await eventually(
      'no outdated sidecar',
      async () => (await kubectl('-n', namespace, 'get', 'mgp', SERVER, '-o', path)) === '0/2/2',
    );
    await client.close();
    client = await connectLegacy(url, await provider.token({ sub: 'alice', audience: url }));

    expect((await client.call('echo', HELLO)).isError).to.equal(false);
  });

  it('keeps verified evidence on the volume that it was given, which verifies with what Redis still has', async function () {
    // Of a cluster that somebody gave us, the folders of nodes are elsewhere.
    if (process.env.KUBECONFIG !== KUBECONFIG) this.skip();
    const folder = join(ARCHIVE.folder, namespace);
    await eventually('its archive', async () => existsSync(folder), 120_000);
    await desk.mustRun('gatehouse evidence trust > trust.pub');
    const { user, password } = LOGIN;
    const url = `redis://${user}:${password}@127.0.0.1:${redis.port}`;
    const verify = 'gatehouse evidence verify --trust trust.pub';

    const said = await eventually(
      'an archive that verifies',
      async () => {
        const alone = await desk.run(`${verify} ${folder} --json`);
        return alone.out !== '' && JSON.parse(alone.out).records > 0 && alone;
      },
      120_000,
    );
    const both = await desk.mustRun(
      `GATEHOUSE_REDIS=${url} ${verify} --redis-namespace ${namespace} --archive ${folder}`,
    );

    expect(said.code, said.out).to.equal(0);
    expect(both).to.include('VERIFIED');
  });

  it('stays while workloads are governed, and says how many', async () => {
    const [uninstall = '', look = ''] = commandsUnder(GUIDE, 'Uninstall');

    const refused = await desk.run(uninstall);

    expect(refused.code).to.not.equal(0);
    expect((await desk.mustRun(look)).trim()).to.match(
      /^2 pods are governed \(.*force-uninstall=true/,
    );
    expect((await client.call('echo', HELLO)).isError).to.equal(false);
    const guards = await kubectl('get', 'mutatingwebhookconfigurations', 'gatehouse', '-o', 'name');
    expect(guards).to.include('gatehouse');
  });

  it('that was kept is upgraded again after one step, without another pod of anybody', async () => {
    const before = await podsOf(namespace);
    const commands = commandsUnder(GUIDE, 'Uninstall');
    const refused = await installGatehouse(UPGRADED).catch(String);

    await desk.mustRun(commandWith(commands, 'helm rollback'));
    await installGatehouse(UPGRADED);

    expect(refused).to.include('has no deployed releases');
    expect(await podsOf(namespace)).to.equal(before);
    // As others will insist: on one whose removal was refused.
    expect((await desk.run(commands[0] ?? '')).code).to.not.equal(0);
  });

  it('goes when somebody insists: on record, without a trace, and without ending what is governed', async () => {
    const before = await podsOf(namespace);
    const commands = commandsUnder(GUIDE, 'Uninstall');
    const insist = commandWith(commands, 'force-uninstall=true');

    await desk.mustRun(insist);

    await untilNoTrace();
    expect(await podsOf(namespace)).to.deep.equal(before);
    expect((await client.call('echo', HELLO)).isError).to.equal(false);
    expect(writtenIn(redis)).to.match(/"forced":true[^{}]*\}[^{}]*"type":"install\.removed"/);
  });

  it('comes back and governs again what it finds, which was not restarted', async () => {
    const before = await podsOf(namespace);

    await installGatehouse(UPGRADED);

    const denied = { ...RULES[1], name: 'no-more', when: ['args.message == "hello"'] };
    await govern([...ALLOWED, denied]);
    await eventually(
      'a changed policy in force',
      async () => (await client.call('echo', HELLO)).isError,
    );
    expect(await podsOf(namespace)).to.deep.equal(before);
  });
});

/** Where pods reach it: with a user of its own, as in production. */
const LOGIN = { user: 'gatehouse', password: 'of-a-test-that-ends' } as const;
const REDIS_FLAGS = [
  ...['--appendonly', 'yes', '--appendfsync', 'always', '--maxmemory-policy', 'noeviction'],
  ...['--bind', '127.0.0.1', HOST, '--protected-mode', 'no'],
  ...['--user', LOGIN.user, 'on', `>${LOGIN.password}`, '~*', '&*', '+@all'],
];

/** What it has on its disk: a record is one line of canonical JSON. */
function writtenIn({ folder }: TestRedis): string {
  const files = globSync(join(folder, 'appendonlydir', '*.aof'));
  return files.map((file) => readFileSync(file, 'utf8')).join('\n');
}

async function makeOwnRedisSecret({ port }: TestRedis): Promise<void> {
  const { user, password } = LOGIN;
  await kubectl('create', 'namespace', SYSTEM);
  await apply(SYSTEM, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'evidence-redis' },
    stringData: { url: `redis://${user}:${password}@${HOST}:${port}` },
  });
}

function optedIn(manifest: Manifest): Manifest {
  const annotations = { 'gatehouse.dev/inject': 'true' };
  return { ...manifest, metadata: { ...Object(manifest.metadata), annotations } };
}

/** Names, and how often each container of them was started. */
async function podsOf(namespace: string): Promise<string> {
  const counts = 'jsonpath={range .items[*]}{.metadata.uid} {.status..restartCount}{"\\n"}{end}';
  const found = await kubectl('-n', namespace, 'get', 'pods', '-l', `app=${SERVER}`, '-o', counts);
  return found.split('\n').sort().join('\n');
}
