import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { CAN_LIMIT_FILE_SIZE, limitFileSize } from '#platform/file/file-size-limit.fixture.ts';
import { blobFile, recordingKeyOf, sessionsOf, show, timelineOf } from './recordings.ts';
import { type Rig, type Spec, startRig } from './rig.ts';
import { until } from './until.ts';
import { callTool, messageOf, modern, send } from './wire.ts';

const FULL: Spec = {
  evidence: { record: 'Full' },
  rules: [{ name: 'all', effect: 'Allow', match: { tools: ['*'] } }],
};
const EVIDENCE_UNAVAILABLE = -31002;

describe('recordings', () => {
  let rig: Rig<Fixture>;
  const call = async (message: string): Promise<void> => {
    await send(rig.url, modern(await rig.token(), callTool('echo', { message })));
  };
  beforeEach(async () => {
    rig = await startRig({ server: () => startModern(), specs: [FULL] });
    await call('first');
    await rig.concluded('tool:echo');
  });
  afterEach(() => rig?.close());

  it('are made only while the policy says so', async () => {
    await rig.activate({ rules: FULL.rules ?? [] });
    await call('second');
    await rig.concluded('tool:echo', 2);
    await rig.activate(FULL);
    await call('third');
    await rig.concluded('tool:echo', 3);

    const echoes = (await timelineOf(rig)).filter(({ target }) => target === 'tool:echo');

    expect(echoes.map(({ payload }) => payload !== undefined)).to.deep.equal([true, false, true]);
    expect(await loadedRecords(rig)).to.deep.equal(['Full', 'Metadata', 'Full']);
  });

  it('need the private key for reading alone: the gateway writes on without it', async () => {
    const key = join(rig.directory, 'elsewhere.key');
    await rename(recordingKeyOf(rig), key);
    await rig.gatehouse.close();
    await rig.restart();
    await call('second');
    await rig.concluded('tool:echo', 2);
    const [id = ''] = await sessionsOf(rig);

    const closed = await show(rig, id);
    const opened = await timelineOf(rig, 'alice', key);

    expect(closed.stdout).to.contain('--recording-key').and.not.to.contain('second');
    expect(opened.map(({ message }) => message?.text).join('')).to.contain('second');
  });

  it('do not open with another key, and both are named', async () => {
    const other = await startRig({ server: () => startModern(), specs: [FULL] });
    const foreign = await readFile(recordingKeyOf(other));
    await other.close();
    const key = join(rig.directory, 'foreign.key');
    await writeFile(key, foreign, { mode: 0o600 });
    const [id = ''] = await sessionsOf(rig);

    const { code, stdout, stderr } = await show(rig, id, '--recording-key', key);

    expect(code).to.equal(1);
    expect(stdout).to.contain('encrypted for another recording key').and.not.to.contain('first');
    expect(stderr).to.match(/recording key [0-9a-f]{16}…, and the one given is [0-9a-f]{16}…/);
  });

  it('are found when a byte of them changed, and missed when they are gone', async () => {
    await rig.gatehouse.close();
    const file = await blobFile(rig);
    const honest = await readFile(file);
    const verify = () =>
      rig.cli('evidence', 'verify', rig.data, '--trust', rig.gatehouse.trustKey, '--json');

    const before = await verify();
    const changed = Buffer.from(honest);
    changed.writeUInt8(changed.readUInt8(changed.length - 40) ^ 1, changed.length - 40);
    await writeFile(file, changed);
    const tampered = await verify();
    const [id = ''] = await sessionsOf(rig);
    const shown = await show(rig, id, '--recording-key', recordingKeyOf(rig));
    await rm(file);
    const shredded = await verify();

    expect(before.code).to.equal(0);
    expect(before.stderr).to.match(/^2 recordings$/m);
    expect(tampered.code).to.equal(1);
    expect(JSON.parse(tampered.stdout).problems[0].code).to.equal('recording_changed');
    expect(shown.stdout).to.contain('CHANGED since it was recorded');
    expect(shown.code).to.equal(1);
    expect(shredded.code).to.equal(0);
    expect(shredded.stderr).to.match(/^2 recordings, 2 of them missing$/m);
  });

  it('that cannot be written keep their call from happening, and then it goes on', async function () {
    if (!CAN_LIMIT_FILE_SIZE) this.skip();
    const { pid } = rig.gatehouse.child;
    const large = randomBytes(150_000).toString('base64');
    const ask = async (message: string) =>
      messageOf(await send(rig.url, modern(await rig.token(), callTool('echo', { message }))));
    // Room for many records, for no recording of that size.
    limitFileSize(pid, (await stat(await blobFile(rig))).size + 100_000);

    const executed = () => JSON.stringify(rig.server.journal.read().executed);
    const before = executed();
    const refused = await ask(large);
    const after = executed();
    limitFileSize(pid, 'unlimited');
    const { adminUrl } = rig.gatehouse;
    await until('ready again', async () => (await fetch(`${adminUrl}/readyz`)).status === 200);
    const answered = await ask(large);
    await rig.gatehouse.close();
    const trust = rig.gatehouse.trustKey;
    const verified = await rig.cli('evidence', 'verify', rig.data, '--trust', trust, '--json');

    expect(refused.error?.code).to.equal(EVIDENCE_UNAVAILABLE);
    expect(after).to.equal(before);
    expect(answered.result?.content?.[0]?.text).to.equal(large);
    expect(JSON.parse(verified.stdout).verdict).to.equal('verified');
    expect(verified.stderr).to.match(/^4 recordings$/m);
  });
});

describe('without recordings in the policy', () => {
  it('nothing of a message is kept', async () => {
    const rig = await startRig({
      server: () => startModern(),
      specs: [{ rules: FULL.rules ?? [] }],
    });
    await send(rig.url, modern(await rig.token(), callTool('echo', { message: 'x' })));
    await rig.concluded('tool:echo');

    const payloads = (await rig.records()).filter(({ payload }) => payload !== undefined);
    const isThere = existsSync(join(rig.data, 'recordings'));
    await rig.close();

    expect(payloads).to.deep.equal([]);
    expect(isThere).to.equal(false);
  });
});

async function loadedRecords(rig: Rig<Fixture>): Promise<readonly unknown[]> {
  const loaded = (await rig.records()).filter(({ type }) => type === 'policy.loaded');
  return loaded.map(({ detail }) => detail?.record);
}
