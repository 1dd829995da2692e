import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type PolicyDocument, readPolicyFiles } from './policy-file.ts';

const HEAD = 'apiVersion: gatehouse.dev/v1alpha1\nkind: McpGatewayPolicy\n';

describe('readPolicyFiles', () => {
  let folder: string;
  let written = 0;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-policy-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  async function file(content: string | Uint8Array): Promise<string> {
    written += 1;
    const path = join(folder, `policy-${written}.yaml`);
    await writeFile(path, content);
    return path;
  }

  async function documents(...paths: string[]): Promise<readonly PolicyDocument[]> {
    const reading = await readPolicyFiles(paths);
    if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
    return reading.documents;
  }

  async function problems(...paths: string[]): Promise<string[]> {
    const reading = await readPolicyFiles(paths);
    return reading.ok
      ? []
      : reading.problems.map(
          ({ file: path, line, path: field, message }) =>
            `${path.slice(folder.length + 1).replace(/-\d+/, '')}:${line}:${field}: ${message}`,
        );
  }

  it('reads all documents of all files, in order', async () => {
    const first = await file(
      `${HEAD}metadata: {name: a}\nspec: {}\n---\n${HEAD}metadata: {name: b}\nspec: {mode: Observe}\n`,
    );
    const second = await file(`${HEAD}metadata: {name: c}\nspec: {}\n`);

    const found = await documents(first, second);

    expect(found.map(({ policy, file: path }) => [policy.metadata.name, path])).to.deep.equal([
      ['a', first],
      ['b', first],
      ['c', second],
    ]);
    expect(found[1]?.policy.spec.mode).to.equal('Observe');
    expect(found[1]?.lineOf('spec.mode')).to.equal(9);
  });

  it('digests what is said, not how, where or by whom it was stored', async () => {
    const plain = await file(
      `${HEAD}metadata: {name: a}\nspec: {mode: Enforce, limits: {maxDepth: 9}}\n`,
    );
    const other = await file(
      `# why\nspec:\n  limits:\n    maxDepth: 9\n  "mode": Enforce\nmetadata:\n  uid: u\n  labels: {a: b}\n  name: a\n${HEAD}status: {}\n`,
    );
    const changed = await file(
      `${HEAD}metadata: {name: a}\nspec: {mode: Observe, limits: {maxDepth: 9}}\n`,
    );

    const digests = await Promise.all(
      [plain, other, changed].map(async (path) => (await documents(path))[0]?.digest),
    );

    expect(digests[0]).to.match(/^[0-9a-f]{64}$/);
    expect(digests[1]).to.equal(digests[0]);
    expect(digests[2]).not.to.equal(digests[0]);
  });

  it('says file, line and field of each problem, in every file', async () => {
    const first = await file(
      `${HEAD}metadata: {name: a}\nspec:\n  rules:\n  - name: read\n    effect: Alow\n    match: {tool: [a]}\n`,
    );
    const second = await file(`${HEAD}metadata: {}\nspec: {}\n`);

    expect(await problems(first, second)).to.deep.equal([
      'policy.yaml:7:spec.rules[0].effect: must be one of Allow, Deny, RequireApproval',
      'policy.yaml:8:spec.rules[0].match.tool: is not a known field; did you mean tools?',
      'policy.yaml:3:metadata.name: is required',
    ]);
  });

  const unreadable: { name: string; make: () => Promise<string>; problem: RegExp }[] = [
    {
      name: 'a file that is not there',
      make: async () => join(folder, 'none.yaml'),
      problem: /^none.yaml:1:: does not exist; name a policy file that does$/,
    },
    {
      name: 'a folder',
      make: async () => {
        await mkdir(join(folder, 'sub'));
        return join(folder, 'sub');
      },
      problem: /^sub:1:: is not a file; name a policy file$/,
    },
    {
      name: 'a device that never ends',
      make: async () => '/dev/zero',
      problem: /:1:: is not a file; name a policy file$/,
    },
    {
      name: 'a file that is too large',
      make: () => file(`# ${'x'.repeat(1024 * 1024)}\n`),
      problem: /:1:: is larger than 1048576 bytes$/,
    },
    {
      name: 'a file that is not UTF-8',
      make: () => file(Uint8Array.of(0x61, 0x3a, 0x20, 0xff)),
      problem: /:1:: is not UTF-8 text; save it as such$/,
    },
    { name: 'an empty file', make: () => file('# nothing\n'), problem: /:1:: holds no policy$/ },
    {
      name: 'another kind of document',
      make: () => file('apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {}\n'),
      problem: /:1:apiVersion: must be gatehouse.dev\/v1alpha1$/,
    },
    {
      name: 'a ConfigMap without the policy that it would stand beside',
      make: () => file('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {}\n'),
      problem: /:1:: holds no policy$/,
    },
  ];
  for (const { name, make, problem } of unreadable) {
    it(`refuses ${name}`, async () => {
      const [first] = await problems(await make());

      expect(first).to.match(problem);
    });
  }

  it('refuses two policies of one name, saying where the other is', async () => {
    const first = await file(`${HEAD}metadata: {name: a}\nspec: {}\n`);
    const second = await file(`${HEAD}metadata:\n  name: a\nspec: {}\n`);

    expect(await problems(first, second)).to.deep.equal([
      `policy.yaml:4:metadata.name: repeats that of ${first}:3`,
    ]);
  });

  it('refuses more policies than a call could be judged by', async () => {
    const many = Array.from({ length: 66 }, (_, i) => `${HEAD}metadata: {name: p${i}}\nspec: {}\n`);

    expect(await problems(await file(many.join('---\n')))).to.deep.equal([
      'policy.yaml:321:: is one policy too many: at most 64 are read together',
    ]);
  });
});
