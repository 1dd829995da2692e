// Keeps the test vector in docs/audit-format.md true: it is what other verifiers are built from.
// UPDATE_GOLDEN=1 writes it anew.

import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { parseCheckpoint } from './checkpoint.ts';
import { parseCommit } from './commit.ts';
import { intentDraft, outcomeDraft } from './drafts.fixture.ts';
import { fixedKey, fixedLog, LANE_SEED, sourceOfLog, TRUST_SEED } from './log.fixture.ts';
import { RECORD_TYPES } from './record.ts';
import { PURPOSES, signatureKey, signerFor } from './signature.ts';
import { verifyEvidence } from './verify.ts';

const DOCUMENT = new URL('../../docs/audit-format.md', import.meta.url);
const MARKED = /(<!-- vector -->\n)[\s\S]*(<!-- \/vector -->)/;

describe('docs/audit-format.md', () => {
  const document = readFileSync(DOCUMENT, 'utf8');

  it('shows the bytes that the code makes', () => {
    const vector = vectorText();
    // biome-ignore lint/style/noProcessEnv: how golden files are renewed.
    if (process.env.UPDATE_GOLDEN === '1') {
      writeFileSync(
        DOCUMENT,
        document.replace(MARKED, (_, start, end) => start + vector + end),
      );
      return;
    }

    expect(MARKED.exec(document)?.[0]).to.equal(`<!-- vector -->\n${vector}<!-- /vector -->`);
  });

  it('shows evidence that verifies', async () => {
    const log = vectorLog();

    const verification = await verifyEvidence(sourceOfLog(log, log.checkpoints.slice(-1)), [
      signatureKey(log.trust.publicKey),
    ]);

    expect(verification).to.deep.include({ verdict: 'verified', records: 4, dangling: [] });
  });

  it('names every purpose and every type of record', () => {
    const { record, commit, lane, certificate, checkpoint, checkpointLink, commitment } = PURPOSES;
    const purposes = [record, commit, lane, certificate, checkpoint, checkpointLink, commitment];
    const words = [...purposes.map((purpose) => purpose.trimEnd()), ...RECORD_TYPES];

    expect(words.filter((word) => !document.includes(`\`${word}\``))).to.deep.equal([]);
  });
});

function vectorLog() {
  return fixedLog(
    [
      [
        intentDraft('0195-a', '2026-03-01T12:00:01.000000Z'),
        outcomeDraft('0195-a', '2026-03-01T12:00:01.001500Z'),
      ],
      [{ type: 'lane.close', ts: '2026-03-01T12:00:02.000000Z', detail: { reason: 'é "\u0001"' } }],
    ],
    [1],
  );
}

function vectorText(): string {
  const log = vectorLog();
  const [trust, lane] = [TRUST_SEED, LANE_SEED].map((seed) => signerFor(fixedKey(seed)).publicKey);
  const hashes = log.lines.flatMap((line) => {
    const parsed = parseCommit(line);
    return parsed.ok
      ? parsed.commit.records.map(({ record, hash }) => `${record.seq} ${hash}`)
      : [];
  });
  const last = parseCheckpoint(log.checkpoints.at(-1) ?? '');
  return [
    'Keys and names:\n\n',
    block(
      `trust public key ${trust}`,
      `trust key id     ${signatureKey(trust ?? '').id}`,
      `lane public key  ${lane}`,
      `lane             ${log.lane}`,
    ),
    `\n\`lanes/000001-${log.lane}.jsonl\`:\n\n`,
    block(...log.lines),
    '\nHashes of its records:\n\n',
    block(...hashes),
    `\n\`checkpoints.jsonl\`; the second line, n ${last?.n}, is the anchor too:\n\n`,
    block(...log.checkpoints),
  ].join('');
}

function block(...lines: readonly string[]): string {
  return `\`\`\`\n${lines.join('\n')}\n\`\`\`\n`;
}
