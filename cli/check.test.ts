import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { check } from './check.ts';
import { UsageError } from './command.ts';

/** What the API server answers by path; all else is 404. */
type Objects = Readonly<Record<string, object | number>>;

describe('gatehouse check', () => {
  let server: Server;
  let directory: string;
  let objects: Objects = {};

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gatehouse-check-'));
    server = createServer((request, response) => {
      const found = objects[(request.url ?? '').split('?')[0] ?? ''] ?? 404;
      const status = typeof found === 'number' ? found : 200;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(status === 200 ? found : { reason: 'Forbidden' }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'c',
          cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true },
        },
      ],
      users: [{ name: 'u', user: { token: 'secret-token' } }],
      contexts: [{ name: 'one', context: { cluster: 'c', user: 'u', namespace: 'pay' } }],
      'current-context': 'one',
    };
    await writeFile(join(directory, 'config'), stringify(config));
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await rm(directory, { recursive: true });
  });
  async function run(...args: readonly string[]) {
    const said = { stdout: '', stderr: '' };
    const code = await check.run(['--kubeconfig', join(directory, 'config'), ...args], {
      stdout: (text) => {
        said.stdout += text;
      },
      stderr: (text) => {
        said.stderr += text;
      },
      env: {},
      stop: new AbortController().signal,
    });
    return { code, ...said };
  }

  it('of an empty cluster says what to install', async () => {
    objects = {};
    const { code, stdout } = await run();

    expect(code).to.equal(1);
    expect(stdout).to.match(
      /WRONG {3}the definition mcpgatewaypolicies.* is not installed\n {8}→ install the chart gatehouse-crds/,
    );
    expect(stdout).to.include('pods start without a sidecar');
  });

  it('tells what may not be read from what is not there', async () => {
    objects = {
      '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/gatehouse': 403,
    };

    expect((await run()).stdout).to.include('MutatingWebhookConfiguration could not be looked at');
  });

  it('of a workload looks in the namespace of the context', async () => {
    objects = {
      '/apis/apps/v1/namespaces/pay/deployments/payments': {
        metadata: { name: 'payments' },
        spec: { selector: { matchLabels: { app: 'payments' } }, template: {} },
      },
      '/api/v1/namespaces/pay/pods': { items: [] },
    };
    const { code, stdout } = await run('deployment/payments');

    expect(code).to.equal(1);
    expect(stdout).to.include('→ kubectl annotate deployment/payments gatehouse.dev/inject=true');
  });

  for (const [name, args, says] of [
    ['a workload that is none', ['payments'], /WORKLOAD must be one of deployment/],
    [
      'a workload that is not there',
      ['deployment/other'],
      /there is no deployment\/other in namespace pay/,
    ],
    ['a context that is not there', ['--context', 'other'], /--context: the kubeconfig has none/],
  ] as const) {
    it(`refuses ${name}`, async () => {
      const fault = await run(...args).catch((error: unknown) => error);

      expect(fault).to.be.instanceOf(UsageError);
      expect(String(fault)).to.match(says);
    });
  }

  it('says when the cluster does not answer as it should, and never who asked', async () => {
    objects = { '/apis/apps/v1/namespaces/gatehouse-system/deployments/gatehouse-operator': 500 };
    const { code, stderr } = await run();

    expect(code).to.equal(69);
    expect(stderr).to.not.include('secret-token');
  });

  it('says when the kubeconfig cannot be read', async () => {
    await rm(join(directory, 'config'));

    expect(String(await run().catch((error: unknown) => error))).to.include('--kubeconfig');
  });
});
