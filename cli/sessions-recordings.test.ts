// `sessions show` and `sessions replay` with recorded messages, as their users meet them.

import { chmod, cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { intentDraft, outcomeDraft, tickingClock } from '#core/evidence/drafts.fixture.ts';
import type { RecordDraft } from '#core/evidence/record.ts';
import { commitmentOf } from '#core/recordings/recording.ts';
import { testRecorder, withRecording } from '#core/recordings/recordings.fixture.ts';
import { openFileLedger } from '#platform/file/ledger.ts';
import { loadTrustKey } from '#platform/file/trust-key.ts';
import { type Command, UsageError } from './command.ts';
import { sessionsShow } from './sessions.ts';
import { sessionsReplay } from './sessions-replay.ts';

const ASKED =
  '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"big":12345678901234567890}}';
const ANSWERED = '{"jsonrpc":"2.0","id":1,"result":{"text":"[email] \u202e\u001b[2Jowned"}}';
const REDACTIONS = [{ detector: 'email', pointer: '/result/text', action: 'Redact' }];
const PROGRESS = '{"jsonrpc":"2.0","method":"notifications/progress","params":{}}';

describe('recorded messages on the command line', () => {
  let folder: string;
  let data: string;
  let key: string;
  let otherKey: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-cli-'));
    data = join(folder, 'data');
    key = join(folder, 'recording.key');
    otherKey = join(folder, 'other.key');
    const recorder = testRecorder();
    await writeKey(key, recorder.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await writeKey(otherKey, testRecorder().privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const trustKey = await loadTrustKey(join(folder, 'trust.pub'), data);
    const now = tickingClock();
    const ledger = await openFileLedger({ dataDir: data, trustKey, version: '0.0.0-test', now });
    const asked = recorder.record(ASKED);
    await ledger.append(...withRecording(intentDraft('x1', at(0)), asked));
    await ledger.append(...withRecording(progressDraft('x1', at(1)), recorder.record(PROGRESS)));
    const answered = recorder.record(ANSWERED, REDACTIONS);
    const masking = { redactions: REDACTIONS.map((each) => ({ ...each, count: 2 })) };
    const outcome = { ...intentDraft('x1', at(41)), ...outcomeDraft('x1', at(41)), masking };
    await ledger.append(...withRecording(outcome, answered));
    await ledger.append(intentDraft('x2', at(42)));
    await ledger.close('test');
  });

  after(() => rm(folder, { recursive: true, force: true }));

  async function run(
    command: Command,
    args: readonly string[],
    stop = new AbortController().signal,
    heard = (_stdout: string): void => {},
  ) {
    let stdout = '';
    let stderr = '';
    const where = args.includes('--data') ? [] : ['--data', data];
    const code = await command.run(['session-1', ...where, ...args], {
      stdout: (text) => {
        stdout += text;
        heard(stdout);
      },
      stderr: (text) => {
        stderr += text;
      },
      env: {},
      stop,
    });
    return { code, stdout, stderr };
  }

  it('are shown with the key, to the server and back, exactly and with what was masked', async () => {
    const { code, stdout } = await run(sessionsShow, ['--recording-key', key]);

    expect(code).to.equal(0);
    expect(stdout).to.match(/alice tools\/call tool:echo\n {2}->\n {4}\{\n/);
    expect(stdout).to.contain('"big": 12345678901234567890');
    expect(stdout).to.contain('redacted: email at /result/text (Redact, 2 times)');
    expect(stdout).to.match(/<- notifications\/progress\n {2}<-\n/);
  });

  it('are told of without the key as far as what was masked in them', async () => {
    const { stdout } = await run(sessionsShow, []);

    expect(stdout).to.contain('<-\n    redacted: email at /result/text (Redact, 2 times)');
    expect(stdout).to.not.contain('12345678901234567890');
  });

  it('do not steer the terminal, as text or as JSON', async () => {
    for (const args of [[], ['--json']]) {
      for (const command of [sessionsShow, sessionsReplay]) {
        const { stdout } = await run(command, [
          ...args,
          '--recording-key',
          key,
          ...atOnce(command),
        ]);

        expect(stdout).to.contain('owned');
        // biome-ignore lint/suspicious/noControlCharactersInRegex: finding these is the purpose.
        expect(stdout).not.to.match(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
      }
    }
  });

  it('come whole in JSON, with the salt that proves them', async () => {
    const { stdout } = await run(sessionsShow, ['--recording-key', key, '--json']);

    const [entry] = JSON.parse(stdout).timeline;
    expect(entry.message).to.deep.include({ kind: 'shown', text: ASKED, redactions: [] });
    expect(entry.answer).to.deep.include({ text: ANSWERED, redactions: REDACTIONS });
    const salt = Buffer.from(entry.answer.salt, 'hex');
    expect(commitmentOf(salt, Buffer.from(entry.answer.text))).to.equal(
      entry.answerPayload.commitment,
    );
  });

  it('stay closed without the key, and the reader is told how to see them', async () => {
    for (const command of [sessionsShow, sessionsReplay]) {
      const { code, stdout } = await run(command, atOnce(command));

      expect(code).to.equal(0);
      expect(stdout).to.contain('--recording-key gatehouse-trust.recording.key');
      expect(stdout).not.to.contain('jsonrpc');
    }
  });

  it('stay closed with another key, and both keys are named', async () => {
    for (const command of [sessionsShow, sessionsReplay]) {
      const { code, stdout, stderr } = await run(command, [
        '--recording-key',
        otherKey,
        ...atOnce(command),
      ]);

      expect(code).to.equal(1);
      expect(stdout).to.contain('encrypted for another recording key');
      expect(stderr).to.match(/encrypted for recording key [0-9a-f]{16}…, and the one given is /);
    }
  });

  it('are said to be gone when their file is', async () => {
    const away = await mkdtemp(join(folder, 'copy-'));
    await copyLanes(data, away);

    const { code, stdout } = await run(sessionsShow, ['--recording-key', key, '--data', away]);

    expect(code).to.equal(0);
    expect(stdout).to.contain('shredded, or not in this directory');
  });

  it('are not asked for with a file that is no key', async () => {
    const none = join(folder, 'none.key');
    await writeKey(none, 'hello');

    for (const file of [none, join(folder, 'absent.key')]) {
      const fault = await run(sessionsShow, ['--recording-key', file]).catch((error) => error);

      expect(fault).to.be.instanceOf(UsageError);
      expect(String(fault)).to.contain('--recording-key').and.to.contain(file);
    }
  });

  describe('replayed', () => {
    it('step through what was sent and received, with the time since the start', async () => {
      const { code, stdout } = await run(sessionsReplay, ['--recording-key', key, '--speed', '0']);

      expect(code).to.equal(0);
      const heads = stdout.split('\n').filter((line) => /^ *\+/.test(line));
      expect(heads.map((line) => line.trim())).to.deep.equal([
        '+0.000s -> alice tools/call tool:echo: Allow by demo/read',
        '+1.000s <- notifications/progress',
        '+41.000s <- alice tools/call tool:echo: ok after 1.5 ms',
        '+42.000s -> alice tools/call tool:echo: Allow by demo/read',
      ]);
    });

    it('print one JSON object per step, without waiting', async () => {
      const { stdout } = await run(sessionsReplay, ['--recording-key', key, '--json']);

      const steps = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(steps.map(({ direction }) => direction)).to.deep.equal([
        'toServer',
        'toClient',
        'toClient',
        'toServer',
      ]);
      expect(steps.map(({ message }) => message?.text)).to.deep.equal([
        ASKED,
        PROGRESS,
        ANSWERED,
        undefined,
      ]);
    });

    it('cut long pauses short, say so, and end at once when interrupted', async () => {
      const stop = new AbortController();
      const words = ['--recording-key', key, '--speed', '10'];

      const { code, stdout } = await run(sessionsReplay, words, stop.signal, (said) => {
        // Once it waits.
        if (said.includes('s pass')) setImmediate(() => stop.abort());
      });

      expect(code).to.equal(130);
      expect(stdout).to.contain('… 40.0 s pass');
      expect(stdout).to.contain('+1.000s');
      expect(stdout).not.to.contain('+41');
    });
  });
});

/** Replaying waits unless it is told not to. */
function atOnce(command: Command): readonly string[] {
  return command === sessionsReplay ? ['--speed', '0'] : [];
}

async function writeKey(file: string, pem: string | Buffer): Promise<void> {
  await writeFile(file, pem);
  await chmod(file, 0o600);
}

function progressDraft(exchange: string, ts: string): RecordDraft {
  return {
    type: 'stream.message',
    ts,
    exchange,
    session: 'session-1',
    message: { method: 'notifications/progress', direction: 'toClient', sizeBytes: 60 },
    decision: { effect: 'Allow', rule: 'plumbing', policy: 'a'.repeat(64) },
  };
}

function at(second: number): string {
  return `2026-03-01T13:00:${String(second).padStart(2, '0')}.250000Z`;
}

async function copyLanes(from: string, to: string): Promise<void> {
  for (const name of await readdir(from)) {
    if (name !== 'recordings') await cp(join(from, name), join(to, name), { recursive: true });
  }
}
