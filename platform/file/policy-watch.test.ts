import { mkdir, mkdtemp, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { type PolicyReading, readPolicyFiles } from './policy-file.ts';
import { type PolicyWatch, type PolicyWatchOptions, watchPolicyFiles } from './policy-watch.ts';

/** A file is empty before it is written, and on a busy machine for a while. */
const STILL_MS = 100;

function policy(maxDepth: number): string {
  return `apiVersion: gatehouse.dev/v1alpha1\nkind: McpGatewayPolicy\nmetadata: {name: a}\nspec: {limits: {maxDepth: ${maxDepth}}}\n`;
}

/** What a reading says, in a word. */
function summary(reading: PolicyReading): unknown {
  return reading.ok
    ? reading.documents.map((document) => document.policy.spec.limits?.maxDepth).join()
    : reading.problems.map(({ message }) => message).join();
}

/** Collects readings and hands them out one by one, waiting where there is none yet. */
function inbox() {
  const arrived: PolicyReading[] = [];
  let wake = (): void => {};
  return {
    push: (reading: PolicyReading): void => {
      arrived.push(reading);
      wake();
    },
    next: async (): Promise<unknown> => {
      while (arrived.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return summary(arrived.shift()!);
    },
    size: (): number => arrived.length,
  };
}

describe('watchPolicyFiles', () => {
  let folder: string;
  let file: string;
  let watches: PolicyWatch[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-watch-'));
    file = join(folder, 'policy.yaml');
    watches = [];
    await writeFile(file, policy(10));
  });

  afterEach(async () => {
    for (const watch of watches) watch.close();
    await rm(folder, { recursive: true });
  });

  /** Watches from what the files say now; `poll` is off unless asked for. */
  async function start(path = file, options: PolicyWatchOptions = {}) {
    const reading = await readPolicyFiles([path]);
    const current = reading.ok ? reading.documents : [];
    const box = inbox();
    watches.push(
      watchPolicyFiles([path], box.push, {
        current,
        debounceMillis: STILL_MS,
        pollMillis: 3_600_000,
        ...options,
      }),
    );
    return box;
  }

  it('reports a file that was written over', async () => {
    const box = await start();

    await writeFile(file, policy(11));

    expect(await box.next()).to.equal('11');
  });

  it('reports each time an editor replaces the file', async () => {
    const box = await start();

    for (const depth of [11, 12, 13]) {
      await writeFile(`${file}.new`, policy(depth));
      await rename(`${file}.new`, file);
      expect(await box.next()).to.equal(String(depth));
    }
  });

  it('reports each time Kubernetes swaps the folder behind the symlinks', async () => {
    const swap = async (generation: string, depth: number): Promise<void> => {
      await mkdir(join(folder, generation));
      await writeFile(join(folder, generation, 'mounted.yaml'), policy(depth));
      await symlink(generation, join(folder, '..data_tmp'));
      await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    };
    await swap('..1', 10);
    const mounted = join(folder, 'mounted.yaml');
    await symlink('..data/mounted.yaml', mounted);
    const box = await start(mounted);

    for (const depth of [11, 12]) {
      await swap(`..${depth}`, depth);
      await rm(join(folder, `..${depth - 1}`), { recursive: true, force: true });
      expect(await box.next()).to.equal(String(depth));
    }
  });

  it('reports a change of the file that a symlink leads to', async () => {
    await mkdir(join(folder, 'elsewhere'));
    const target = join(folder, 'elsewhere', 'real.yaml');
    await writeFile(target, policy(10));
    const link = join(folder, 'link.yaml');
    await symlink(target, link);
    const box = await start(link);

    await writeFile(target, policy(11));

    expect(await box.next()).to.equal('11');
  });

  it('reports a file that breaks, goes and comes back', async () => {
    const box = await start();

    await writeFile(file, 'spec: [\n');
    expect(await box.next()).to.match(/YAML/);
    await unlink(file);
    expect(await box.next()).to.include('does not exist');
    await writeFile(file, policy(10));
    expect(await box.next()).to.equal('10');
  });

  it('finds by looking what no event told of, such as a folder made anew', async () => {
    const inner = join(folder, 'inner', 'policy.yaml');
    await mkdir(dirname(inner));
    await writeFile(inner, policy(10));
    const box = await start(inner, { pollMillis: 20 });

    await rm(dirname(inner), { recursive: true });
    expect(await box.next()).to.include('does not exist');
    await mkdir(dirname(inner));
    await writeFile(inner, policy(11));
    expect(await box.next()).to.equal('11');
    await writeFile(inner, policy(12));
    expect(await box.next()).to.equal('12');
  });

  it('says nothing where only the layout changed', async () => {
    const box = await start();

    await writeFile(file, `# a comment\n${policy(10)}`);
    await writeFile(`${file}.new`, policy(11));
    await rename(`${file}.new`, file);

    expect(await box.next()).to.equal('11');
    expect(box.size()).to.equal(0);
  });

  it('catches a change made between the first reading and the watch', async () => {
    const reading = await readPolicyFiles([file]);
    await writeFile(file, policy(11));
    const box = inbox();

    watches.push(
      watchPolicyFiles([file], box.push, { current: reading.ok ? reading.documents : [] }),
    );

    expect(await box.next()).to.equal('11');
  });

  it('reports the first reading to who has none yet', async () => {
    const box = inbox();

    watches.push(watchPolicyFiles([file], box.push, { debounceMillis: STILL_MS }));

    expect(await box.next()).to.equal('10');
  });

  it('reports nothing once closed, however often', async () => {
    const closed = inbox();
    const first = watchPolicyFiles([file], closed.push, { debounceMillis: STILL_MS });
    const open = await start();

    first.close();
    first.close();
    await writeFile(file, policy(11));

    expect(await open.next()).to.equal('11');
    expect(closed.size()).to.equal(0);
  });
});
