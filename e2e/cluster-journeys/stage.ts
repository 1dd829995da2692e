// What a journey through Gatehouse stands on in the cluster: the installation, an identity provider and a
// receiver of telemetry where pods reach them, and a server that knows nothing of any of it.

import { ADDRESSES, NAMES } from '#e2e/cluster/addresses.ts';
import { EVERYTHING_IMAGE } from '#e2e/cluster/images.ts';
import { connectLegacy, type DemoClient } from '#e2e/demo/clients.ts';
import type { OidcUser } from '#e2e/servers/oidc/users.ts';
import { type OidcProvider, startOidcProvider } from '#e2e/servers/oidc-provider.ts';
import { OtlpReceiver } from '#e2e/servers/otlp-receiver.ts';
import { freePort } from '#platform/process/free-port.fixture.ts';
import { apply, kubectl, type Manifest, makeNamespace, removeNamespace } from './cluster.ts';
import { installGatehouse } from './installation.ts';

/** Audience of the tokens that decide, and the console's client id at the provider. */
export const APPROVALS = 'gatehouse-approvals';
export const SERVER = 'everything';

/** Of its pods; policy and Service select them. */
export const LABELS = { app: SERVER };
export const PORT = 3001;
/** Where pods reach this machine; with a cluster of yours, say so. */
export const HOST = process.env.E2E_HOST ?? ADDRESSES.host;

export const USERS: readonly OidcUser[] = [
  person('alice', 'engineering'),
  person('bob', 'support'),
  person('carol', 'finance'),
];

export interface ClusterStage {
  readonly namespace: string;
  readonly provider: OidcProvider;
  readonly receiver: OtlpReceiver;
  /** Of the server, through its Service. */
  readonly url: string;
  /** Of the console, for a browser here: `kubectl port-forward` brings it. */
  readonly consolePort: number;
  /** As alice, unless somebody else is named. */
  token(sub?: string): Promise<string>;
  connect(sub?: string): Promise<DemoClient>;
  close(): Promise<void>;
}

export type Fields = Readonly<Record<string, unknown>>;

/** With an ungoverned server in two replicas, and no policy. */
export async function startClusterStage(purpose: string): Promise<ClusterStage> {
  const consolePort = await freePort();
  const provider = await startOidcProvider({
    host: HOST,
    alg: 'ES256',
    users: USERS,
    clients: ['demo-client', APPROVALS],
    redirectUris: [`http://localhost:${consolePort}/sign-in/callback`],
  });
  const receiver = await OtlpReceiver.start(HOST);
  await installGatehouse({
    'otlp.endpoint': JSON.stringify(receiver.url),
    'console.publicUrl': JSON.stringify(`http://localhost:${consolePort}`),
    'console.auditors': '["finance"]',
  });
  const namespace = await makeNamespace(purpose);
  await apply(namespace, deployment(2), service());
  const url = `http://${await addressOf(namespace)}/mcp`;
  const token = (sub = 'alice') => provider.token({ sub, audience: url });
  return {
    ...{ namespace, provider, receiver, url, consolePort, token },
    connect: async (sub) => connectLegacy(url, await token(sub)),
    close: async () => {
      await removeNamespace(namespace);
      await Promise.all([provider.close(), receiver.kill()]);
    },
  };
}

/** A published server, on a fixed port and on all addresses; nothing of it is ours. */
export function deployment(replicas: number, pod: Fields = {}): Manifest {
  const server = {
    name: SERVER,
    image: EVERYTHING_IMAGE,
    ports: [{ containerPort: PORT }],
    readinessProbe: { tcpSocket: { port: PORT }, periodSeconds: 1 },
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: SERVER, labels: LABELS },
    spec: {
      replicas,
      selector: { matchLabels: LABELS },
      template: {
        metadata: { labels: LABELS },
        spec: { terminationGracePeriodSeconds: 30, containers: [server], ...pod },
      },
    },
  };
}

export function service(port = 80): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: SERVER },
    spec: { selector: LABELS, ports: [{ port, targetPort: PORT }] },
  };
}

/** For the server of the stage, with everything that the journey is about. */
export function policy(
  { provider, url }: Pick<ClusterStage, 'provider' | 'url'>,
  spec: Fields = {},
  server: Fields = {},
): Manifest {
  const issuer = {
    name: 'corp',
    issuer: provider.issuer,
    audiences: [url],
    claims: { person: 'email', groups: 'groups' },
  };
  return {
    apiVersion: 'gatehouse.dev/v1alpha1',
    kind: 'McpGatewayPolicy',
    metadata: { name: SERVER },
    spec: {
      selector: { matchLabels: LABELS },
      server: { port: PORT, path: '/mcp', publicUrls: [url], ...server },
      identity: { issuers: [issuer], approvalAudience: APPROVALS },
      rules: RULES,
      approvals: [{ name: 'finance', approvers: { groups: ['finance'] } }],
      masking: [{ name: 'pii', detectors: ['email'], action: 'Redact', direction: 'Response' }],
      ...spec,
    },
  };
}

export const RULES = [
  { name: 'echo', effect: 'Allow', match: { tools: ['echo'] } },
  {
    name: 'no-orders',
    effect: 'Deny',
    match: { tools: ['echo'] },
    when: ['args.message.startsWith("delete")'],
  },
  { name: 'sums', effect: 'RequireApproval', match: { tools: ['get-sum'] }, approval: 'finance' },
] as const;

/** The one step that a platform engineer takes for a workload. */
export async function annotate(namespace: string): Promise<void> {
  await kubectl('-n', namespace, 'annotate', 'deployment', SERVER, 'gatehouse.dev/inject=true');
}

export async function addressOf(namespace: string): Promise<string> {
  const path = 'jsonpath={.spec.clusterIP}';
  return kubectl('-n', namespace, 'get', 'service', SERVER, '-o', path);
}

function person(sub: string, group: string): OidcUser {
  return { sub, groups: [group], email: `${sub}@${NAMES.images}`, emailVerified: true };
}
