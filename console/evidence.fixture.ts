// A data directory in which Alice called twice in a session, what was said once recorded, and Bob once.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { intentDraft, outcomeDraft, tickingClock } from '#core/evidence/drafts.fixture.ts';
import { BlobOpener } from '#core/recordings/open-blob.ts';
import { testRecorder, withRecording } from '#core/recordings/recordings.fixture.ts';
import { openFileLedger } from '#platform/file/ledger.ts';
import { loadTrustKey } from '#platform/file/trust-key.ts';

export interface EvidenceFixture {
  readonly dataDir: string;
  /** Opens what was recorded. */
  readonly opener: BlobOpener;
  remove(): Promise<void>;
}

export const ASKED = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"note":"[email]"}}';

export async function writeEvidence(): Promise<EvidenceFixture> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-console-'));
  const dataDir = join(folder, 'data');
  const trustKey = await loadTrustKey(join(folder, 'trust.pub'), dataDir);
  const now = tickingClock();
  const ledger = await openFileLedger({ dataDir, trustKey, version: '0.0.0-test', now });
  const recorder = testRecorder();
  const redactions = [{ detector: 'email', pointer: '/params/note', action: 'Redact' }];
  const asked = recorder.record(ASKED, redactions);
  await ledger.append(...withRecording(intentDraft('x1', now()), asked));
  await ledger.append(outcomeDraft('x1', now()));
  await ledger.append(intentDraft('x2', now()));
  const bob = { issuer: 'https://idp.example', subject: 'bob' };
  await ledger.append({ ...intentDraft('x3', now()), session: 'session-2', principal: bob });
  await ledger.close('test');
  return {
    dataDir,
    opener: new BlobOpener(recorder.privateKey),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
