// What the verifier says of evidence whose bytes are in order: pairs, clocks, gaps between
// checkpoints, and where its own knowledge ends. Tampering is tested on files, in platform/file.

import { expect } from 'chai';
import { sealCheckpoint } from './checkpoint.ts';
import { intentDraft, outcomeDraft } from './drafts.fixture.ts';
import { type Commits, type FixedLog, fixedKey, fixedLog, sourceOfLog } from './log.fixture.ts';
import type { RecordDraft } from './record.ts';
import { NO_HASH, signatureKey, signerFor } from './signature.ts';
import { verifyEvidence } from './verify.ts';

describe('verifyEvidence', () => {
  function verify(log: FixedLog, anchors?: readonly string[]) {
    return verifyEvidence(sourceOfLog(log, anchors), [signatureKey(log.trust.publicKey)]);
  }

  /** Each draft a commit of its own, the last one checkpointed. */
  function logOf(drafts: readonly RecordDraft[]): FixedLog {
    const commits: Commits = drafts.map((draft) => [draft]);
    return fixedLog(commits, [commits.length - 1]);
  }

  it('counts intents and outcomes and pairs them', async () => {
    const verification = await verify(
      logOf([intentDraft('x1', at(1)), outcomeDraft('x1', at(2)), intentDraft('x2', at(3))]),
    );

    expect(verification).to.deep.include({ verdict: 'verified', intents: 2, outcomes: 1 });
    expect(verification.dangling.map(({ exchange, seq }) => [exchange, seq])).to.deep.equal([
      ['x2', 4],
    ]);
  });

  it('lists a dangling refusal with its effect, since nothing was forwarded', async () => {
    const decision = { effect: 'Deny', reason: 'no rule', policy: 'a'.repeat(64) } as const;

    const { dangling } = await verify(logOf([{ ...intentDraft('x1', at(1)), decision }]));

    expect(dangling[0]?.effect).to.equal('Deny');
  });

  const doubts = [
    {
      name: 'an outcome without its intent',
      drafts: [outcomeDraft('x1', at(1))],
      code: 'outcome_without_intent',
    },
    {
      name: 'a second outcome of one exchange',
      drafts: [intentDraft('x1', at(1)), outcomeDraft('x1', at(2)), outcomeDraft('x1', at(3))],
      code: 'outcome_without_intent',
    },
    {
      name: 'two open intents of one exchange',
      drafts: [intentDraft('x1', at(1)), intentDraft('x1', at(2))],
      code: 'intent_repeated',
    },
    {
      name: 'a type it does not know',
      drafts: [{ type: 'invented.later', ts: at(1) } as unknown as RecordDraft],
      code: 'record_type_unknown',
    },
  ];
  for (const { name, drafts, code } of doubts) {
    it(`cannot say verified of ${name}`, async () => {
      const { verdict, problems } = await verify(logOf(drafts));

      expect(verdict).to.equal('inconclusive');
      expect(problems.map((problem) => problem.code)).to.deep.equal([code]);
      expect(problems[0]).to.have.property('seq', drafts.length + 1);
    });
  }

  it('notes a clock that went back, and by how much', async () => {
    const drafts = [intentDraft('x1', at(40)), outcomeDraft('x1', at(3))];

    const { verdict, notes } = await verify(logOf(drafts));

    expect(verdict).to.equal('verified');
    const note = notes.find(({ code }) => code === 'clock_went_back');
    expect(note).to.deep.include({ seq: 3 });
    expect(note?.message).to.contain('37 s');
  });

  it('lets concurrent records be stamped a little out of order', async () => {
    const drafts = [intentDraft('x1', at(4)), intentDraft('x2', at(1))];

    const { notes } = await verify(logOf(drafts));

    expect(notes.map(({ code }) => code)).not.to.include('clock_went_back');
  });

  it('finds records that went on for long without a checkpoint', async () => {
    const commits = [
      [intentDraft('x1', at(1))],
      [intentDraft('x2', at(2))],
      [intentDraft('x3', at(45))],
    ];

    const { verdict, problems } = await verify(fixedLog(commits, [0]));

    expect(verdict).to.equal('tampered');
    expect(problems.map(({ code }) => code)).to.deep.equal(['tail_uncheckpointed']);
  });

  it('lets a lane that was killed after a quiet hour end without a checkpoint', async () => {
    const hour = '2026-03-01T13:00:00.000000Z';
    const commits = [[intentDraft('x1', at(1))], [outcomeDraft('x1', hour)]];

    const { verdict } = await verify(fixedLog(commits, [0]));

    expect(verdict).to.equal('verified');
  });

  it('holds the checkpoint from beside the trust key against the log', async () => {
    const log = logOf([intentDraft('x1', at(1)), outcomeDraft('x1', at(2))]);

    const { verdict, notes } = await verify(log, [`${log.checkpoints.at(-1)}\n`]);

    expect(verdict).to.equal('verified');
    expect(notes.map(({ code }) => code)).to.deep.equal(['lane_not_closed']);
  });

  it('says when no checkpoint of this log lies beside the trust key', async () => {
    const { verdict, notes } = await verify(logOf([intentDraft('x1', at(1))]), []);

    expect(verdict).to.equal('verified');
    expect(notes.map(({ code }) => code)).to.include('anchor_absent');
  });

  it('tells of other logs, whoever signed for them', async () => {
    const other = otherLogsCheckpoint();
    const log = logOf([intentDraft('x1', at(1))]);
    const mine = fixedLog([], []).checkpoints[0] ?? '';

    const { verdict, notes } = await verify(log, [mine, other(log.trust)]);
    const foreign = await verify(log, [mine, other(signerFor(fixedKey('0a'.repeat(32))))]);

    expect(verdict).to.equal('verified');
    expect(notes.map(({ code }) => code)).to.include('other_logs');
    expect(foreign.verdict).to.equal('verified');
  });

  it('has nothing to say of nothing', async () => {
    const source = { anchors: [], checkpoints: undefined, lanes: [], strays: [] };

    const { verdict, problems } = await verifyEvidence(source, [
      signatureKey(signerFor(fixedKey('01'.repeat(32))).publicKey),
    ]);

    expect(verdict).to.equal('inconclusive');
    expect(problems.map(({ code }) => code)).to.deep.equal(['no_evidence']);
  });

  it('names strange files without reading them', async () => {
    const source = { ...sourceOfLog(logOf([])), strays: ['lanes/notes.txt'] };

    const { notes } = await verifyEvidence(source, undefined);

    expect(notes.find(({ code }) => code === 'stray_file')?.file).to.equal('lanes/notes.txt');
  });

  it('bounds what it reports, and says how much more there was', async () => {
    const log = logOf([]);
    const lines = [...log.lines, ...Array.from({ length: 500 }, () => '{"forged":true}')];

    const { verdict, problems, notes } = await verify({ ...log, lines });

    expect(verdict).to.equal('tampered');
    expect(problems).to.have.lengthOf(200);
    expect(notes.at(-1)?.message).to.contain('300 more');
  });

  it('lists one of each kind, however many there are of another', async () => {
    const unpaired = Array.from({ length: 300 }, (_, index) => outcomeDraft(`x${index}`, at(1)));
    const log = logOf(unpaired);

    const { problems } = await verify({ ...log, lines: [...log.lines, '{"forged":true}'] });

    const codes = new Set(problems.map(({ code }) => code));
    expect([...codes]).to.include.members(['outcome_without_intent', 'line_invalid']);
  });

  const hostile = [
    { name: 'deep nesting', line: `${'['.repeat(100_000)}${']'.repeat(100_000)}` },
    { name: 'no JSON', line: 'hello' },
    { name: 'null', line: 'null' },
    { name: 'no records', line: '{"from":2,"head":"","lane":"","records":[],"sig":"","v":1}' },
    {
      name: 'a record that is none',
      line: '{"from":2,"head":"","lane":"","records":[7],"sig":"","v":1}',
    },
    { name: 'a float', line: '{"from":2.5,"head":"","lane":"","records":[{}],"sig":"","v":1}' },
    { name: 'a line without end', line: 'x'.repeat(4 * 1024 * 1024 + 1) },
  ];
  for (const { name, line } of hostile) {
    it(`is not confused by ${name}`, async () => {
      const log = logOf([intentDraft('x1', at(1))]);

      const { verdict, problems } = await verify({ ...log, lines: [...log.lines, line] });

      expect(verdict).to.equal('tampered');
      expect(problems[0]).to.have.property('line', 3);
    });
  }
});

function at(second: number): string {
  return `2026-03-01T12:00:${String(second).padStart(2, '0')}.000000Z`;
}

function otherLogsCheckpoint() {
  return (trust: FixedLog['trust']): string => {
    const name = 'b'.repeat(26);
    const key = signatureKey(trust.publicKey).id;
    const place = { log: name, lane: name, ordinal: 1, seq: 9, head: NO_HASH, records: 9 };
    return sealCheckpoint({ v: 1, n: 4, prev: NO_HASH, ts: at(9), key, ...place }, trust).line;
  };
}
