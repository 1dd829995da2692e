// Everything somebody can do to evidence who can write the data but has neither the trust key nor the
// keys of the lanes is found; and what is honest is not called tampered.

import { expect } from 'chai';
import { verifyEvidence } from '#core/evidence/verify.ts';
import { crashedLog, removeLog } from './crashed-log.fixture.ts';
import {
  CHECKPOINTS,
  copyEvidence,
  sourceOf,
  withFile,
  withLines,
} from './evidence-copy.fixture.ts';
import { flipBit } from './forgery.fixture.ts';
import { type HonestLog, honestLog, verifyCopy } from './tamper.fixture.ts';

describe('tampered evidence', () => {
  let log: HonestLog;

  before(async function () {
    this.timeout(30_000);
    log = await honestLog();
  });

  after(() => removeLog(log.place));

  it('is not what the fixture starts from', async () => {
    const verification = await verifyCopy(log.copy, log);

    expect(verification).to.deep.include({ verdict: 'verified', lanes: 3, problems: [] });
    expect(verification.dangling.map(({ exchange }) => exchange)).to.deep.equal(['c2']);
  });

  it('is found wherever a single bit is flipped', async function () {
    this.timeout(60_000);
    const missed: string[] = [];
    for (const [name, bytes] of log.copy.files) {
      // A stride without common factors with anything in the format meets every kind of byte.
      for (let at = 0; at < bytes.length; at += 29) {
        const flipped = withFile(log.copy, name, (original) => flipBit(original, at));
        const { verdict, problems } = await verifyCopy(flipped, log);
        if (verdict !== 'tampered' || !problems.some(({ file }) => file !== undefined)) {
          missed.push(`${name}@${at}`);
        }
      }
    }

    expect(missed).to.deep.equal([]);
  });

  it('is found wherever the checkpoint beside the trust key has a bit flipped', async () => {
    const [anchor = Buffer.alloc(0)] = log.copy.anchors ?? [];
    for (let at = 0; at < anchor.length - 1; at += 7) {
      const { verdict } = await verifyCopy({ ...log.copy, anchors: [flipBit(anchor, at)] }, log);

      expect(verdict, `anchor@${at}`).to.equal('tampered');
    }
  });

  it('is all of it when another key signed the whole log', async function () {
    this.timeout(30_000);
    const other = await crashedLog();
    try {
      const copy = await copyEvidence(other.dataDir, other.publicKeyFile);

      const { verdict, problems } = await verifyCopy(copy, log);

      expect(verdict).to.equal('tampered');
      const files = problems
        .filter(({ code }) => code === 'signer_unknown')
        .map(({ file }) => file);
      expect(files).to.include(CHECKPOINTS).and.to.have.lengthOf(4);
    } finally {
      await removeLog(other);
    }
  });

  it('cannot be told from honest evidence when checkpoints and the outside one went too', async () => {
    const cut = withLines(log.copy, log.last, (lines) => lines.slice(0, -1));
    const back = withLines(cut, CHECKPOINTS, (lines) => lines.slice(0, -1));

    const { verdict, notes } = await verifyCopy({ ...back, anchors: [] }, log);

    expect(verdict).to.equal('verified');
    expect(notes.map(({ code }) => code)).to.deep.equal(['lane_not_closed', 'anchor_absent']);
  });

  it('is found without trust keys too, where the evidence contradicts itself', async () => {
    const cut = withLines(log.copy, log.closed, (lines) => lines.toSpliced(2, 1));

    const { verdict } = await verifyEvidence(sourceOf(cut), undefined);

    expect(verdict).to.equal('tampered');
  });

  it('is never ruled out without trust keys', async () => {
    const { verdict, problems } = await verifyEvidence(sourceOf(log.copy), undefined);

    expect(verdict).to.equal('inconclusive');
    expect(problems.map(({ message }) => message)).to.deep.equal([
      'internally consistent; signer and completeness not established',
    ]);
  });
});
