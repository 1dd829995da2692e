// The approval key's files: a console holds the pair, gateways the public half alone, and both may hold
// more than one public half during a rotation.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ApprovalKeyFault, loadApprovalKey, readApprovalKeys } from './approval-key.ts';

describe('the approval key', () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-approval-'));
    file = join(folder, 'approval.pub');
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('signs for gateways that hold its public half alone', async () => {
    const { signer, isNew } = await loadApprovalKey(file);
    await rm(join(folder, 'approval.key'));

    const [key] = await readApprovalKeys(file);

    expect(isNew).to.equal(true);
    expect(key?.verifies('grant', 'text', signer.sign('grant', 'text'))).to.equal(true);
  });

  it('counts what the key before it signed, once that stands behind it', async () => {
    const before = await loadApprovalKey(join(folder, 'old.pub'));
    await loadApprovalKey(file);
    const pems = [await readFile(file, 'utf8'), await readFile(join(folder, 'old.pub'), 'utf8')];
    await writeFile(file, pems.join(''));

    const { trusted, signer } = await loadApprovalKey(file);

    const signed = [signer, before.signer].map((each) => each.sign('vote', 'text'));
    const counts = signed.map((each) => trusted.some((key) => key.verifies('vote', 'text', each)));
    expect(counts).to.deep.equal([true, true]);
  });

  it('is refused where a gateway is given what is no public key', async () => {
    await writeFile(file, 'nothing');

    const fault = await readApprovalKeys(file).catch((error: unknown) => error);

    expect(fault).to.be.instanceOf(ApprovalKeyFault);
    expect(String(fault)).to.contain('--approval-key').and.to.contain(file);
  });

  it('is not read out of the private half: a gateway must not need that', async () => {
    await loadApprovalKey(file);

    const fault = await readApprovalKeys(join(folder, 'approval.key')).catch((e: unknown) => e);

    expect(String(fault)).to.contain('holds no public key');
  });
});
