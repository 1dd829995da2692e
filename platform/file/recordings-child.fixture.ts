// A process that records as fast as it can until it is killed: `recordings-child.fixture.ts DATA TRUST`.

import { intentDraft, outcomeDraft } from '#core/evidence/drafts.fixture.ts';
import { testRecorder, withRecording } from '#core/recordings/recordings.fixture.ts';
import { openFileLedger } from './ledger.ts';
import { loadTrustKey } from './trust-key.ts';

const [dataDir = '', trustFile = ''] = process.argv.slice(2);
const now = (): string => `${new Date().toISOString().slice(0, -1)}000Z`;
const trustKey = await loadTrustKey(trustFile, dataDir);
const ledger = await openFileLedger({ dataDir, trustKey, version: '0.0.0-test', now });
const { record } = testRecorder();

await Promise.all(Array.from({ length: 8 }, (_, worker) => flood(worker)));

async function flood(worker: number): Promise<void> {
  for (let index = 0; ; index += 1) {
    const exchange = `${process.pid}-${worker}-${index}`;
    const text = 'recorded '.repeat(1 + ((worker * 977 + index * 131) % 5000));
    await ledger.append(...withRecording(intentDraft(exchange, now()), record(text)));
    await ledger.append(...withRecording(outcomeDraft(exchange, now()), record(text)));
    process.stdout.write('.');
  }
}
