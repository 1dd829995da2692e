import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock } from 'node:test';
import { expect } from 'chai';
import { ClusterAccessFault } from './access.ts';
import { podAccess } from './kubeconfig.ts';

// biome-ignore lint/style/noProcessEnv: where the client finds the API server
const ENV = process.env;
const SERVICE = ['KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT'] as const;

describe('access from inside the cluster', () => {
  let root: string;
  let folder: string;
  const before = SERVICE.map((name) => ENV[name]);

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'gatehouse-sa-'));
    folder = join(root, 'var/run/secrets/kubernetes.io/serviceaccount');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'ca.crt'), 'CA');
    await writeFile(join(folder, 'token'), 'one\n');
    ENV.KUBERNETES_SERVICE_HOST = 'fd00::1';
    ENV.KUBERNETES_SERVICE_PORT = '6443';
  });
  afterEach(async () => {
    mock.timers.reset();
    for (const [index, name] of SERVICE.entries()) {
      const value = before[index];
      if (value === undefined) delete ENV[name];
      else ENV[name] = value;
    }
    await rm(root, { recursive: true });
  });

  it('takes a replaced token within about a minute', async () => {
    mock.timers.enable({ apis: ['Date'], now: 0 });
    const access = await podAccess(ENV, root);
    await writeFile(join(folder, 'token'), 'two');

    const kept = await access.authorization();
    mock.timers.tick(61_000);

    expect([access.url, access.ca]).to.deep.equal(['https://[fd00::1]:6443', 'CA']);
    expect([kept, await access.authorization()]).to.deep.equal(['Bearer one', 'Bearer two']);
  });

  for (const name of SERVICE) {
    it(`says without ${name} that it belongs into a pod`, async () => {
      delete ENV[name];

      await expectFault(/KUBERNETES_SERVICE_HOST .* not set/);
    });
  }

  for (const file of ['ca.crt', 'token']) {
    it(`says what the pod needs when there is no ${file}`, async () => {
      await rm(join(folder, file));

      await expectFault(/the pod needs one, with automountServiceAccountToken/);
    });
  }

  async function expectFault(message: RegExp): Promise<void> {
    const fault = await podAccess(ENV, root).catch((error: unknown) => error);
    expect(fault).to.be.instanceOf(ClusterAccessFault);
    expect(String(fault)).to.match(message);
  }
});
