// Checkpoints keep up with the lane, and a gateway that cannot write them stops recording before
// anybody could cut more off than the format allows for.

import { mkdir, mkdtemp, readFile, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseCheckpoint } from '#core/evidence/checkpoint.ts';
import { intentDraft, outcomeDraft, tickingClock } from '#core/evidence/drafts.fixture.ts';
import { CHECKPOINT_MILLIS } from '#core/evidence/running-ledger.ts';
import { signatureKey } from '#core/evidence/signature.ts';
import { verifyEvidence } from '#core/evidence/verify.ts';
import { anchorFile } from './anchors.ts';
import { openEvidence } from './evidence-source.ts';
import { type FileLedger, openFileLedger } from './ledger.ts';
import { loadTrustKey, type TrustKey, TrustKeyFault } from './trust-key.ts';

describe('checkpoints of a file ledger', () => {
  let folder: string;
  let trustKey: TrustKey;
  let ledger: FileLedger;
  let elapsedMillis: number;
  const now = tickingClock();

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-checkpoints-'));
    trustKey = await loadTrustKey(join(folder, 'trust.pub'), join(folder, 'data'));
    elapsedMillis = 0;
    ledger = await open();
  });

  afterEach(async () => {
    await ledger.close('test').catch(() => {});
    await rm(folder, { recursive: true, force: true });
  });

  function open(heartbeatMillis?: number): Promise<FileLedger> {
    return openFileLedger({
      dataDir: join(folder, 'data'),
      trustKey,
      version: '0.0.0-test',
      now,
      monotonicMillis: () => elapsedMillis,
      ...(heartbeatMillis === undefined ? {} : { heartbeatMillis }),
    });
  }

  async function checkpoints() {
    const text = await readFile(join(folder, 'data', 'checkpoints.jsonl'), 'utf8');
    return text.split('\n').flatMap((line) => parseCheckpoint(line) ?? []);
  }

  async function anchor() {
    const file = anchorFile(trustKey.publicKeyFile, (await checkpoints())[0]?.log ?? '');
    return parseCheckpoint((await readFile(file, 'utf8')).trimEnd());
  }

  it('begin with the opened lane', async () => {
    const [first, ...others] = await checkpoints();

    expect(first).to.deep.include({ n: 1, ordinal: 1, seq: 1, records: 1, lane: ledger.lane });
    expect(others).to.deep.equal([]);
  });

  it('follow the records within the interval, many records to one checkpoint', async () => {
    const began = performance.now();
    for (let index = 0; index < 20; index += 1) {
      await ledger.append(intentDraft(`x${index}`, now()));
    }

    while ((await checkpoints()).at(-1)?.seq !== 21) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }

    // One at the opening, one for each interval that has begun, and one for the rest.
    const intervals = Math.ceil((performance.now() - began) / CHECKPOINT_MILLIS);
    expect(await checkpoints()).to.have.lengthOf.below(intervals + 3);
  });

  it('end with lane.close, in the data and beside the trust key', async () => {
    await ledger.append(intentDraft('x1', now()));
    await ledger.close('test');

    const last = (await checkpoints()).at(-1);
    expect(last?.seq).to.equal(3);
    expect(await anchor()).to.deep.equal(last);
  });

  it('go on counting in the next lane', async () => {
    await ledger.close('test');
    ledger = await open();

    expect((await checkpoints()).at(-1)).to.deep.include({ n: 3, ordinal: 2, seq: 1, records: 3 });
  });

  it('go on under a new trust key, and verify against the old and the new', async () => {
    await ledger.close('test');
    const old = trustKey;
    trustKey = await loadTrustKey(join(folder, 'new.pub'), join(folder, 'data'));
    ledger = await open();
    await ledger.close('test');

    const trust = [old, trustKey].map(({ signer }) => signatureKey(signer.publicKey));
    const both = await verifyEvidence(
      await openEvidence(join(folder, 'data'), trustKey.publicKeyFile),
      trust,
    );

    expect(both).to.deep.include({ verdict: 'verified', lanes: 2 });
  });

  it('stop the recording when they cannot be kept outside the data, until they can', async () => {
    const blocker = `${anchorFile(trustKey.publicKeyFile, ledger.lane)}.new`;
    await mkdir(blocker);
    await ledger.append(intentDraft('x1', now()));
    elapsedMillis += 11_000;

    const fault = await ledger.append(intentDraft('x2', now())).catch((error: unknown) => error);
    const wasHealthy = ledger.healthy;
    await rmdir(blocker);
    await ledger.append(outcomeDraft('x1', now()));

    expect(fault).to.have.property('code', 'write_failed');
    expect({ wasHealthy, isHealthy: ledger.healthy }).to.deep.equal({
      wasHealthy: false,
      isHealthy: true,
    });
  });

  it('stop a start that cannot keep them outside the data', async () => {
    await ledger.close('test');
    await mkdir(`${anchorFile(trustKey.publicKeyFile, ledger.lane)}.new`);

    const fault = await open().catch((error: unknown) => error);

    expect(fault).to.be.instanceOf(TrustKeyFault);
    expect(fault).to.have.property('message').that.contains('--trust-key');
  });

  it('are joined by heartbeats while nothing happens', async () => {
    await ledger.close('test');
    ledger = await open(5);

    while ((await checkpoints()).at(-1)?.seq === 1) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await ledger.close('test');

    const source = await openEvidence(join(folder, 'data'), trustKey.publicKeyFile);
    const trust = [signatureKey(trustKey.signer.publicKey)];
    expect((await verifyEvidence(source, trust)).verdict).to.equal('verified');
  });
});
