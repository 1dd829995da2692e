// What journeys about faults stand on: a server of the modern era that keeps a journal, or another, governed from
// its first pod on, and clients and auditors of it. All of them share one installation.

import { MODERN_IMAGE } from '#e2e/cluster/images.ts';
import { type Answer, callTool, modern, send } from '#e2e/journeys/wire.ts';
import { type OidcProvider, startOidcProvider } from '#e2e/servers/oidc-provider.ts';
import { apply, type Manifest, makeNamespace, removeNamespace, rolledOut } from './cluster.ts';
import { eventually } from './eventually.ts';
import { installGatehouse } from './installation.ts';
import {
  addressOf,
  deployment,
  type Fields,
  HOST,
  PORT,
  policy,
  SERVER,
  service,
  USERS,
} from './stage.ts';
import { untilGoverned } from './until-governed.ts';

export interface Governed {
  readonly namespace: string;
  readonly provider: OidcProvider;
  /** Of the server, through its Service. */
  readonly url: string;
  token(): Promise<string>;
  /** One call by hand, of alice; again where it reached nobody: the address of a pod that went is known a moment longer. */
  call(tool: string, args?: object): Promise<Answer>;
  /** Changes the policy: `spec` over what all journeys begin with. */
  govern(spec: Fields): Promise<void>;
  close(): Promise<void>;
}

export interface Wishes {
  readonly replicas?: number;
  readonly image?: string;
  /** In place of the Deployment that is annotated; what it says, nothing else. */
  readonly workload?: Manifest;
  /** Fields of the pod. */
  readonly pod?: Fields;
  /** Of the policy. */
  readonly spec?: Fields;
  /** `https`: the Service then is on port 443. */
  readonly scheme?: 'http' | 'https';
  /** Before the policy, with the namespace and the URL of the server. */
  readonly prepare?: (namespace: string, url: string) => Promise<void>;
  /** Of the chart. */
  readonly values?: Readonly<Record<string, string>>;
}

export const ALL_TOOLS = [{ name: 'all', effect: 'Allow', match: { tools: ['*'] } }] as const;

const SPEC = { rules: ALL_TOOLS, approvals: undefined, masking: undefined };

/** Everything of it is ready when this resolves. */
export async function startGoverned(purpose: string, wishes: Wishes = {}): Promise<Governed> {
  const { replicas = 2, image = MODERN_IMAGE, scheme = 'http', pod = {}, spec = {} } = wishes;
  await installGatehouse(wishes.values ?? {});
  const provider = await startOidcProvider({ host: HOST, alg: 'ES256', users: USERS });
  const namespace = await makeNamespace(purpose);
  await apply(namespace, service(scheme === 'https' ? 443 : 80));
  const url = `${scheme}://${await addressOf(namespace)}/mcp`;
  const govern = async (changed: Fields) => {
    const { server: place, ...rest } = spec;
    const manifest = policy({ provider, url }, { ...SPEC, ...rest, ...changed }, Object(place));
    await apply(namespace, manifest);
  };
  await wishes.prepare?.(namespace, url);
  await govern({});
  const ours = annotated(deployment(replicas, { containers: [server(image)], ...pod }));
  await apply(namespace, wishes.workload ?? ours);
  await rolledOut(namespace, `deployment/${SERVER}`);
  if (scheme === 'http' && wishes.workload === undefined) await untilGoverned(url);
  const token = () => provider.token({ sub: 'alice', audience: url });
  return {
    ...{ namespace, provider, url, govern, token },
    call: (tool, args) =>
      eventually('somebody who answers', async () =>
        send(url, modern(await token(), callTool(tool, args))).catch(ofNobody),
      ),
    close: async () => {
      await removeNamespace(namespace);
      await provider.close();
    },
  };
}

function ofNobody(error: Error): undefined {
  if ('code' in error && UNREACHED.has(String(error.code))) return;
  throw error;
}

const UNREACHED: ReadonlySet<string> = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ETIMEDOUT']);

/** The container of the server; `more` wins. */
export function server(image: string, more: Fields = {}): Fields {
  return {
    name: SERVER,
    image,
    ports: [{ containerPort: PORT }],
    readinessProbe: { tcpSocket: { port: PORT }, periodSeconds: 1 },
    ...more,
  };
}

/** Opted in by the annotation of a workload. */
export function annotated(manifest: Manifest): Manifest {
  const annotations = { 'gatehouse.dev/inject': 'true' };
  return { ...manifest, metadata: { ...Object(manifest.metadata), annotations } };
}
