// One of the pods of bench/operator.ts for real: dist/sidecar.mjs with the volumes that the cluster has for it, in front of an
// MCP server, following the operator's stream. It says when a policy is in force: when a client's call ends otherwise.

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OPERATOR_AUDIENCE, RUNTIME_SECRET, VOLUMES } from '#crds/names.ts';
import { callTool, messageOf, modern, send } from '#e2e/journeys/wire.ts';
import { Child } from '#e2e/servers/child.ts';
import { start as startServer } from '#e2e/servers/modern-fixture.ts';
import type { OidcProvider } from '#e2e/servers/oidc-provider.ts';
import type { TestApiServer } from '#operator/kube/api-server.fixture.ts';
import { PATHS } from '#operator/kube/paths.ts';
import { freePort } from '#platform/process/free-port.fixture.ts';
import { keyOf } from './operator-objects.ts';

export interface GovernedPod {
  /** Whether a call of the tool `echo` is let through now. */
  isAllowed(): Promise<boolean>;
  stop(): Promise<void>;
}

export interface Governing {
  readonly api: TestApiServer;
  readonly provider: OidcProvider;
  readonly bundle: string;
  readonly sidecarPort: number;
  readonly namespace: string;
  readonly app: string;
  /** Whose pod of this workload it is. */
  readonly pod: string;
}

/** The operator's certificate is for its Service, whose name nothing resolves here. */
const RESOLVE_SERVICES = `data:text/javascript,${encodeURIComponent(`
import dns from 'node:dns';
const { lookup } = dns;
dns.lookup = (name, ...rest) => lookup(name.endsWith('.svc') ? '127.0.0.1' : name, ...rest);
`)}`;

export async function startGovernedPod(governing: Governing): Promise<GovernedPod> {
  const { provider, bundle, namespace, app, pod, sidecarPort } = governing;
  const root = mkdtempSync(join(tmpdir(), 'gatehouse-bench-pod-'));
  await writeVolumes(root, governing);
  const server = await startServer();
  const [port, adminPort] = [await freePort(), await freePort()];
  const child = new Child({
    command: process.execPath,
    args: ['--import', RESOLVE_SERVICES, bundle],
    env: {
      GATEHOUSE_VOLUMES: root,
      GATEHOUSE_POD_NAME: pod,
      GATEHOUSE_POD_NAMESPACE: namespace,
      GATEHOUSE_WORKLOAD_KEY: keyOf(app),
      GATEHOUSE_UPSTREAM: server.url,
      GATEHOUSE_LISTEN: `127.0.0.1:${port}`,
      GATEHOUSE_ADMIN: `127.0.0.1:${adminPort}`,
      GATEHOUSE_OPERATOR: `https://gatehouse-operator.gatehouse.svc:${sidecarPort}`,
      GATEHOUSE_CAPTURE: 'Redirect',
      GATEHOUSE_ALLOW_PLAIN_HTTP: 'true',
    },
  });
  await child.untilLive(`http://127.0.0.1:${adminPort}/readyz`, (status) => status === 200);
  const url = `http://127.0.0.1:${port}${new URL(server.url).pathname}`;
  const token = await provider.token({ sub: 'alice', audience: url, expiresInSeconds: 1800 });
  return {
    isAllowed: async () => {
      const answer = await send(url, modern(token, callTool('echo', { message: 'hello' })));
      if (answer.status >= 400) throw new Error(`${answer.status} ${answer.text.slice(0, 300)}`);
      const { result } = messageOf(answer);
      return result?.content !== undefined && result.isError !== true;
    },
    stop: async () => {
      await child.stop();
      await server.close();
    },
  };
}

/** What the kubelet would mount. */
async function writeVolumes(root: string, governing: Governing): Promise<void> {
  const { namespace, app, pod } = governing;
  const { client } = governing.api;
  const write = (folder: string, files: Readonly<Record<string, string | Buffer>>) => {
    mkdirSync(join(root, folder), { recursive: true });
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(root, folder, name), content, { mode: 0o600 });
    }
  };
  const find = async (path: string) => Object(await client.find(path));
  const policy = await find(PATHS.configMap(namespace, `gatehouse-policy-${keyOf(app)}`));
  write(VOLUMES.policy.path, policy.data);
  const { data } = await find(PATHS.secret(namespace, RUNTIME_SECRET));
  const texts = Object.entries(Object(data)).map(([name, value]) => [
    name,
    Buffer.from(String(value), 'base64'),
  ]);
  write(VOLUMES.runtime.path, Object.fromEntries(texts));
  const { uid } = (await find(PATHS.pod(namespace, pod))).metadata;
  const account = `/api/v1/namespaces/${namespace}/serviceaccounts/app/token`;
  const boundObjectRef = { kind: 'Pod', apiVersion: 'v1', name: pod, uid };
  const made = await client.create(account, {
    spec: { audiences: [OPERATOR_AUDIENCE], boundObjectRef },
  });
  write(VOLUMES.token.path, { token: Object(made).status.token });
}
