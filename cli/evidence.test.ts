// `evidence verify` and `sessions` as their users meet them: exit codes, JSON keys, readable text.

import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { intentDraft, outcomeDraft, tickingClock } from '#core/evidence/drafts.fixture.ts';
import type { RecordDraft } from '#core/evidence/record.ts';
import { openFileLedger } from '#platform/file/ledger.ts';
import { loadTrustKey } from '#platform/file/trust-key.ts';
import { type Command, UsageError } from './command.ts';
import { evidenceVerify } from './evidence-verify.ts';
import { sessionsList, sessionsShow } from './sessions.ts';

describe('reading evidence from the command line', () => {
  let folder: string;
  let data: string;
  let trust: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-cli-'));
    data = join(folder, 'data');
    trust = join(folder, 'trust.pub');
    const now = tickingClock();
    const trustKey = await loadTrustKey(trust, data);
    const ledger = await openFileLedger({ dataDir: data, trustKey, version: '0.0.0-test', now });
    for (const draft of story(now)) {
      await ledger.append(draft);
    }
    await ledger.close('test');
  });

  after(() => rm(folder, { recursive: true, force: true }));

  async function run(command: Command, ...args: readonly string[]) {
    let stdout = '';
    let stderr = '';
    const code = await command.run(args, {
      stdout: (text) => {
        stdout += text;
      },
      stderr: (text) => {
        stderr += text;
      },
      env: {},
      stop: new AbortController().signal,
    });
    return { code, stdout, stderr };
  }

  describe('evidence verify', () => {
    it('exits 0 and says VERIFIED with the trust key', async () => {
      const { code, stdout } = await run(evidenceVerify, data, '--trust', trust);

      expect(code).to.equal(0);
      expect(stdout).to.contain('1 lane, 9 records, 3 intents, 2 outcomes, 1 dangling');
      expect(stdout).to.contain('VERIFIED');
      expect(stdout).not.to.contain('FAIL');
    });

    it('names the call whose outcome is unknown', async () => {
      const { stdout } = await run(evidenceVerify, data, '--trust', trust);

      expect(stdout).to.match(
        /outcome is unknown.*\n.*alice.*tools\/call tool:echo\\u\{9b\}2J, Allow/,
      );
    });

    it('exits 2 without the trust key, and says what is not established', async () => {
      const { code, stdout } = await run(evidenceVerify, data);

      expect(code).to.equal(2);
      expect(stdout).to.contain('internally consistent; signer and completeness not established');
    });

    it('prints one JSON object with --json', async () => {
      const { stdout } = await run(evidenceVerify, data, '--trust', trust, '--json');

      const result = JSON.parse(stdout);
      expect(Object.keys(result)).to.deep.equal([
        'verdict',
        'lanes',
        'records',
        'intents',
        'outcomes',
        'dangling',
        'problems',
      ]);
      expect(result).to.deep.include({ verdict: 'verified', lanes: 1, records: 9, problems: [] });
      expect(result.dangling[0]).to.deep.include({ exchange: 'x3', method: 'tools/call' });
    });

    it('does not let a record steer the terminal as JSON either', async () => {
      const { stdout } = await run(evidenceVerify, data, '--trust', trust, '--json');

      expect(stdout).not.to.contain('\u009b');
      expect(JSON.parse(stdout).dangling[0]).to.deep.include({ target: STEERING });
    });

    it('keeps notes beside the JSON, since its members are public', async () => {
      const renamed = join(folder, 'not-beside-its-anchor.pub');
      await writeFile(renamed, await readFile(trust));

      const { code, stdout, stderr } = await run(
        evidenceVerify,
        ...[data, '--trust', renamed, '--json'],
      );

      expect(code).to.equal(0);
      expect(JSON.parse(stdout).problems).to.deep.equal([]);
      expect(stderr).to.match(/^note: anchor_absent: /m);
    });

    it('exits 1 and says where when one byte differs', async () => {
      const copy = join(folder, 'copy');
      await mkdir(join(copy, 'lanes'), { recursive: true });
      const [lane = ''] = await readdir(join(data, 'lanes'));
      const bytes = await readFile(join(data, 'lanes', lane));
      bytes.writeUInt8(bytes.readUInt8(2000) ^ 1, 2000);
      await writeFile(join(copy, 'lanes', lane), bytes);
      await writeFile(
        join(copy, 'checkpoints.jsonl'),
        await readFile(join(data, 'checkpoints.jsonl')),
      );

      const { code, stdout } = await run(evidenceVerify, copy, '--trust', trust);

      expect(code).to.equal(1);
      expect(stdout).to.contain('TAMPERED').and.to.contain('FAIL');
      expect(stdout).to.match(new RegExp(`lanes/${lane}:\\d+`));
    });

    it('exits 2 for a directory that is not there', async () => {
      const { code, stdout } = await run(evidenceVerify, join(folder, 'none'), '--json');

      expect(code).to.equal(2);
      expect(JSON.parse(stdout)).to.deep.include({ verdict: 'inconclusive' });
      expect(JSON.parse(stdout).problems[0].message).to.contain('ENOENT');
    });

    it('exits 2 for a directory without evidence', async () => {
      const empty = await mkdtemp(join(folder, 'empty-'));

      const { code, stdout } = await run(evidenceVerify, empty, '--trust', trust);

      expect(code).to.equal(2);
      expect(stdout).to.contain('no_evidence');
      expect(stdout).not.to.contain('PASS');
    });

    it('exits 2 for a trust file that is none, and says what to give', async () => {
      const file = join(folder, 'no-key.pub');
      await writeFile(file, 'hello');

      const { code, stdout } = await run(evidenceVerify, data, '--trust', file);

      expect(code).to.equal(2);
      expect(stdout).to.contain('holds no public key');
    });
  });

  describe('sessions list', () => {
    it('shows who, since when, how many calls and how many denied', async () => {
      const { code, stdout } = await run(sessionsList, '--data', data);

      expect(code).to.equal(0);
      expect(stdout).to.match(/^SESSION +WHO +STARTED +LAST +CALLS +DENIED +UNKNOWN\n/);
      expect(stdout).to.match(/session-1 +alice \(https:\/\/idp.example\) with agent .* 3 +1 +1\n/);
      expect(stdout).to.match(/unproven-2026-03-01 +nobody proven/);
    });

    it('prints one JSON array with --json', async () => {
      const { stdout } = await run(sessionsList, '--data', data, '--json');

      const sessions = JSON.parse(stdout);
      expect(sessions.map(({ id }: { id: string }) => id)).to.deep.equal([
        'session-1',
        'unproven-2026-03-01',
      ]);
    });

    it('says what to name when the directory cannot be read', async () => {
      const act = run(sessionsList, '--data', join(folder, 'none'));

      const fault = await act.catch((error: unknown) => error);
      expect(fault).to.be.instanceOf(UsageError).with.property('message').that.contains('--data');
    });

    it('says so when nothing is recorded yet', async () => {
      const empty = await mkdtemp(join(folder, 'empty-'));

      const { stdout } = await run(sessionsList, '--data', empty);

      expect(stdout).to.equal('no sessions are recorded yet\n');
    });
  });

  describe('sessions show', () => {
    it('prints the timeline: time, who, what, decision, rule, outcome, milliseconds', async () => {
      const { code, stdout } = await run(sessionsShow, 'session-1', '--data', data);

      expect(code).to.equal(0);
      const [head, , titles, ...rows] = stdout.split('\n');
      expect(head).to.contain('3 calls, 1 denied, 1 with unknown outcome');
      expect(titles).to.match(/^TIME +WHO +METHOD +TARGET +DECISION +RULE +OUTCOME +MS$/);
      expect(rows[0]).to.match(/alice +tools\/call +tool:echo +Allow +demo\/read +ok +1.5$/);
      expect(rows[1]).to.match(/Deny +- +refused \(denied: no rule allows it\) +-$/);
      expect(rows[2]).to.match(/Allow +demo\/read +outcome unknown +-$/);
    });

    it('takes the beginning of an id, and prints JSON', async () => {
      const { stdout } = await run(sessionsShow, 'unproven', '--data', data, '--json');

      const { session, timeline } = JSON.parse(stdout);
      expect(session.id).to.equal('unproven-2026-03-01');
      expect(timeline).to.have.lengthOf(1);
    });

    it('does not let a record steer the terminal', async () => {
      const { stdout } = await run(sessionsShow, 'unproven', '--data', data);

      expect(stdout).not.to.contain('\u001b');
      expect(stdout).to.contain('\\u{1b}[2J');
    });

    it('exits 1 for an id that is not there', async () => {
      const { code, stderr } = await run(sessionsShow, 'nobody', '--data', data);

      expect(code).to.equal(1);
      expect(stderr).to.contain('sessions list');
    });
  });
});

/** A name of a tool that clears a terminal. */
const STEERING = 'tool:echo\u009b2J';

function story(now: () => string): readonly RecordDraft[] {
  const message = { method: 'tools/call', direction: 'toServer', sizeBytes: 120 } as const;
  const denied = { effect: 'Deny', reason: 'no rule allows it', policy: 'a'.repeat(64) } as const;
  const refused = { status: 'refused', refusal: 'denied', reason: 'no rule allows it' } as const;
  return [
    intentDraft('x1', now()),
    outcomeDraft('x1', now()),
    { ...intentDraft('x2', now()), decision: denied },
    { ...outcomeDraft('x2', now()), outcome: refused },
    {
      type: 'auth.failed',
      ts: now(),
      source: { address: '203.0.113.7\u001b[2J' },
      outcome: refused,
    },
    { ...intentDraft('x3', now()), message: { ...message, target: STEERING } },
    { type: 'policy.loaded', ts: now(), detail: { digest: 'a'.repeat(64) } },
  ];
}
