// Every pod in testdata, injected: what comes out is in the file beside it. UPDATE=1 writes those files.

import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { applyPatch } from 'rfc6902';
import { parseAllDocuments, stringify } from 'yaml';
import { type Injected, inject } from './inject.ts';
import { placement, SETTINGS } from './injection.testkit.ts';
import { diff } from './json-patch.ts';
import type { Pod } from './pod.ts';
import { violationsOfRestricted } from './restricted.testkit.ts';
import type { Placement } from './settings.ts';
import { compareInjected, statusOf } from './status.ts';

const FOLDER = new URL('./testdata/', import.meta.url).pathname;
// biome-ignore lint/style/noProcessEnv: how the person at the keyboard asks for new golden files
const UPDATE = process.env.UPDATE === '1';

interface Case {
  readonly name: string;
  readonly placement: Placement;
  readonly pod: Pod;
}

const cases = globSync('*.yaml', { cwd: FOLDER })
  .filter((file) => !file.endsWith('.injected.yaml'))
  .sort()
  .map(readCase);

describe('injection of the pods in testdata', () => {
  it('finds them, and no answer without its question', () => {
    const answers = globSync('*.injected.yaml', { cwd: FOLDER });

    expect(cases.length).to.be.above(25);
    expect(answers.map((file) => file.replace('.injected', '.')).length).to.equal(cases.length);
  });

  for (const { name, pod, placement: where } of cases) {
    const result = inject(pod, where, SETTINGS);

    it(`${name} is as in its golden file`, () => {
      const shown = result.ok
        ? {
            capture: result.capture.mode,
            why: result.capture.why,
            warnings: result.warnings,
            pod: result.pod,
          }
        : { refused: result.why };
      const text = stringify(shown, { lineWidth: 0 });
      const file = `${FOLDER}${name}.injected.yaml`;
      if (UPDATE) writeFileSync(file, text);

      expect(existsSync(file), `${file}: run with UPDATE=1`).to.equal(true);
      expect(text).to.equal(readFileSync(file, 'utf8'));
    });

    if (result.ok) itHolds({ name, pod, placement: where }, result);
  }
});

function itHolds({ name, pod, placement: where }: Case, result: Injected): void {
  it(`${name} comes out of its patch, which replaces no array`, () => {
    const patch = diff(pod, result.pod);
    const patched = structuredClone(pod);
    const errors = applyPatch(patched, structuredClone(patch));

    expect(errors.filter((error) => error !== null)).to.deep.equal([]);
    expect(patched).to.deep.equal(result.pod);
    expect(patch.filter((one) => one.op === 'replace' && Array.isArray(one.value))).to.deep.equal(
      [],
    );
  });

  it(`${name} stays the same when it is injected again`, () => {
    const again = inject(result.pod, where, SETTINGS);

    expect(again.ok && again.pod).to.deep.equal(result.pod);
  });

  it(`${name} stands as it was injected`, () => {
    const status = statusOf(result.pod, result.capture, SETTINGS.revision);

    expect(compareInjected(result.pod, status)).to.equal(undefined);
  });

  it(`${name} breaks no rule of restricted Pod Security that it kept before`, () => {
    const before = violationsOfRestricted(pod);
    const after = violationsOfRestricted(result.pod).filter(
      (one) => !one.startsWith('gatehouse-redirect:') && !before.includes(one),
    );

    expect(after).to.deep.equal([]);
  });
}

/** `placement:` stands in a document of its own, before the pod. */
function readCase(file: string): Case {
  const documents = parseAllDocuments(readFileSync(FOLDER + file, 'utf8')).map((one) => one.toJS());
  const pod = documents.at(-1) as Pod;
  const given = documents.length > 1 ? (documents[0].placement as Partial<Placement>) : {};
  return { name: file.replace('.yaml', ''), placement: placement(given), pod };
}
