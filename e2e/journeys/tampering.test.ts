import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { openFileLedger } from '#platform/file/ledger.ts';
import { loadTrustKey } from '#platform/file/trust-key.ts';
import { type Rig, startRig } from './rig.ts';
import { callTool, modern, send } from './wire.ts';

const SPEC = { rules: [{ name: 'all', effect: 'Allow' as const, match: { tools: ['echo'] } }] };
const BOOTS = 3;

/** A copy of the evidence and, outside it, of the trust key with its anchor. */
interface Copy {
  readonly folder: string;
  readonly data: string;
  /** Lane files, oldest first. */
  readonly lanes: readonly string[];
  readonly checkpoints: string;
  readonly trust: string;
}

interface Report {
  readonly code: number | null;
  readonly verdict: string;
  readonly problems: readonly { code: string; file?: string; line?: number; message: string }[];
}

describe('evidence in the hands of someone who can write it', () => {
  let rig: Rig<Fixture>;
  let earlier: string;
  let copies = 0;

  const work = async (): Promise<void> => {
    for (const message of ['one', 'two', 'three']) {
      await send(rig.url, modern(await rig.token(), callTool('echo', { message })));
    }
  };
  before(async () => {
    rig = await startRig({ server: () => startModern(), specs: [SPEC] });
    earlier = join(rig.directory, 'earlier');
    for (let boot = 1; boot <= BOOTS; boot += 1) {
      await work();
      await rig.gatehouse.close();
      if (boot === BOOTS - 1) await cp(rig.data, earlier, { recursive: true });
      if (boot < BOOTS) await rig.restart();
    }
  });
  after(() => rig?.close());

  const copy = async (): Promise<Copy> => {
    copies += 1;
    const folder = join(rig.directory, `copy-${copies}`);
    const data = join(folder, 'data');
    await mkdir(folder);
    await cp(rig.data, data, { recursive: true });
    const beside = (await readdir(rig.directory)).filter((name) => name.startsWith('data-trust.'));
    for (const name of beside) await cp(join(rig.directory, name), join(folder, name));
    const names = (await readdir(join(data, 'lanes'))).toSorted();
    return {
      folder,
      data,
      lanes: names.map((name) => join(data, 'lanes', name)),
      checkpoints: join(data, 'checkpoints.jsonl'),
      trust: join(folder, 'data-trust.pub'),
    };
  };
  const verify = async (...args: readonly string[]): Promise<Report> => {
    const { code, stdout } = await rig.cli('evidence', 'verify', ...args, '--json');
    return { ...JSON.parse(stdout), code };
  };
  const edit = async (file: string, change: (lines: string[]) => void): Promise<void> => {
    const lines = (await readFile(file, 'utf8')).split('\n').slice(0, -1);
    change(lines);
    await writeFile(file, lines.map((line) => `${line}\n`).join(''));
  };

  it('verifies while nobody has touched it', async () => {
    const { data, trust } = await copy();

    const trusting = await verify(data, '--trust', trust);
    const alone = await verify(data);

    expect(trusting).to.deep.include({ code: 0, verdict: 'verified', problems: [] });
    expect(alone).to.deep.include({ code: 2, verdict: 'inconclusive' });
    expect(alone.problems.map(({ message }) => message)).to.deep.equal([
      'internally consistent; signer and completeness not established',
    ]);
  });

  const cases: {
    name: string;
    tamper: (copy: Copy) => Promise<unknown>;
    finds: readonly string[];
    /** Lane, by its place, and line that the verifier names. */
    at?: { lane: number; line?: number };
  }[] = [
    {
      name: 'changes one letter of a record',
      tamper: ({ lanes: [, second = ''] }) =>
        edit(second, (lines) => {
          const at = lines.findIndex((line) => line.includes('"alice"'));
          lines[at] = (lines[at] ?? '').replace('"alice"', '"alicf"');
        }),
      finds: ['chain_broken', 'head_mismatch', 'signature_invalid'],
      at: { lane: 1 },
    },
    {
      name: 'takes a line out of the middle',
      tamper: ({ lanes: [, second = ''] }) => edit(second, (lines) => lines.splice(3, 1)),
      finds: ['sequence_broken'],
      at: { lane: 1, line: 4 },
    },
    {
      name: 'cuts the last lines off the last lane',
      tamper: ({ lanes: [, , third = ''] }) => edit(third, (lines) => lines.splice(-2)),
      finds: ['checkpoint_unmet'],
    },
    {
      name: 'deletes a lane in the middle',
      tamper: ({ lanes: [, second = ''] }) => rm(second),
      finds: ['lane_missing'],
    },
    {
      name: 'deletes the last lane and every checkpoint that tells of it',
      tamper: async ({ lanes: [, , third = ''], checkpoints }) => {
        await rm(third);
        await edit(checkpoints, (lines) => {
          const kept = lines.filter((line) => JSON.parse(line).r?.ordinal !== BOOTS);
          lines.splice(0, lines.length, ...kept);
        });
      },
      finds: ['checkpoint_unmet', 'checkpoint_missing', 'lane_missing', 'records_lost'],
    },
    {
      name: 'rolls data and checkpoints back together to a state that once verified',
      tamper: async ({ data }) => {
        await rm(data, { recursive: true });
        await cp(earlier, data, { recursive: true });
      },
      finds: ['checkpoint_unmet', 'checkpoint_missing'],
    },
    {
      name: 'writes the whole chain anew under a key of their own',
      tamper: async ({ folder, data }) => {
        const forged = join(folder, 'forged');
        await forge(rig, forged, join(folder, 'theirs.pub'));
        await rm(data, { recursive: true });
        await rename(forged, data);
      },
      finds: ['signer_unknown'],
    },
  ];
  for (const { name, tamper, finds, at } of cases) {
    it(`is found out when someone ${name}`, async () => {
      const touched = await copy();
      await tamper(touched);

      const report = await verify(touched.data, '--trust', touched.trust);

      expect(report).to.deep.include({ code: 1, verdict: 'tampered' });
      const found = report.problems.filter(({ code }) => finds.includes(code));
      expect(found, JSON.stringify(report.problems)).not.to.deep.equal([]);
      if (at !== undefined) {
        const file = touched.lanes[at.lane]?.slice(touched.data.length + 1);
        expect(found.map((problem) => problem.file)).to.include(file);
        if (at.line !== undefined) expect(found.map(({ line }) => line)).to.include(at.line);
      }
    });
  }

  it('is called tampered even without a trust key, where it contradicts itself', async () => {
    const touched = await copy();
    await edit(touched.lanes[0] ?? '', (lines) => lines.splice(2, 1));

    const report = await verify(touched.data);

    expect(report).to.deep.include({ code: 1, verdict: 'tampered' });
  });

  it('does not verify against the trust key of somebody else', async () => {
    const untouched = await copy();
    const theirs = join(untouched.folder, 'theirs.pub');
    await loadTrustKey(theirs, untouched.data);

    const report = await verify(untouched.data, '--trust', theirs);

    expect(report).to.deep.include({ code: 1, verdict: 'tampered' });
    expect(report.problems.map(({ code }) => code)).to.include('signer_unknown');
  });

  it('is never verified where there is none, or what there is cannot be read', async () => {
    const { folder, data, trust } = await copy();
    const empty = join(folder, 'empty');
    await mkdir(empty);

    const reports = [
      await verify(empty, '--trust', trust),
      await verify(join(folder, 'nowhere'), '--trust', trust),
      await verify(data, '--trust', join(folder, 'no-such-key.pub')),
    ];

    for (const { code, verdict } of reports) {
      expect(code).not.to.equal(0);
      expect(verdict).not.to.equal('verified');
    }
  });
});

/** All that was recorded, said again by a ledger that is real in everything but its trust key. */
async function forge(rig: Rig<Fixture>, dataDir: string, publicKeyFile: string): Promise<void> {
  const trustKey = await loadTrustKey(publicKeyFile, dataDir);
  const now = () => new Date().toISOString().replace('Z', '000Z');
  const ledger = await openFileLedger({ dataDir, trustKey, version: '0.1.0', now });
  for (const record of await rig.records()) {
    const { v, lane, seq, prev, ...draft } = record;
    if (!draft.type.startsWith('lane.'))
      await ledger.append(draft as Parameters<typeof ledger.append>[0]);
  }
  await ledger.close('stopped');
}
