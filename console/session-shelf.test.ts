// Who may read which session, and that readings are shared, go one after the other and are bounded.

import { rename } from 'node:fs/promises';
import { expect } from 'chai';
import { principal } from '#core/approvals/approvals.testkit.ts';
import { fileSessions } from '#platform/file/recorded-sessions.ts';
import { type EvidenceFixture, writeEvidence } from './evidence.fixture.ts';
import { SessionShelf, ShelfFault } from './session-shelf.ts';

describe('the shelf of sessions', () => {
  let evidence: EvidenceFixture;
  let now = 0;
  before(async () => {
    evidence = await writeEvidence();
  });
  after(() => evidence.remove());

  function shelf(): SessionShelf {
    const recorded = fileSessions(evidence.dataDir);
    return new SessionShelf({ recorded, auditors: ['audit'], nowMillis: () => now });
  }

  const auditor = principal('erin', { groups: ['audit'] });

  it('shows everybody their own sessions', async () => {
    const own = await shelf().list(principal('alice'));

    expect(own.map(({ id }) => id)).to.deep.equal(['session-1']);
  });

  it('shows auditors all of them, newest first', async () => {
    const all = await shelf().list(auditor);

    expect(all.map(({ id }) => id)).to.deep.equal(['session-2', 'session-1']);
  });

  it('does not take the same name of another issuer for somebody', async () => {
    const namesake = principal('alice', { issuer: 'https://other.example' });

    expect(await shelf().list(namesake)).to.deep.equal([]);
    expect(await shelf().find(namesake, 'session-1')).to.equal(undefined);
  });

  it('has no session for whoever may not read it, as if there were none', async () => {
    expect(await shelf().find(principal('alice'), 'session-2')).to.equal(undefined);
    expect(await shelf().find(auditor, 'session-3')).to.equal(undefined);
  });

  it('has the timeline and the records of one', async () => {
    const found = await shelf().find(principal('alice'), 'session-1');

    expect(found?.timeline.map(({ exchange }) => exchange)).to.deep.equal(['x1', 'x2']);
    expect(found?.records).to.have.lengthOf(3);
  });

  it('shares one reading among those who look at the same', async () => {
    const one = shelf();
    const { dataDir } = evidence;
    await one.find(auditor, 'session-1');
    await rename(dataDir, `${dataDir}-away`);

    const again = await one
      .find(auditor, 'session-1')
      .finally(() => rename(`${dataDir}-away`, dataDir));

    expect(again?.summary.id).to.equal('session-1');
  });

  it('reads anew after a while, and after a reading that failed', async () => {
    const one = shelf();
    const { dataDir } = evidence;
    await one.list(auditor);
    now += 60_000;
    await rename(dataDir, `${dataDir}-away`);

    const failed = await one.list(auditor).then(
      () => 'read',
      ({ code }) => code,
    );
    await rename(`${dataDir}-away`, dataDir);

    expect(failed).to.equal('unreadable');
    expect(await one.list(auditor)).to.have.lengthOf(2);
  });

  it('turns away more readers than it can serve one after the other', async () => {
    const one = shelf();
    const looks = Array.from({ length: 20 }, (_, n) => one.find(auditor, `session-${n}`));

    const answers = await Promise.allSettled(looks);
    const refused = answers.filter(({ status }) => status === 'rejected');

    expect(refused).to.have.lengthOf(4);
    expect(refused.every((each) => 'reason' in each && each.reason instanceof ShelfFault)).to.equal(
      true,
    );
    expect(await one.find(auditor, 'session-1')).to.not.equal(undefined);
  });
});
