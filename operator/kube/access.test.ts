import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ClusterAccessFault, inClusterAccess } from './access.ts';

const HOST = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };

describe('access from inside the cluster', () => {
  it('takes a replaced token within a minute', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-sa-'));
    await writeFile(join(folder, 'ca.crt'), 'CA');
    await writeFile(join(folder, 'token'), 'one\n');
    let now = 0;
    const access = await inClusterAccess(HOST, () => now, folder);
    await writeFile(join(folder, 'token'), 'two');

    const before = await access.authorization();
    now = 61_000;

    expect(access.url).to.equal('https://[fd00::1]:443');
    expect([before, await access.authorization()]).to.deep.equal(['Bearer one', 'Bearer two']);
  });

  it('says what is missing outside a pod', async () => {
    for (const environment of [{}, HOST]) {
      const fault = await inClusterAccess(environment, () => 0, '/nowhere').catch(
        (e: unknown) => e,
      );
      expect(fault).to.be.instanceOf(ClusterAccessFault);
    }
  });
});
