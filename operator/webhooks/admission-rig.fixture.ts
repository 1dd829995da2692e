// Admission as the chart installs it on a real API server, with the webhooks of this process behind it, and namespaces of each
// kind: `shop`, `strict` (required) and `open` (enabled).

import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import { parseAllDocuments } from 'yaml';
import { createLogger } from '#platform/process/log.ts';
import { issueLeaf, makeAuthority } from '../certificates/issue.ts';
import { SETTINGS } from '../injection/injection.testkit.ts';
import { startApiServer, type TestApiServer } from '../kube/api-server.fixture.ts';
import { until } from '../operator-rig.fixture.ts';
import { ADMISSION_PATHS, admissionManifests } from './chart-admission.fixture.ts';
import { namespacesHandler } from './namespaces.ts';
import { optingHandler } from './opting.ts';
import { podsHandler } from './pods.ts';
import { policiesHandler } from './policies.ts';
import { startWebhooks, type WebhookServer } from './server.ts';
import { evidence, worldOf } from './webhooks.testkit.ts';
import { workloadsHandler } from './workloads.ts';

export const IMAGE = 'registry.example/gatehouse/gatehouse-sidecar:0.1.0';
export const DEPLOYMENTS = '/apis/apps/v1/namespaces/shop/deployments';
export const PODS = '/api/v1/namespaces/shop/pods';

export function template(labels: Labels = {}) {
  const container = { name: 'server', image: 'server:1', ports: [{ containerPort: 3000 }] };
  return {
    metadata: { labels: { app: 'payments', ...labels } },
    spec: { containers: [container], serviceAccountName: 'default' },
  };
}

export type Labels = Readonly<Record<string, string | null>>;

export function deploymentOf(name: string, labels: Labels) {
  return {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name } },
    spec: { selector: { matchLabels: { app: 'payments' } }, template: template(labels) },
  };
}

export function pod(name: string, labels: Record<string, string> = {}, spec = template().spec) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: 'payments', ...labels } },
    spec,
  };
}

/** The token of a sidecar, for somebody else. */
export const STOLEN = {
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

/** As the API server knows it; RBAC is not what holds it back here. */
export const OPERATOR = 'system:serviceaccount:gatehouse-system:gatehouse-operator';
export const SECRETS = '/api/v1/namespaces/shop/secrets';
const OTHER_SECRET = { metadata: { name: 'other' } };
export const INJECT = { 'gatehouse.dev/inject': 'true' };
export const OUT = { 'gatehouse.dev/inject': 'false' };

const SCOPES: Readonly<Record<string, object>> = {
  shop: {},
  strict: { 'gatehouse.dev/injection': 'required' },
  open: { 'gatehouse.dev/injection': 'enabled' },
};

export class AdmissionRig {
  readonly api: TestApiServer;
  readonly server: WebhookServer;
  readonly log: ReturnType<typeof evidence>;
  readonly #agent = new Agent({ connect: { rejectUnauthorized: false } });

  constructor({ api, server, log }: Pick<AdmissionRig, 'api' | 'server' | 'log'>) {
    this.api = api;
    this.server = server;
    this.log = log;
  }

  /** Its message, which the operator's own client keeps nothing of; `taken` when there is none. */
  async refusal(method: 'POST' | 'PATCH' | 'DELETE', path: string, body: object, user?: string) {
    const answer = await request(this.api.access.url + path, {
      ...{ method, dispatcher: this.#agent, body: JSON.stringify(body) },
      headers: {
        authorization: (await this.api.access.authorization()) ?? '',
        'content-type':
          method === 'PATCH' ? 'application/strategic-merge-patch+json' : 'application/json',
        ...(user === undefined ? {} : { 'impersonate-user': user }),
      },
    });
    const said = (await answer.body.json()) as { message?: string };
    return answer.statusCode < 300 ? 'taken' : (said.message ?? '');
  }

  /** Resolves when the API server remembers it: what it changes from an older memory, it asks webhooks about twice. */
  async merge(path: string, body: object): Promise<unknown> {
    const { client } = this.api;
    const made = await client.merge(path, body);
    const { resourceVersion } = Object(made).metadata;
    await until(async () => {
      const remembered = Object(await client.find(`${path}?resourceVersion=0`)).metadata;
      return remembered?.resourceVersion === resourceVersion ? true : undefined;
    });
    return made;
  }

  /** Who changed which label of this workload, in their order. */
  changesOf(name: string): readonly string[] {
    return this.log.entries
      .filter(({ type, detail }) => type === 'injection.changed' && detail.name === name)
      .map(({ detail }) => `${detail.user} ${detail.from}>${detail.to}`);
  }

  async prepare(ca: string): Promise<void> {
    const { client } = this.api;
    const file = new URL('../../crds/gatehouse.dev_mcpgatewaypolicies.yaml', import.meta.url);
    const [crd] = parseAllDocuments(readFileSync(file, 'utf8'));
    await client.create(
      '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
      Object(crd?.toJS()),
    );
    for (const [name, labels] of Object.entries(SCOPES)) {
      await client.create('/api/v1/namespaces', { metadata: { name, labels } });
    }
    await client.create('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
      metadata: { name: 'operator' },
      roleRef: {
        apiGroup: 'rbac.authorization.k8s.io',
        kind: 'ClusterRole',
        name: 'cluster-admin',
      },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: OPERATOR }],
    });
    for (const document of admissionManifests(this.server.port, ca)) {
      await client.create(ADMISSION_PATHS[String(document.kind)] ?? '', document);
    }
    await this.#untilRefused();
  }

  async stop(): Promise<void> {
    await this.#agent.close();
    await this.server.close();
    await this.api.stop();
  }

  /** The API server takes new policies up within a second or so. */
  async #untilRefused(): Promise<void> {
    for (let attempt = 0; attempt < 200; attempt += 1) {
      const path = '/api/v1/namespaces/strict/pods?dryRun=All';
      const webhook = await this.refusal('POST', path, pod('x', { app: 'nobody' }));
      const guard = await this.refusal('POST', `${PODS}?dryRun=All`, pod('x', {}, STOLEN));
      const own = await this.refusal('POST', `${SECRETS}?dryRun=All`, OTHER_SECRET, OPERATOR);
      const isUp = webhook.includes('Gatehouse: no valid McpGatewayPolicy');
      if (isUp && guard.includes('are the gateway') && own.includes('writes no Secret')) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error('webhooks and guards were not taken up');
  }
}

export async function startAdmissionRig(): Promise<AdmissionRig> {
  const log = evidence();
  const authority = await makeAuthority('test', Date.now());
  const world = worldOf({ namespaceLabels: (name) => ({ ...SCOPES[name] }) });
  const settings = { ...SETTINGS, sidecarImage: IMAGE };
  const handlers = new Map([
    ['/pods', podsHandler({ world, settings, signStatus: async (text) => text })],
    ['/workloads', workloadsHandler(world)],
    ['/opting', optingHandler(log.append)],
    ['/policies', policiesHandler(log.append)],
    ['/namespaces', namespacesHandler(log.append)],
  ]);
  const server = await startWebhooks({
    ...{ host: '127.0.0.1', port: 0, handlers },
    certificate: await issueLeaf(authority, ['localhost'], Date.now()),
    log: createLogger({ level: 'error', now: () => '', write: () => undefined }),
  });
  const rig = new AdmissionRig({ api: await startApiServer(), server, log });
  await rig.prepare(authority.cert);
  return rig;
}
