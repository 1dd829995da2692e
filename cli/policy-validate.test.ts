import { readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { UsageError } from './command.ts';
import { policyValidate } from './policy-validate.ts';

const HEAD = 'apiVersion: gatehouse.dev/v1alpha1\nkind: McpGatewayPolicy\n';
const IDENTITY = 'identity: {issuers: [{name: corp, issuer: "https://idp.example.com"}]}';

async function validate(...files: string[]): Promise<{ code: number; out: string[] }> {
  let text = '';
  const code = await policyValidate.run(files, {
    stdout: (written) => {
      text += written;
    },
    stderr: () => expect.fail('nothing goes to stderr'),
    env: {},
    stop: new AbortController().signal,
  });
  return { code, out: text.split('\n').slice(0, -1) };
}

describe('gatehouse policy validate', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-validate-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  async function file(name: string, text: string): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  }

  it('is silent and exits 0 for a valid policy', async () => {
    const path = await file('a.yaml', `${HEAD}metadata: {name: a}\nspec: {${IDENTITY}}\n`);

    expect(await validate(path)).to.deep.equal({ code: 0, out: [] });
  });

  it('prints file:line:field: message for each problem of each file and exits 1', async () => {
    const shape = await file(
      'shape.yaml',
      `${HEAD}metadata: {name: a}\nspec:\n  mode: enforce\n  limits:\n    maxDepth: 1\n`,
    );
    const gone = join(folder, 'gone.yaml');
    const valid = await file('valid.yaml', `${HEAD}metadata: {name: a}\nspec: {${IDENTITY}}\n`);

    expect(await validate(shape, gone, valid)).to.deep.equal({
      code: 1,
      out: [
        `${shape}:5:spec.mode: must be one of Enforce, Observe`,
        `${shape}:7:spec.limits.maxDepth: must be from 8 to 512`,
        `${gone}:1:: does not exist; name a policy file that does`,
      ],
    });
  });

  it('refuses by name what nothing carries out yet', async () => {
    const path = await file(
      'a.yaml',
      `${HEAD}metadata: {name: a}\nspec:\n  ${IDENTITY}\n  evidence:\n    retentionDays: 30\n`,
    );

    expect(await validate(path)).to.deep.equal({
      code: 1,
      out: [
        `${path}:7:spec.evidence.retentionDays: has a value that is not carried out by this build yet: removal of old evidence`,
      ],
    });
  });

  it('refuses expressions that do not compile, at their line', async () => {
    const path = await file(
      'a.yaml',
      `${HEAD}metadata: {name: a}\nspec:\n  ${IDENTITY}\n  rules:\n  - name: r\n    effect: Allow\n    when:\n    - "true"\n    - "args.amount >"\n`,
    );

    const { code, out } = await validate(path);

    expect(code).to.equal(1);
    expect(out).to.have.length(1);
    expect(out[0]).to.match(/:11:spec\.rules\[0\]\.when\[1\]: rule r: /);
  });

  it('warns of arithmetic that always errors and of plain http, and exits 0', async () => {
    const path = await file(
      'a.yaml',
      `${HEAD}metadata: {name: a}\nspec:\n  identity: {issuers: [{name: corp, issuer: "http://idp.example.com"}]}\n  rules:\n  - name: r\n    effect: Allow\n    when: ["args.amount * 2 > 3.0"]\n`,
    );

    const { code, out } = await validate(path);

    expect(code).to.equal(0);
    expect(out[0]).to.match(/:5:spec\.identity\.issuers\[0\]\.issuer: warning: is plain http/);
    expect(out[1]).to.match(/:9:spec\.rules\[0\]\.when\[0\]: warning: /);
    expect(out).to.have.length(2);
  });

  it('warns where the documents of one file could not govern one server together', async () => {
    const path = await file(
      'a.yaml',
      `${HEAD}metadata: {name: a}\nspec: {server: {path: /a}, ${IDENTITY}}\n---\n${HEAD}metadata: {name: b}\nspec: {server: {path: /b}, ${IDENTITY}}\n`,
    );

    const { code, out } = await validate(path);

    expect(code).to.equal(0);
    expect(out).to.have.length(1);
    expect(out[0]).to.match(/:9:spec\.server\.path: warning: when run together, /);
  });

  it('takes unrelated files of one repository', async () => {
    const first = await file('a.yaml', `${HEAD}metadata: {name: a}\nspec: {${IDENTITY}}\n`);
    const second = await file('b.yaml', `${HEAD}metadata: {name: a}\nspec: {${IDENTITY}}\n`);

    expect(await validate(first, second)).to.deep.equal({ code: 0, out: [] });
  });

  it('needs a file', async () => {
    let thrown: unknown;

    await validate().catch((error: unknown) => {
      thrown = error;
    });

    expect(thrown).to.be.instanceOf(UsageError);
  });
});

describe('the examples', () => {
  const examples = join(import.meta.dirname, '..', 'examples');
  const ideas = readdirSync(examples, { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );

  for (const { name } of ideas) {
    it(`${name} is valid, without a warning`, async () => {
      expect(await validate(join(examples, name, 'policy.yaml'))).to.deep.equal({
        code: 0,
        out: [],
      });
    });
  }
});
