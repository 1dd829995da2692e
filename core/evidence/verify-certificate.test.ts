// A lane may be opened without the trust key and certified by a record in it: verified then, and said so; not
// established as long as nobody has; tampered when the certificate is not the trust key's.

import { expect } from 'chai';
import { intentDraft, outcomeDraft } from './drafts.fixture.ts';
import { certify } from './lane.ts';
import {
  type Commits,
  type FixedLog,
  fixedKey,
  fixedLog,
  LANE_SEED,
  sourceOfLog,
  TRUST_SEED,
} from './log.fixture.ts';
import type { RecordDraft } from './record.ts';
import { type SignatureKey, signatureKey, signerFor } from './signature.ts';
import { verifyEvidence } from './verify.ts';

const TIME = '2026-03-01T12:00:01.000000Z';
const CALL: Commits = [[intentDraft('0195-a', TIME), outcomeDraft('0195-a', TIME)]];

describe('a lane that was opened without the trust key', () => {
  const trust = signerFor(fixedKey(TRUST_SEED));
  const trusted = signatureKey(trust.publicKey);
  const own = signerFor(fixedKey(LANE_SEED));
  const { lane } = fixedLog([], [], 'Elsewhere');

  const certified = (by = trust): RecordDraft => ({
    type: 'lane.certified',
    ts: TIME,
    detail: {
      trustKey: signatureKey(by.publicKey).id,
      certificate: certify(lane, own.publicKey, by),
    },
  });

  async function verify(log: FixedLog, trustedKeys: readonly SignatureKey[] | undefined) {
    const { verdict, problems, notes } = await verifyEvidence(sourceOfLog(log), trustedKeys);
    const codes = (found: readonly { readonly code: string }[]) => found.map(({ code }) => code);
    return { verdict, problems: codes(problems), notes: codes(notes) };
  }

  it('verifies once a record certifies it and checkpoints vouch for it', async () => {
    const log = fixedLog([...CALL, [certified()]], [1], 'Elsewhere');

    expect(await verify(log, [trusted])).to.deep.equal({
      verdict: 'verified',
      problems: [],
      notes: ['lane_certified_late', 'lane_not_closed'],
    });
  });

  it('is not established while nobody has certified it', async () => {
    const found = await verify(fixedLog(CALL, [0], 'Elsewhere'), [trusted]);

    expect(found).to.deep.include({ verdict: 'inconclusive', problems: ['lane_uncertified'] });
  });

  it('is not established while no checkpoint vouches for it', async () => {
    const found = await verify(fixedLog([...CALL, [certified()]], [], 'Elsewhere'), [trusted]);

    expect(found).to.deep.include({ verdict: 'inconclusive', problems: ['lane_uncheckpointed'] });
  });

  it('is tampered with when a key that is not trusted certified it', async () => {
    const found = await verify(fixedLog([...CALL, [certified(own)]], [1], 'Elsewhere'), [trusted]);

    expect(found).to.deep.include({ verdict: 'tampered', problems: ['signer_unknown'] });
  });

  it('is tampered with when the certificate is of another lane', async () => {
    const { type, ts, detail } = certified();
    const certificate = certify('a'.repeat(26), own.publicKey, trust);
    const foreign = { type, ts, detail: { ...detail, certificate } };
    const found = await verify(fixedLog([...CALL, [foreign]], [1], 'Elsewhere'), [trusted]);

    expect(found).to.deep.include({ verdict: 'tampered', problems: ['certificate_invalid'] });
  });

  it('says nothing of certificates to who brings no key', async () => {
    const found = await verify(fixedLog(CALL, [0], 'Elsewhere'), undefined);

    expect(found).to.deep.include({ verdict: 'inconclusive', problems: ['trust_not_given'] });
  });
});
