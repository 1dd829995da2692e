// Pages about sessions: what they say, and that nobody sees what was said before it is on record.

import { expect } from 'chai';
import { LedgerFault } from '#core/evidence/ledger.ts';
import { ConsoleBench } from './console.testkit.ts';
import { type EvidenceFixture, writeEvidence } from './evidence.fixture.ts';

describe('pages about sessions', () => {
  let evidence: EvidenceFixture;
  let bench: ConsoleBench;
  before(async () => {
    evidence = await writeEvidence();
  });
  after(() => evidence.remove());
  afterEach(() => bench.close());

  async function start({ withKey }: { readonly withKey: boolean }): Promise<void> {
    const { dataDir, opener } = evidence;
    bench = await ConsoleBench.start({ dataDir, ...(withKey ? { opener } : {}) });
  }

  async function get(path: string, subject: string): Promise<{ status: number; text: string }> {
    const response = await bench.get(path, {
      cookie: (await bench.visit(subject)).cookie,
    });
    return { status: response.status, text: await response.text() };
  }

  it('are there for their own principal alone', async () => {
    await start({ withKey: false });

    const list = await get('/sessions', 'alice');
    const own = await get('/sessions/session-1', 'alice');
    const foreign = await get('/sessions/session-2', 'alice');

    expect(list.text).to.include('session-1').and.not.include('session-2');
    expect([own.status, foreign.status]).to.deep.equal([200, 404]);
  });

  it('say what is sealed, and record no viewing, without the key', async () => {
    await start({ withKey: false });

    const { text } = await get('/sessions/session-1', 'alice');
    const step = await get('/sessions/session-1/replay', 'alice');

    expect(text).to.include('this console was not given the recording key');
    expect(step.text).to.include('this console was not given the recording key');
    expect(text).to.not.include('[email]');
    expect(bench.records).to.deep.equal([]);
  });

  it('show what was said, as it was masked, once that is on record', async () => {
    await start({ withKey: true });

    const { text } = await get('/sessions/session-1', 'alice');

    expect(text).to.include('[email]').and.include('Redact: email at <code>/params/note</code>');
    expect(
      bench.records.map(({ type, principal, detail }) => [type, principal?.subject, detail]),
    ).to.deep.equal([['recording.viewed', 'alice', { viewed: 'session-1' }]]);
  });

  for (const path of ['/sessions/session-1', '/sessions/session-1/replay']) {
    it(`show nothing of what was said at ${path} when it cannot be put on record`, async () => {
      await start({ withKey: true });
      bench.appendFails = new LedgerFault('write_failed', 'the disk is full');

      const { status, text } = await get(path, 'alice');

      expect(status).to.equal(503);
      expect(text).to.include('cannot be opened now').and.not.include('[email]');
    });
  }

  it('put on record once who plays a session, though the script asks for each step', async () => {
    await start({ withKey: true });
    const alice = await bench.visit('alice');
    const id = await bench.ask('own');
    await bench.post(`/approvals/${id}`, alice, { act: 'cancel', reason: '' });
    const refresh = { cookie: alice.cookie, 'x-gatehouse-refresh': '1' };

    await bench.get('/sessions/session-1/replay', refresh);
    await bench.get('/sessions/session-1/replay', refresh);
    const next = await (await bench.get('/', { cookie: alice.cookie })).text();

    expect(bench.records.map(({ type }) => type)).to.deep.equal(['recording.viewed']);
    expect(next).to.include('Your request is cancelled.');
  });

  it('replay each step, and no step that is not there', async () => {
    await start({ withKey: true });

    const first = await get('/sessions/session-1/replay', 'alice');
    const last = await get('/sessions/session-1/replay?step=3', 'alice');
    const beyond = await get('/sessions/session-1/replay?step=4', 'alice');
    const odd = await get('/sessions/session-1/replay?step=-1', 'alice');

    expect(first.text).to.include('1 of 3').and.include('rel="next"').and.not.include('rel="prev"');
    expect(last.text).to.include('3 of 3').and.include('rel="prev"').and.not.include('rel="next"');
    expect([beyond.status, odd.status]).to.deep.equal([404, 200]);
  });
});
