// A disk that is full, for real: calls are refused, the process lives, nothing half-written stays, and
// it recovers by itself when there is room.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { readCommit } from '#core/evidence/commit.ts';
import { verifyEvidence } from '#core/evidence/verify.ts';
import {
  type LogPlace,
  newLogPlace,
  removeLog,
  type Said,
  said,
  startWriter,
  writerCommand,
} from './crashed-log.fixture.ts';
import { openEvidence } from './evidence-source.ts';
import { CAN_LIMIT_FILE_SIZE, limitFileSize } from './file-size-limit.fixture.ts';
import { readTrustedKeys } from './trust-key.ts';

const CAN_MOUNT =
  spawnSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs none /mnt']).status === 0;

describe('a disk that is full', function () {
  this.timeout(60_000);
  let place: LogPlace;

  beforeEach(async () => {
    place = await newLogPlace();
  });

  afterEach(() => removeLog(place));

  it('refuses calls while files may not grow, and goes on when they may', async function () {
    if (!CAN_LIMIT_FILE_SIZE) {
      this.skip();
    }
    const child = startWriter('patient', place);
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    await next(answers);
    const pid = child.pid ?? 0;

    child.stdin.write('call\n');
    const good = [await next(answers), await next(answers)];
    // Room for the beginning of a line: the write is cut short in the middle.
    limitFileSize(pid, (await laneSize(place)) + 100);
    child.stdin.write('call\n');
    const refused = await next(answers);
    limitFileSize(pid, 'unlimited');
    child.stdin.write('call\n');
    const again = [await next(answers), await next(answers)];
    child.stdin.write('close\n');
    child.stdin.end();
    const [code] = await once(child, 'close');

    expect(good.map(({ type }) => type)).to.deep.equal(['intent', 'outcome']);
    expect(refused).to.deep.equal({ failed: 'write_failed', system: 'EFBIG', healthy: false });
    expect(again.map(({ type }) => type)).to.deep.equal(['intent', 'outcome']);
    expect(code).to.equal(0);
    expect(await typesIn(place)).to.deep.equal([
      'lane.open',
      'intent',
      'outcome',
      'degraded.enter',
      'degraded.exit',
      'intent',
      'outcome',
      'lane.close',
    ]);
    expect((await verify(place)).verdict).to.equal('verified');
  });

  it('recovers without anybody calling', async function () {
    if (!CAN_LIMIT_FILE_SIZE) {
      this.skip();
    }
    const child = startWriter('patient', place);
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    await next(answers);
    const pid = child.pid ?? 0;

    limitFileSize(pid, 1);
    child.stdin.write('call\n');
    await next(answers);
    limitFileSize(pid, 'unlimited');
    await untilRecorded('degraded.exit', place);
    child.stdin.end('close\n');
    await once(child, 'close');

    expect(await typesIn(place)).to.deep.equal([
      'lane.open',
      'degraded.enter',
      'degraded.exit',
      'lane.close',
    ]);
  });

  it('is survived when it is the file system that is full', async function () {
    if (!CAN_MOUNT) {
      this.skip();
    }
    // A file system of its own for --data, seen by the child alone.
    const mounted = { ...place, dataDir: join(place.folder, 'small') };
    const script = `mkdir -p "$1" && mount -t tmpfs -o size=256k none "$1" && shift && exec "$@"`;
    const command = writerCommand('full', { ...mounted, dataDir: join(mounted.dataDir, 'data') });
    const child = spawn('unshare', ['-rm', 'sh', '-c', script, 'sh', mounted.dataDir, ...command], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });

    const answers = await said(child);

    const faults = answers.filter(({ failed }) => failed !== undefined);
    expect(faults).to.have.lengthOf.greaterThan(10);
    for (const fault of faults) {
      const refused = { failed: 'write_failed', system: 'ENOSPC', healthy: false };
      expect(fault).to.deep.equal(refused);
    }
    expect(answers.filter(({ exchange }) => exchange === 'after')).to.have.lengthOf(2);
    const open = answers.filter(({ type }) => type === 'intent').length * 2;
    const both = answers.filter(({ type }) => type !== undefined).length;
    expect(answers.at(-1)).to.deep.equal({ verdict: 'verified', dangling: open - both });
  });
});

async function next(answers: AsyncIterator<string>): Promise<Said> {
  const { value, done } = await answers.next();
  if (done === true) {
    throw new Error('the process ended');
  }
  return JSON.parse(value);
}

async function laneSize({ dataDir }: LogPlace): Promise<number> {
  const { lanes } = await openEvidence(dataDir, undefined);
  return (await stat(join(dataDir, lanes[0]?.name ?? ''))).size;
}

async function typesIn(place: LogPlace): Promise<readonly string[]> {
  const types: string[] = [];
  for (const lane of (await openEvidence(place.dataDir, undefined)).lanes) {
    for await (const line of lane.lines) {
      types.push(...(readCommit(line)?.records ?? []).map(({ record }) => record.type));
    }
  }
  return types;
}

/** The test's own time limit ends this when it never comes. */
async function untilRecorded(type: string, place: LogPlace): Promise<void> {
  while (!(await typesIn(place)).includes(type)) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function verify(place: LogPlace) {
  const source = await openEvidence(place.dataDir, place.publicKeyFile);
  return verifyEvidence(source, await readTrustedKeys(place.publicKeyFile));
}
