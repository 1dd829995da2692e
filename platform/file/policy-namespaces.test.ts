// Policies of many namespaces: found in folders as a ConfigMap is mounted, sorted by whose they are, and each
// namespace judged for itself.

import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import { readEachPolicyFile } from './policy-file.ts';
import { listPolicyFiles, sortByNamespace } from './policy-namespaces.ts';
import { watchPolicyFiles } from './policy-watch.ts';

const ISSUERS = 'identity: {issuers: [{name: corp, issuer: "https://idp.example"}]}';

function policy(name: string, namespace?: string): string {
  const where = namespace === undefined ? '' : `, namespace: ${namespace}`;
  return `apiVersion: gatehouse.dev/v1alpha1\nkind: McpGatewayPolicy\nmetadata: {name: ${name}${where}}\nspec: {${ISSUERS}}\n`;
}

describe('policies of many namespaces', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-policies-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function sorted() {
    const reading = await readEachPolicyFile(await listPolicyFiles([folder]));
    return sortByNamespace(reading, 'default');
  }

  /** As the kubelet does: a folder of its own for each version, and one link that is swapped. */
  async function mount(version: string, files: Readonly<Record<string, string>>) {
    await mkdir(join(folder, version));
    for (const [name, text] of Object.entries(files)) {
      await writeFile(join(folder, version, name), text);
      await symlink(`..data/${name}`, join(folder, name)).catch(() => {});
    }
    await symlink(version, join(folder, '..new'));
    await rename(join(folder, '..new'), join(folder, '..data'));
  }

  it('are the files of a folder, once each, and nothing that is hidden or no policy', async () => {
    await mount('..v1', { 'a.yaml': policy('a'), 'b.json': policy('b'), 'README.md': 'hello' });

    const files = await listPolicyFiles([folder, join(folder, 'a.yaml'), join(folder, 'gone')]);

    expect(files.map((file) => basename(file))).to.deep.equal(['a.yaml', 'b.json', 'gone']);
  });

  it('belong to the namespace that they name, or to the one that is said', async () => {
    await mount('..v1', { 'a.yaml': policy('tools', 'payments'), 'b.yaml': policy('tools') });

    const policies = await sorted();

    expect(policies.ok && [...policies.byNamespace.keys()]).to.deep.equal(['payments', 'default']);
  });

  it('are wrong for their own namespace alone', async () => {
    const twice = { 'a.yaml': policy('tools', 'payments'), 'b.yaml': policy('tools', 'payments') };
    await mount('..v1', { ...twice, 'c.yaml': policy('tools', 'support') });

    const policies = await sorted();

    const verdicts =
      policies.ok && [...policies.byNamespace].map(([name, loaded]) => [name, loaded.ok]);
    expect(verdicts).to.deep.equal([
      ['payments', false],
      ['support', true],
    ]);
  });

  it('are wrong for everybody where one cannot be read: it may be of any namespace', async () => {
    await mount('..v1', { 'a.yaml': policy('tools', 'payments'), 'b.yaml': 'kind: [' });

    expect((await sorted()).ok).to.equal(false);
  });

  it('are told anew when a folder that was empty gets some, and when the link is swapped', async () => {
    const seen: string[] = [];
    const { promise: first, resolve: gotFirst } = Promise.withResolvers<void>();
    const { promise: second, resolve: gotSecond } = Promise.withResolvers<void>();
    const watch = watchPolicyFiles(
      [folder],
      (reading) => {
        const names = reading.ok ? reading.documents.map(({ policy: p }) => p.metadata.name) : [];
        seen.push(names.join());
        if (names.includes('first')) gotFirst();
        if (names.includes('second')) gotSecond();
      },
      { list: listPolicyFiles, read: readEachPolicyFile, debounceMillis: 5, pollMillis: 50 },
    );

    await mount('..v1', { 'a.yaml': policy('first') });
    await first;
    await mount('..v2', { 'a.yaml': policy('first'), 'b.yaml': policy('second') });
    await second;
    watch.close();

    expect(seen.at(-1)).to.equal('first,second');
  });
});
