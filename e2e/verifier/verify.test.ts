// The second verifier, in another language and without our code, comes to the same verdict: on the
// vector in the document, on honest evidence, and on every way of tampering that we know.

import { createPublicKey } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import {
  approver,
  ballot,
  breaking,
  GLASS_TERMS,
  request,
  T0,
} from '#core/approvals/approvals.testkit.ts';
import { move } from '#core/approvals/moves.testkit.ts';
import { type ApprovalRecordType, approvalRecord } from '#core/approvals/recorded.ts';
import { requested } from '#core/approvals/states.ts';
import { intentDraft, outcomeDraft, tickingClock } from '#core/evidence/drafts.fixture.ts';
import { blobFileName } from '#core/evidence/lane.ts';
import { fixedKey, TRUST_SEED } from '#core/evidence/log.fixture.ts';
import { verifyEvidence } from '#core/evidence/verify.ts';
import { testRecorder, withRecording } from '#core/recordings/recordings.fixture.ts';
import { anchorFile } from '#platform/file/anchors.ts';
import { type LogPlace, newLogPlace, removeLog } from '#platform/file/crashed-log.fixture.ts';
import type { EvidenceCopy } from '#platform/file/evidence-copy.fixture.ts';
import { openEvidence } from '#platform/file/evidence-source.ts';
import { openFileLedger } from '#platform/file/ledger.ts';
import { type HonestLog, honestLog, verifyCopy } from '#platform/file/tamper.fixture.ts';
import { CHECKPOINT_EDITS } from '#platform/file/tamper-checkpoints.fixture.ts';
import { LANE_EDITS } from '#platform/file/tamper-lanes.fixture.ts';
import { loadTrustKey, readTrustedKeys } from '#platform/file/trust-key.ts';
import { HAS_PYTHON, run } from './second-verifier.ts';

const APPROVALS: readonly {
  readonly name: string;
  readonly types: readonly ApprovalRecordType[];
  readonly spent?: number;
  readonly glass?: boolean;
  readonly verdict: string;
}[] = [
  {
    name: 'people voted for',
    types: ['approval.requested', 'approval.voted', 'approval.granted'],
    verdict: 'verified',
  },
  {
    name: 'nobody voted for',
    types: ['approval.requested', 'approval.granted'],
    verdict: 'inconclusive',
  },
  {
    name: 'was taken back before',
    types: ['approval.voted', 'approval.revoked'],
    spent: 1,
    verdict: 'tampered',
  },
  {
    name: 'went on without a decision, by nobody',
    types: ['approval.requested'],
    glass: true,
    spent: 1,
    verdict: 'inconclusive',
  },
  {
    name: 'went on without a decision, by somebody',
    types: ['approval.glass_broken'],
    glass: true,
    spent: 1,
    verdict: 'verified',
  },
  { name: 'was spent twice', types: ['approval.voted'], spent: 2, verdict: 'tampered' },
];

describe('the second verifier', function () {
  this.timeout(60_000);
  let log: HonestLog;
  let folder: string;

  before(async function () {
    if (!HAS_PYTHON) {
      this.skip();
    }
    log = await honestLog();
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-second-'));
  });

  after(async () => {
    if (HAS_PYTHON) {
      await removeLog(log.place);
      await rm(folder, { recursive: true });
    }
  });

  it('verifies honest evidence, and counts as we do', async () => {
    const { place, copy } = log;

    const answer = await run(place.dataDir, '--trust', place.publicKeyFile);

    const { lanes, records, intents, outcomes, dangling } = await verifyCopy(copy, log);
    expect(answer).to.deep.equal({
      code: 0,
      verdict: 'verified',
      lanes,
      records,
      intents,
      outcomes,
      dangling: dangling.map(({ exchange }) => exchange),
      problems: [],
    });
  });

  it('verifies the vector in the document', async () => {
    const document = await readFile(new URL('../../docs/audit-format.md', import.meta.url), 'utf8');
    const blocks = [...document.matchAll(/^```\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);
    const [, , lane = '', , checkpoints = ''] = blocks;
    const name = /`lanes\/(000001-[a-z2-7]{26}\.jsonl)`/.exec(document)?.[1] ?? '';
    const data = join(folder, 'vector');
    await mkdir(join(data, 'lanes'), { recursive: true });
    await writeFile(join(data, 'lanes', name), lane);
    await writeFile(join(data, 'checkpoints.jsonl'), checkpoints);
    const publicKey = createPublicKey(fixedKey(TRUST_SEED));
    const trust = join(folder, 'vector.pub');
    await writeFile(trust, publicKey.export({ type: 'spki', format: 'pem' }));

    const answer = await run(data, '--trust', trust);

    expect(answer).to.deep.include({ code: 0, verdict: 'verified', records: 4, problems: [] });
  });

  it('cannot say verified without the trust key', async () => {
    const answer = await run(log.place.dataDir);

    expect(answer).to.deep.include({ code: 2, verdict: 'inconclusive' });
  });

  it('cannot say anything of a directory that is not there', async () => {
    expect(await run(join(folder, 'none'))).to.deep.include({ code: 2, verdict: 'inconclusive' });
  });

  it('finds another key', async () => {
    const other = await honestLog();

    const answer = await run(log.place.dataDir, '--trust', other.place.publicKeyFile);
    await removeLog(other.place);

    expect(answer).to.deep.include({ code: 1, verdict: 'tampered' });
  });

  for (const { name, change, code } of [...LANE_EDITS, ...CHECKPOINT_EDITS]) {
    it(`finds it when ${name}`, async () => {
      const place = await materialize(change(log));

      const answer = await run(place.data, '--trust', place.trust);

      expect(answer).to.deep.include({ code: 1, verdict: 'tampered' });
      expect(answer.problems.length, code).to.be.greaterThan(0);
    });
  }

  it('finds single bits where they were flipped', async () => {
    for (const [index, [name, bytes]] of [...log.copy.files].entries()) {
      const at = Math.floor(bytes.length / 3) + index;
      const flipped = Buffer.from(bytes);
      flipped.writeUInt8(bytes.readUInt8(at) ^ 4, at);
      const files = new Map(log.copy.files).set(name, flipped);
      const place = await materialize({ ...log.copy, files });

      const answer = await run(place.data, '--trust', place.trust);

      expect(answer, `${name}@${at}`).to.deep.include({ code: 1, verdict: 'tampered' });
    }
  });

  it('finds what was changed in recordings, and nothing where they are gone', async () => {
    const place = await newLogPlace();
    const file = await recordInto(place);
    const honest = await readFile(file);
    const answers: string[] = [];
    for (const change of RECORDING_CHANGES) {
      await writeFile(file, change(Buffer.from(honest)));
      answers.push((await run(place.dataDir, '--trust', place.publicKeyFile)).verdict);
    }
    await rm(file);
    answers.push((await run(place.dataDir, '--trust', place.publicKeyFile)).verdict);
    await removeLog(place);

    const changed = Array.from({ length: RECORDING_CHANGES.length - 2 }, () => 'tampered');
    expect(answers).to.deep.equal(['verified', 'verified', ...changed, 'verified']);
  });

  for (const { name, types, spent = 1, glass = false, verdict } of APPROVALS) {
    it(`comes to ${verdict} about a grant that ${name}, as we do`, async () => {
      const place = await newLogPlace();
      await approveInto(place, types, { spent, glass });

      const answer = await run(place.dataDir, '--trust', place.publicKeyFile);
      const trusted = await readTrustedKeys(place.publicKeyFile);
      const source = await openEvidence(place.dataDir, place.publicKeyFile);
      const ours = await verifyEvidence(source, trusted);
      await removeLog(place);

      expect([answer.verdict, ours.verdict]).to.deep.equal([verdict, verdict]);
    });
  }

  async function materialize({ files, anchors }: EvidenceCopy) {
    const place = await mkdtemp(join(folder, 'copy-'));
    const data = join(place, 'data');
    const trust = join(place, 'trust.pub');
    await mkdir(data);
    for (const [name, bytes] of files) {
      await mkdir(dirname(join(data, name)), { recursive: true });
      await writeFile(join(data, name), bytes);
    }
    await cp(log.place.publicKeyFile, trust);
    for (const [index, bytes] of (anchors ?? []).entries()) {
      await writeFile(anchorFile(trust, `anchor${index}`), bytes);
    }
    return { data, trust };
  }
});

/** The first two leave everything that a record names. */
const RECORDING_CHANGES: readonly ((bytes: Buffer) => Buffer)[] = [
  (bytes) => bytes,
  (bytes) => Buffer.concat([bytes, bytes.subarray(-50)]),
  ...[3, 24, 28, 30, 61, 100, -1].map((at) => (bytes: Buffer) => {
    const place = at < 0 ? bytes.length + at : at;
    bytes.writeUInt8(bytes.readUInt8(place) ^ 4, place);
    return bytes;
  }),
];

/** A closed lane with two recordings; returns the file that holds them. */
async function recordInto({ dataDir, publicKeyFile }: LogPlace): Promise<string> {
  const trustKey = await loadTrustKey(publicKeyFile, dataDir);
  const now = tickingClock();
  const ledger = await openFileLedger({ dataDir, trustKey, version: '0.0.0-test', now });
  const { record } = testRecorder();
  await ledger.append(...withRecording(intentDraft('x1', now()), record('asked')));
  await ledger.append(...withRecording(outcomeDraft('x1', now()), record('answered')));
  await ledger.close('done');
  return join(dataDir, 'recordings', blobFileName(1, ledger.lane));
}

/** A closed lane in which one grant is spent, after records of these types. */
async function approveInto(
  { dataDir, publicKeyFile }: LogPlace,
  types: readonly ApprovalRecordType[],
  { spent, glass }: { readonly spent: number; readonly glass: boolean },
): Promise<void> {
  const trustKey = await loadTrustKey(publicKeyFile, dataDir);
  const now = tickingClock();
  const ledger = await openFileLedger({ dataDir, trustKey, version: '0.0.0-test', now });
  const asked = request('1', { terms: GLASS_TERMS });
  const olga = approver('olga', { groups: ['oncall'] });
  const granted = move(
    requested(asked, T0),
    glass
      ? { kind: 'break', ...breaking(asked, olga) }
      : { kind: 'vote', ...ballot(asked, approver('bob')) },
  );
  const spend = { binding: asked.binding, nonce: 'a'.repeat(32), exchange: 'x1' };
  for (const type of types) await ledger.append(approvalRecord(type, granted, now()));
  const consumed = move(granted, { kind: 'consume', ...spend });
  for (let use = 0; use < spent; use += 1) {
    await ledger.append(approvalRecord('approval.consumed', consumed, now(), 'x1'));
  }
  await ledger.close('done');
}
