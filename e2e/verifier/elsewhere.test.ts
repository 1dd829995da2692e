// The second verifier reads lanes that a program other than their writer certifies and checkpoints, as ours does.

import { createPublicKey } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { certify, laneFileName } from '#core/evidence/lane.ts';
import { fixedKey, fixedLog, LANE_SEED, TRUST_SEED } from '#core/evidence/log.fixture.ts';
import { signatureKey, signerFor } from '#core/evidence/signature.ts';
import { HAS_PYTHON, run } from './second-verifier.ts';

describe('the second verifier, of a lane that was opened without the trust key', function () {
  this.timeout(60_000);
  let folder: string;

  before(async function () {
    if (!HAS_PYTHON) this.skip();
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-elsewhere-'));
  });

  after(async () => {
    if (HAS_PYTHON) await rm(folder, { recursive: true });
  });

  for (const { name, isCertified, checkpointed, expected } of casesElsewhere()) {
    it(`comes to the same verdict: ${name}`, async () => {
      const data = join(folder, name);
      const trust = await writeElsewhere(data, isCertified, checkpointed);

      const { verdict, problems } = await run(data, '--trust', trust);

      expect({ verdict, codes: problems.map(({ code }) => code) }).to.deep.equal(expected);
    });
  }
});

/** A lane that another program certifies and checkpoints. */
function casesElsewhere() {
  return [
    {
      name: 'certified later',
      isCertified: true,
      checkpointed: [0],
      expected: { verdict: 'verified', codes: [] as readonly string[] },
    },
    {
      name: 'never certified',
      isCertified: false,
      checkpointed: [0],
      expected: { verdict: 'inconclusive', codes: ['lane_uncertified'] },
    },
    {
      name: 'without checkpoints',
      isCertified: true,
      checkpointed: [],
      expected: { verdict: 'inconclusive', codes: ['lane_uncheckpointed'] },
    },
  ];
}

async function writeElsewhere(
  data: string,
  isCertified: boolean,
  checkpointed: readonly number[],
): Promise<string> {
  const signer = signerFor(fixedKey(TRUST_SEED));
  const { publicKey } = signerFor(fixedKey(LANE_SEED));
  const { lane } = fixedLog([], [], 'Elsewhere');
  const detail = {
    trustKey: signatureKey(signer.publicKey).id,
    certificate: certify(lane, publicKey, signer),
  };
  const ts = '2026-03-01T12:00:01.000000Z';
  const heartbeat = { type: 'lane.heartbeat', ts } as const;
  const certified = { type: 'lane.certified', ts, detail } as const;
  const log = fixedLog([[isCertified ? certified : heartbeat]], checkpointed, 'Elsewhere');
  await mkdir(join(data, 'lanes'), { recursive: true });
  const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');
  await writeFile(join(data, 'lanes', laneFileName(1, lane)), text(log.lines));
  await writeFile(join(data, 'checkpoints.jsonl'), text(log.checkpoints));
  const trust = `${data}.pub`;
  const key = createPublicKey(fixedKey(TRUST_SEED)).export({ type: 'spki', format: 'pem' });
  await writeFile(trust, key);
  return trust;
}
