// Starts on data that is not as a gateway left it: refused where nothing may be added, and never a
// reason to vouch for what was found.

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { tickingClock } from '#core/evidence/drafts.fixture.ts';
import { signatureKey } from '#core/evidence/signature.ts';
import { verifyEvidence } from '#core/evidence/verify.ts';
import { DataDirFault } from './data-dir-fault.ts';
import { openEvidence } from './evidence-source.ts';
import { openFileLedger } from './ledger.ts';
import { loadTrustKey, type TrustKey } from './trust-key.ts';

describe('starting on data', () => {
  let folder: string;
  let dataDir: string;
  let trustKey: TrustKey;
  const now = tickingClock();

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-start-'));
    dataDir = join(folder, 'data');
    trustKey = await loadTrustKey(join(folder, 'trust.pub'), dataDir);
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  function open() {
    return openFileLedger({ dataDir, trustKey, version: '0.0.0-test', now });
  }

  async function openAndClose(): Promise<void> {
    const ledger = await open();
    await ledger.close('test');
  }

  async function faultOfOpen(): Promise<unknown> {
    return open().then(
      () => undefined,
      (error: unknown) => error,
    );
  }

  async function codesOfVerify(): Promise<readonly string[]> {
    const source = await openEvidence(dataDir, trustKey.publicKeyFile);
    const { problems } = await verifyEvidence(source, [signatureKey(trustKey.signer.publicKey)]);
    return problems.map(({ code }) => code);
  }

  it('says what to do when the directory cannot be made', async () => {
    await writeFile(dataDir, 'a file, not a folder');

    const fault = await faultOfOpen();

    expect(fault).to.be.instanceOf(DataDirFault).and.to.have.property('code', 'data_unwritable');
    expect(fault).to.have.property('message').that.contains('--data').and.contains(dataDir);
  });

  it('says who holds the directory', async () => {
    const ledger = await open();

    const fault = await faultOfOpen();
    await ledger.close('test');

    expect(fault).to.have.property('code', 'data_locked');
  });

  it('adds nothing to checkpoints that end in what no gateway writes', async () => {
    await openAndClose();
    await writeFile(join(dataDir, 'checkpoints.jsonl'), 'x'.repeat(100_000), { flag: 'a' });

    const fault = await faultOfOpen();

    expect(fault).to.have.property('code', 'data_invalid');
    expect(fault).to.have.property('message').that.contains('evidence verify');
    const { length } = await readFile(join(dataDir, 'checkpoints.jsonl'));
    expect(length).to.be.greaterThan(100_000);
  });

  it('can be tried again after it was refused', async () => {
    await writeFile(dataDir, 'a file, not a folder');
    await faultOfOpen();
    await rm(dataDir);

    await openAndClose();

    expect(await codesOfVerify()).to.deep.equal([]);
  });

  it('does not make good what was done to the lane before', async () => {
    await openAndClose();
    const [name = ''] = await readdir(join(dataDir, 'lanes'));
    await writeFile(join(dataDir, 'lanes', name), 'nothing that anybody wrote\n');

    await openAndClose();

    expect(await codesOfVerify())
      .to.include('line_invalid')
      .and.to.include('checkpoint_unmet');
  });

  it('does not make good a tail that was cut off', async () => {
    await openAndClose();
    const [name = ''] = await readdir(join(dataDir, 'lanes'));
    const file = join(dataDir, 'lanes', name);
    const bytes = await readFile(file);
    await writeFile(file, bytes.subarray(0, bytes.lastIndexOf(10, bytes.length - 2) + 1));

    await openAndClose();

    expect(await codesOfVerify())
      .to.include('records_lost')
      .and.to.include('checkpoint_unmet');
  });

  it('tells its caller what was lost', async () => {
    await openAndClose();
    await rm(join(dataDir, 'lanes'), { recursive: true });

    const ledger = await open();
    await ledger.close('test');

    expect(ledger.found.lost).to.have.property('seq', 2);
    expect(await codesOfVerify()).to.include('records_lost');
  });
});
