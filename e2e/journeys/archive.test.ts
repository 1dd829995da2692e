import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { Child } from '#e2e/servers/child.ts';
import { connectTo } from '#platform/redis/stores.fixture.ts';
import { type Replicas, rawCall, startReplicas } from './replicas.ts';
import { until } from './until.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/gatehouse', import.meta.url));

const MEMORY_BYTES = 6 * 1024 * 1024;
const MESSAGE_BYTES = 48 * 1024;
/** Each is recorded on its way there and back. */
const CALLS = 250;

// Issue 6, point 2: a Redis left running never fills up, and nothing of what leaves it is lost.
describe('a Redis that holds far less than is written', function () {
  this.timeout(90_000);
  let pair: Replicas;
  let archiver: Child;

  beforeEach(async () => {
    pair = await startReplicas(8, [], {}, { evidence: { record: 'Full' } });
    const admin = await connectTo(pair.redis.url);
    await admin.config('SET', 'maxmemory', String(MEMORY_BYTES));
    admin.disconnect();
    archiver = startArchiver();
  });

  afterEach(async () => {
    await archiver.stop();
    await pair.close();
  });

  const archive = () => join(pair.rig.directory, 'archive');

  function archiving(): readonly string[] {
    const redis = ['--redis', pair.redis.url, '--to', archive()];
    return ['evidence', 'archive', ...redis, '--trust-key', pair.one.trustKey];
  }

  function startArchiver(): Child {
    return new Child({ command: LAUNCHER, args: [...archiving(), '--every-seconds', '1'] });
  }

  async function report(...words: readonly string[]) {
    const trust = ['--trust', pair.one.trustKey];
    const { code, stdout, stderr } = await pair.rig.cli('evidence', 'verify', ...words, ...trust);
    return { code, text: stdout + stderr };
  }

  it('goes on for as long as somebody archives, also when that is killed; zero loss', async () => {
    let answered = 0;
    const clients = [pair.one, pair.two, pair.one].map(async (at) => {
      while (answered < CALLS) {
        const message = randomBytes((MESSAGE_BYTES / 4) * 3).toString('base64url');
        const { status, text } = await rawCall(pair.rig, at, 'echo', { message });
        if (status === 200 && text.includes(message)) answered += 1;
      }
    });
    for (const share of [0.2, 0.5]) {
      await until('calls that are answered', () => answered > CALLS * share, 60_000);
      archiver.kill('SIGKILL');
      await until('the archiver gone', () => archiver.hasExited);
      archiver = startArchiver();
    }
    await Promise.all(clients);
    const meanwhile = await report(pair.redis.url, '--archive', archive());
    await pair.one.close();
    await pair.two.close();
    await archiver.stop();
    const executed = pair.rig.server.journal.executions('echo');

    const both = await report(pair.redis.url, '--archive', archive());
    const alone = await report(pair.redis.url);
    const last = await pair.rig.cli(...archiving(), '--once');
    const archived = await report(archive());
    const sessions = await sessionsIn('--data', archive());
    const together = await sessionsIn('--redis', pair.redis.url, '--archive', archive());

    // Random text in base64 packs to three quarters, and is recorded twice.
    expect(executed * MESSAGE_BYTES * 1.5).to.be.above(2.5 * MEMORY_BYTES);
    expect(meanwhile.code, meanwhile.text).to.equal(0);
    expect(both.code, both.text).to.equal(0);
    expect(both.text).not.to.include('of them missing');
    expect(last.code, last.stderr).to.equal(0);
    expect(alone.code, alone.text).to.equal(2);
    expect(alone.text).to.include('archive_not_given').and.to.include('--archive');
    expect(archived.code, archived.text).to.equal(0);
    expect(sessions).to.equal(together);
    expect(sessions).to.be.at.least(executed);
  });

  /** How many calls they hold. */
  async function sessionsIn(...place: readonly string[]): Promise<number> {
    const { stdout } = await pair.rig.cli('sessions', 'list', ...place, '--json');
    const sessions: readonly { readonly calls: number }[] = JSON.parse(stdout);
    return sessions.reduce((sum, { calls }) => sum + calls, 0);
  }
});

describe('whoever starts an archiver', function () {
  this.timeout(60_000);
  let pair: Replicas;

  beforeEach(async () => {
    pair = await startReplicas(8);
  });

  afterEach(() => pair.close());

  it('hears what is missing, and what cannot be done', async () => {
    const { cli, directory } = pair.rig;
    const redis = ['--redis', pair.redis.url];
    const to = ['--to', join(directory, 'archive')];
    const key = ['--trust-key', pair.one.trustKey];

    const none = await cli('evidence', 'archive', ...to, ...key, '--once');
    const keyless = await cli(
      'evidence',
      'archive',
      ...redis,
      ...to,
      '--once',
      '--trust-key',
      '/none.pub',
    );
    const place = await cli(
      'evidence',
      'archive',
      ...redis,
      ...key,
      '--once',
      '--to',
      '/proc/archive',
    );
    const dead = await cli(
      'evidence',
      'archive',
      '--redis',
      'redis://127.0.0.1:1',
      ...to,
      ...key,
      '--once',
    );
    const done = await cli('evidence', 'archive', ...redis, ...to, ...key, '--once');
    const verified = await cli(
      'evidence',
      'verify',
      ...to.slice(1),
      ...key.map((each) => each.replace('-key', '')),
    );
    const wrong = await cli('evidence', 'verify', pair.redis.url, '--archive', directory);

    expect([none.code, keyless.code, place.code, dead.code, done.code]).to.deep.equal([
      64, 78, 78, 78, 0,
    ]);
    expect(none.stderr).to.include('--redis');
    expect(keyless.stderr).to.include('/none.pub');
    expect(place.stderr).to.include('name a folder this process may write');
    expect(dead.stderr).to.include('ECONNREFUSED');
    expect(verified.code, verified.stdout + verified.stderr).to.equal(0);
    expect(wrong.code).to.equal(64);
    expect(wrong.stderr).to.include('--archive: is no archive');
  });
});
