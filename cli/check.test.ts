import { rm } from 'node:fs/promises';
import { expect } from 'chai';
import { check } from './check.ts';
import { UsageError } from './command.ts';
import { type ScriptedCluster, startScriptedCluster } from './scripted-cluster.testkit.ts';

/** What the API server answers by path; all else is 404. */
type Objects = Readonly<Record<string, object | number>>;

describe('gatehouse check', () => {
  let cluster: ScriptedCluster;
  let objects: Objects = {};

  before(async () => {
    cluster = await startScriptedCluster((url) => {
      const found = objects[url.split('?')[0] ?? ''] ?? 404;
      return typeof found === 'number'
        ? { status: found, body: { reason: 'Forbidden' } }
        : { status: 200, body: found };
    });
  });
  after(() => cluster.close());
  const run = (...args: readonly string[]) => cluster.run(check, ...args);

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
    await rm(cluster.kubeconfig);

    expect(String(await run().catch((error: unknown) => error))).to.include('--kubeconfig');
  });
});
