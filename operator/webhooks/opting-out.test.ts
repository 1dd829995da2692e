import { expect } from 'chai';
import { missingApiServer } from '../kube/api-server.fixture.ts';
import { until } from '../operator-rig.fixture.ts';
import {
  type AdmissionRig,
  DEPLOYMENTS,
  deploymentOf,
  INJECT,
  type Labels,
  OUT,
  pod,
  startAdmissionRig,
  template,
} from './admission-rig.fixture.ts';
import { HELM } from './chart-admission.fixture.ts';

const CRON_JOBS = '/apis/batch/v1/namespaces/shop/cronjobs';
const CONTROLLER = 'system:serviceaccount:kube-system:';
const RIGHT = 'bypasses.gatehouse.dev';

function cronJobOf(name: string, labels: Labels) {
  const { metadata, spec } = template(labels);
  const job = { spec: { template: { metadata, spec: { ...spec, restartPolicy: 'Never' } } } };
  return {
    ...{ apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name } },
    spec: { schedule: '0 0 1 1 *', jobTemplate: job },
  };
}

function jobOf(name: string, labels: Labels) {
  const { metadata, spec } = template(labels);
  return {
    ...{ apiVersion: 'batch/v1', kind: 'Job', metadata: { name } },
    spec: { template: { metadata, spec: { ...spec, restartPolicy: 'Never' } } },
  };
}

function replicaSetOf(name: string, labels: Labels) {
  return { ...deploymentOf(name, labels), kind: 'ReplicaSet' };
}

const BY_HAND = [
  ['Deployment', DEPLOYMENTS, deploymentOf],
  ['CronJob', CRON_JOBS, cronJobOf],
] as const;

/** Of a developer of the namespace, without the right to bypass. */
const ROLE = {
  rules: [
    { apiGroups: [''], resources: ['pods'], verbs: ['*'] },
    { apiGroups: ['apps', 'batch'], resources: ['*'], verbs: ['*'] },
    { apiGroups: [''], resources: ['namespaces', 'namespaces/status'], verbs: ['*'] },
  ],
};

describe('opting out, by a real API server', function () {
  this.timeout(180_000);
  let rig: AdmissionRig;

  before(async function () {
    if (missingApiServer() !== undefined || HELM === undefined) return this.skip();
    rig = await startAdmissionRig();
    const rbac = '/apis/rbac.authorization.k8s.io/v1';
    await rig.api.client.create(`${rbac}/clusterroles`, { metadata: { name: 'dev' }, ...ROLE });
    await rig.api.client.create(`${rbac}/clusterrolebindings`, {
      metadata: { name: 'dev' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'dev' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'jane' }],
    });
    // The API server takes each guard up in its own time, and her rights, too.
    const out = deploymentOf('tried', OUT);
    const trying = () => rig.refusal('POST', `${DEPLOYMENTS}?dryRun=All`, out, 'jane');
    await until(async () => ((await trying()).includes(RIGHT) ? true : undefined));
  });
  after(async () => {
    await rig?.stop();
  });

  for (const [kind, path, objectOf] of BY_HAND) {
    it(`records who took a ${kind} out of the gateway by the label of its pods, or in`, async () => {
      const name = kind.toLowerCase();
      await rig.api.client.create(path, objectOf(name, INJECT));
      await rig.merge(`${path}/${name}`, objectOf(name, OUT));
      await rig.merge(`${path}/${name}`, {
        metadata: { annotations: { note: 'other' } },
      });
      await rig.merge(`${path}/${name}`, objectOf(name, { 'gatehouse.dev/inject': null }));

      expect(rig.changesOf(name)).to.deep.equal([
        'admin >true',
        'admin true>false',
        'admin false>',
      ]);
    });
  }

  it('lets nobody out whose leaving cannot be recorded, and records no dry run', async () => {
    const out = deploymentOf('leaving', OUT);
    await rig.api.client.create(DEPLOYMENTS, deploymentOf('leaving', INJECT));

    const dry = await rig.refusal('PATCH', `${DEPLOYMENTS}/leaving?dryRun=All`, out);
    rig.log.isAway = true;
    const refused = await rig.refusal('PATCH', `${DEPLOYMENTS}/leaving`, out);
    rig.log.isAway = false;

    expect([dry, rig.changesOf('leaving')]).to.deep.equal(['taken', ['admin >true']]);
    expect(refused).to.include('cannot record this change');
  });

  const ways: [what: string, path: string, body: object][] = [
    ['a Deployment', DEPLOYMENTS, deploymentOf('quiet', OUT)],
    ['a ReplicaSet', '/apis/apps/v1/namespaces/shop/replicasets', replicaSetOf('quiet', OUT)],
    ['a Job', '/apis/batch/v1/namespaces/shop/jobs', jobOf('quiet', OUT)],
    ['a pod of an enabled namespace', '/api/v1/namespaces/open/pods', pod('quiet', OUT)],
  ];
  for (const [what, path, body] of ways) {
    it(`by ${what} needs the right to, and is recorded`, async () => {
      rig.log.entries.length = 0;

      expect(await rig.refusal('POST', path, body, 'jane')).to.include(RIGHT);
      expect(rig.changesOf('quiet')).to.deep.equal([]);
      expect(await rig.refusal('POST', path, body)).to.equal('taken');
      expect(rig.changesOf('quiet')).to.deep.equal(['admin >false']);
    });
  }

  it('by a pod that is there needs the right to, and is recorded', async () => {
    const path = '/api/v1/namespaces/open/pods';
    const labelled = (value: string | null) => ({
      metadata: { labels: { 'gatehouse.dev/inject': value } },
    });
    await rig.api.client.create(path, pod('later', OUT));
    await rig.refusal('PATCH', `${path}/later`, labelled(null));

    expect(await rig.refusal('PATCH', `${path}/later`, labelled('false'), 'jane')).to.include(
      RIGHT,
    );
    expect(await rig.refusal('PATCH', `${path}/later`, labelled('false'))).to.equal('taken');
    expect(rig.changesOf('later')).to.deep.equal(['admin >false', 'admin false>', 'admin >false']);
  });

  it('by a namespace needs the right to, and is recorded, by whichever door its labels are written', async () => {
    const labelled = (value: string) => ({
      metadata: { labels: { 'gatehouse.dev/injection': value } },
    });

    for (const door of ['', '/status']) {
      const path = `/api/v1/namespaces/open${door}`;
      rig.log.entries.length = 0;

      expect(await rig.refusal('PATCH', path, labelled('disabled'), 'jane'), door).to.include(
        RIGHT,
      );
      expect(await rig.refusal('PATCH', path, labelled('disabled')), door).to.equal('taken');
      expect(await rig.refusal('PATCH', path, labelled('enabled')), door).to.equal('taken');
      expect(rig.changesOf('open'), door).to.deep.equal([
        'admin enabled>disabled',
        'admin disabled>enabled',
      ]);
    }
  });

  it('a pod elsewhere says so for nothing', async () => {
    const path = '/api/v1/namespaces/shop/pods';

    expect(await rig.refusal('POST', path, pod('plain', OUT), 'jane')).to.equal('taken');
  });

  it('what the cluster makes of a workload is as that was allowed, and not recorded again', async () => {
    const made: [controller: string, path: string, body: object][] = [
      ['replicaset-controller', '/api/v1/namespaces/open/pods', pod('child', OUT)],
      ['cronjob-controller', '/apis/batch/v1/namespaces/shop/jobs', jobOf('child', OUT)],
      ['cronjob-controller', '/apis/batch/v1/namespaces/shop/jobs', jobOf('child-2', INJECT)],
      [
        'deployment-controller',
        '/apis/apps/v1/namespaces/shop/replicasets',
        replicaSetOf('child', OUT),
      ],
    ];
    const answers: string[] = [];
    for (const [controller, path, body] of made) {
      answers.push(await rig.refusal('POST', path, body, `${CONTROLLER}${controller}`));
    }

    expect(answers).to.deep.equal(['taken', 'taken', 'taken', 'taken']);
    expect([...rig.changesOf('child'), ...rig.changesOf('child-2')]).to.deep.equal([]);
  });
});
