import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { Agent, request } from 'undici';
import { parseAllDocuments } from 'yaml';
import { createLogger } from '#platform/process/log.ts';
import { issueLeaf, makeAuthority } from '../certificates/issue.ts';
import { SETTINGS } from '../injection/injection.testkit.ts';
import { compareInjected } from '../injection/status.ts';
import {
  missingApiServer,
  startApiServer,
  type TestApiServer,
} from '../kube/api-server.fixture.ts';
import { ADMISSION_PATHS, admissionManifests, HELM } from './chart-admission.fixture.ts';
import { namespacesHandler } from './namespaces.ts';
import { optingHandler } from './opting.ts';
import { podsHandler } from './pods.ts';
import { policiesHandler } from './policies.ts';
import { startWebhooks, type WebhookServer } from './server.ts';
import { evidence, POLICY, worldOf } from './webhooks.testkit.ts';
import { workloadsHandler } from './workloads.ts';

const IMAGE = 'registry.example/gatehouse/gatehouse-sidecar:0.1.0';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/shop/deployments';
const PODS = '/api/v1/namespaces/shop/pods';

function template(labels: Labels = {}) {
  const container = { name: 'server', image: 'server:1', ports: [{ containerPort: 3000 }] };
  return {
    metadata: { labels: { app: 'payments', ...labels } },
    spec: { containers: [container], serviceAccountName: 'default' },
  };
}

function deployment(name: string, annotations: Record<string, string> = {}) {
  return {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, annotations } },
    spec: { selector: { matchLabels: { app: 'payments' } }, template: template() },
  };
}

type Labels = Readonly<Record<string, string | null>>;

function make(name: string, labels: Labels) {
  return {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name } },
    spec: { selector: { matchLabels: { app: 'payments' } }, template: template(labels) },
  };
}

function makeCronJob(name: string, labels: Labels) {
  const { metadata, spec } = template(labels);
  const job = { spec: { template: { metadata, spec: { ...spec, restartPolicy: 'Never' } } } };
  return {
    ...{ apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name } },
    spec: { schedule: '0 0 1 1 *', jobTemplate: job },
  };
}

const BY_HAND = [
  ['Deployment', DEPLOYMENTS, make],
  ['CronJob', '/apis/batch/v1/namespaces/shop/cronjobs', makeCronJob],
] as const;

function pod(name: string, labels: Record<string, string> = {}, spec = template().spec) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: 'payments', ...labels } },
    spec,
  };
}

const STOLEN = {
  ...template().spec,
  volumes: [
    {
      name: 'x',
      projected: {
        sources: [{ serviceAccountToken: { audience: 'gatehouse.dev/operator', path: 'token' } }],
      },
    },
  ],
};

const INJECT = { 'gatehouse.dev/inject': 'true' };

describe('admission by a real API server', function () {
  this.timeout(180_000);
  let api: TestApiServer;
  let server: WebhookServer;
  const log = evidence();
  const agent = new Agent({ connect: { rejectUnauthorized: false } });

  before(async function () {
    if (missingApiServer() !== undefined || HELM === undefined) return this.skip();
    const authority = await makeAuthority('test', Date.now());
    const world = worldOf({
      namespaceLabels: (name) =>
        name === 'strict' ? { 'gatehouse.dev/injection': 'required' } : {},
    });
    const settings = { ...SETTINGS, sidecarImage: IMAGE };
    const signStatus = async (text: string) => text;
    const handlers = new Map([
      ['/pods', podsHandler({ world, settings, signStatus })],
      ['/workloads', workloadsHandler(world)],
      ['/opting', optingHandler(log.append)],
      ['/policies', policiesHandler(log.append)],
      ['/namespaces', namespacesHandler(log.append)],
    ]);
    const certificate = await issueLeaf(authority, ['localhost'], Date.now());
    const silent = createLogger({ level: 'error', now: () => '', write: () => undefined });
    server = await startWebhooks({
      host: '127.0.0.1',
      port: 0,
      certificate,
      handlers,
      log: silent,
    });
    api = await startApiServer();
    await prepare(authority.cert);
  });

  after(async () => {
    await agent.close();
    await server?.close();
    await api?.stop();
  });

  async function prepare(ca: string): Promise<void> {
    const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    const yaml = readFileSync(
      new URL('../../crds/gatehouse.dev_mcpgatewaypolicies.yaml', import.meta.url),
      'utf8',
    );
    await api.client.create(crds, parseAllDocuments(yaml)[0]!.toJS());
    for (const name of ['shop', 'strict']) {
      const labels = name === 'strict' ? { 'gatehouse.dev/injection': 'required' } : {};
      await api.client.create('/api/v1/namespaces', { metadata: { name, labels } });
    }
    for (const document of admissionManifests(server.port, ca)) {
      await api.client.create(ADMISSION_PATHS[String(document.kind)]!, document);
    }
    await untilRefused();
  }

  /** The API server takes new policies up within a second or so. */
  async function untilRefused(): Promise<void> {
    for (let attempt = 0; attempt < 200; attempt += 1) {
      const path = '/api/v1/namespaces/strict/pods?dryRun=All';
      const webhook = await refusal('POST', path, pod('x', { app: 'nobody' }));
      const guard = await refusal('POST', `${PODS}?dryRun=All`, pod('x', {}, STOLEN));
      const isUp = webhook.includes('Gatehouse: no valid McpGatewayPolicy');
      if (isUp && guard.includes('are the gateway')) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error('webhooks and guards were not taken up');
  }

  /** Its message, which the operator's own client keeps nothing of; `taken` when there is none. */
  async function refusal(method: 'POST' | 'PATCH', path: string, body: object): Promise<string> {
    const answer = await request(api.access.url + path, {
      ...{ method, dispatcher: agent, body: JSON.stringify(body) },
      headers: {
        authorization: (await api.access.authorization()) ?? '',
        'content-type':
          method === 'POST' ? 'application/json' : 'application/strategic-merge-patch+json',
      },
    });
    const said = (await answer.body.json()) as { message?: string };
    return answer.statusCode < 300 ? 'taken' : (said.message ?? '');
  }

  /** Who changed which label of this workload, in their order. */
  function changesOf(name: string): readonly string[] {
    return log.entries
      .filter(({ type, detail }) => type === 'injection.changed' && detail.name === name)
      .map(({ detail }) => `${detail.user} ${detail.from}>${detail.to}`);
  }

  it('carries the annotation of a Deployment to its pods, and takes it away again', async () => {
    await api.client.create(DEPLOYMENTS, deployment('payments'));
    const on = Object(
      await api.client.merge(`${DEPLOYMENTS}/payments`, { metadata: { annotations: INJECT } }),
    );
    const off = Object(
      await api.client.merge(`${DEPLOYMENTS}/payments`, {
        metadata: { annotations: { 'gatehouse.dev/inject': null } },
      }),
    );

    expect(on.spec.template.metadata.labels).to.deep.equal({ app: 'payments', ...INJECT });
    expect(off.spec.template.metadata.labels).to.deep.equal({ app: 'payments' });
    expect(changesOf('payments')).to.deep.equal(['admin >true', 'admin true>']);
  });

  for (const [kind, path, make] of BY_HAND) {
    it(`records who took a ${kind} out of the gateway by the label of its pods, or in`, async () => {
      const name = kind.toLowerCase();
      await api.client.create(path, make(name, INJECT));
      await api.client.merge(`${path}/${name}`, make(name, { 'gatehouse.dev/inject': 'false' }));
      await api.client.merge(`${path}/${name}`, { metadata: { annotations: { note: 'other' } } });
      await api.client.merge(`${path}/${name}`, make(name, { 'gatehouse.dev/inject': null }));

      expect(changesOf(name)).to.deep.equal(['admin >true', 'admin true>false', 'admin false>']);
    });
  }

  it('lets nobody out whose leaving cannot be recorded, and records no dry run', async () => {
    const out = make('leaving', { 'gatehouse.dev/inject': 'false' });
    await api.client.create(DEPLOYMENTS, make('leaving', INJECT));

    const dry = await refusal('PATCH', `${DEPLOYMENTS}/leaving?dryRun=All`, out);
    log.isAway = true;
    const refused = await refusal('PATCH', `${DEPLOYMENTS}/leaving`, out);
    log.isAway = false;

    expect([dry, changesOf('leaving')]).to.deep.equal(['taken', ['admin >true']]);
    expect(refused).to.include('cannot record this change');
  });

  it('injects a labelled pod, which then stands as it was injected', async () => {
    const made = Object(await api.client.create(PODS, pod('good', INJECT)));

    expect(made.spec.initContainers.map(({ name }: { name: string }) => name)).to.deep.equal([
      'gatehouse',
      'gatehouse-redirect',
    ]);
    const status = JSON.parse(made.metadata.annotations['gatehouse.dev/status']);
    expect(compareInjected(made, status)).to.equal(undefined);
  });

  it('leaves other pods alone', async () => {
    const made = Object(await api.client.create(PODS, pod('plain')));

    expect(made.spec.initContainers).to.equal(undefined);
  });

  it('overwrites a sidecar that somebody wrote by hand', async () => {
    const spec = {
      ...template().spec,
      initContainers: [{ name: 'gatehouse', image: 'evil:1', restartPolicy: 'Always' }],
    };
    const made = Object(await api.client.create(PODS, pod('decoy', INJECT, spec)));

    expect(made.spec.initContainers[0].image).to.equal(IMAGE);
  });

  it('lets nobody swap the image of the sidecar in a running pod', async () => {
    const spec = { initContainers: [{ name: 'gatehouse', image: 'evil:1' }] };

    expect(await refusal('PATCH', `${PODS}/good`, { spec })).to.include(
      'must run registry.example/gatehouse/gatehouse-sidecar',
    );
  });

  it('lets no pod look governed that is not, nor one that is carry other marks', async () => {
    const marks = { 'gatehouse.dev/injected': '0.1.0', 'gatehouse.dev/workload': 'pod-good' };
    const other = { metadata: { labels: { 'gatehouse.dev/workload': 'pod-other' } } };

    expect(await refusal('POST', PODS, pod('forged', marks))).to.include('leave them out');
    expect(await refusal('PATCH', `${PODS}/good`, other)).to.include('leave them out');
    expect(await refusal('PATCH', `${PODS}/plain`, other)).to.include('leave them out');
    expect(
      await refusal('PATCH', `${PODS}/good`, { metadata: { labels: { team: 'a' } } }),
    ).to.equal('taken');
  });

  it('gives the audience of sidecars to no other volume', async () => {
    expect(await refusal('POST', PODS, pod('thief', {}, STOLEN))).to.include('are the gateway');
  });

  it('records a policy with its author, and refuses one whose expression is broken', async () => {
    const path = '/apis/gatehouse.dev/v1alpha1/namespaces/shop/mcpgatewaypolicies';
    const broken = {
      ...POLICY.spec,
      rules: [{ name: 'a', effect: 'Allow', match: { tools: ['*'] }, when: ['args.'] }],
    };
    await api.client.create(path, POLICY);

    expect(log.entries.at(-1)).to.deep.include({ type: 'policy.admitted' });
    expect(log.entries.at(-1)?.detail).to.include({ user: 'admin', name: 'payments' });
    expect(
      await refusal('POST', path, { ...POLICY, metadata: { name: 'bad' }, spec: broken }),
    ).to.include('when');
  });

  it('lets no pod of a required namespace in while the webhook is down', async () => {
    await server.close();
    const path = '/api/v1/namespaces/strict/pods';

    expect(await refusal('POST', path, pod('late'))).to.include('failed calling webhook');
    expect(await refusal('POST', PODS, pod('late', INJECT))).to.include('failed calling webhook');
    expect(await refusal('POST', PODS, pod('free'))).to.equal('taken');
  });
});
