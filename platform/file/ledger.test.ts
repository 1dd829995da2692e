// The ledger in files: every promise of the port on a real disk, then what only files can promise.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeLedger, type LedgerAdapter } from '#core/evidence/ledger.contract.ts';
import { describeLedgerRecordings } from '#core/evidence/ledger-recordings.contract.ts';
import { signatureKey } from '#core/evidence/signature.ts';
import { openEvidence } from './evidence-source.ts';
import { CAN_LIMIT_FILE_SIZE, limitFileSize } from './file-size-limit.fixture.ts';
import { openFileLedger } from './ledger.ts';
import { loadTrustKey } from './trust-key.ts';

const ADAPTER: LedgerAdapter = {
  name: 'FileLedger',
  lacks: [],
  open: async (options) => {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-ledger-'));
    const dataDir = join(folder, 'data');
    const trustKey = await loadTrustKey(join(folder, 'trust.pub'), dataDir);
    const ledger = await openFileLedger({ dataDir, trustKey, version: '0.0.0-test', ...options });
    return {
      ledger,
      trust: signatureKey(trustKey.signer.publicKey),
      source: () => openEvidence(dataDir, trustKey.publicKeyFile),
      breakWrites: CAN_LIMIT_FILE_SIZE ? () => limitFileSize(process.pid, 1) : undefined,
      mendWrites: () => {
        if (CAN_LIMIT_FILE_SIZE) {
          limitFileSize(process.pid, 'unlimited');
        }
      },
      dispose: () => rm(folder, { recursive: true, force: true }),
    };
  },
};

describeLedger(ADAPTER);
describeLedgerRecordings(ADAPTER);
