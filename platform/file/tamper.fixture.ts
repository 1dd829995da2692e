// What the tests of tampering share: honest evidence to start from, and how a finding is asked for.

import { expect } from 'chai';
import type { ProblemCode } from '#core/evidence/problem.ts';
import type { SignatureKey } from '#core/evidence/signature.ts';
import { type Verification, verifyEvidence } from '#core/evidence/verify.ts';
import { crashedLog, type LogPlace, removeLog } from './crashed-log.fixture.ts';
import { CHECKPOINTS, copyEvidence, type EvidenceCopy, sourceOf } from './evidence-copy.fixture.ts';
import { readTrustedKeys } from './trust-key.ts';

export interface HonestLog {
  readonly place: LogPlace;
  readonly copy: EvidenceCopy;
  readonly trust: readonly SignatureKey[];
  /** Names of the lanes: one that was closed, one that was killed while writing, one closed again. */
  readonly closed: string;
  readonly crashed: string;
  readonly last: string;
}

export async function honestLog(): Promise<HonestLog> {
  const place = await crashedLog();
  const copy = await copyEvidence(place.dataDir, place.publicKeyFile);
  const trust = await readTrustedKeys(place.publicKeyFile);
  const [closed = '', crashed = '', last = ''] = [...copy.files.keys()].filter(
    (name) => name !== CHECKPOINTS,
  );
  return { place, copy, trust, closed, crashed, last };
}

export function verifyCopy(copy: EvidenceCopy, log: HonestLog): Promise<Verification> {
  return verifyEvidence(sourceOf(copy), log.trust);
}

/** What is done to the evidence, and where the verifier must say that it was done. */
export interface Edit {
  readonly name: string;
  readonly change: (log: HonestLog) => EvidenceCopy;
  readonly code: ProblemCode;
  /** Beginning of the file's name. */
  readonly file: (log: HonestLog) => string;
  readonly line?: number;
  readonly seq?: number;
}

export function describeEdits(title: string, edits: readonly Edit[]): void {
  describe(title, () => {
    let log: HonestLog;

    before(async function () {
      this.timeout(30_000);
      log = await honestLog();
    });

    after(() => removeLog(log.place));

    for (const { name, change, code, file, line, seq } of edits) {
      it(`is found when ${name}`, async () => {
        const { verdict, problems } = await verifyCopy(change(log), log);

        expect(verdict).to.equal('tampered');
        const found = problems.find((problem) => problem.code === code);
        expect(found, JSON.stringify(problems)).not.to.equal(undefined);
        expect(found?.file?.startsWith(file(log)), `${found?.file}`).to.equal(true);
        expect(found?.line).to.equal(line ?? found?.line);
        expect(found?.seq).to.equal(seq ?? found?.seq);
      });
    }
  });
}
