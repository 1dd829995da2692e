// What a real process leaves behind when it is killed with kill -9, and what the next start and the
// verifier make of it: nothing acknowledged is lost, and what is dangling is named.

import { once } from 'node:events';
import { cp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { readCommit } from '#core/evidence/commit.ts';
import { type Verification, verifyEvidence } from '#core/evidence/verify.ts';
import {
  type LogPlace,
  newLogPlace,
  removeLog,
  runWriter,
  type Said,
  said,
  startWriter,
} from './crashed-log.fixture.ts';
import { openEvidence } from './evidence-source.ts';
import { readTrustedKeys } from './trust-key.ts';

describe('a gateway that was killed', function () {
  this.timeout(60_000);
  let place: LogPlace;

  beforeEach(async () => {
    place = await newLogPlace();
  });

  afterEach(() => removeLog(place));

  it('between intent and outcome leaves exactly that call dangling', async () => {
    await runWriter('between', place);

    const { verdict, problems, dangling, notes } = await verify(place);

    expect({ verdict, problems }).to.deep.equal({ verdict: 'verified', problems: [] });
    expect(dangling).to.have.lengthOf(1);
    expect(dangling[0]).to.deep.include({
      exchange: 'b2',
      seq: 4,
      effect: 'Allow',
      method: 'tools/call',
      target: 'tool:echo',
    });
    expect(dangling[0]?.principal).to.deep.include({ subject: 'alice' });
    expect(notes.map(({ code }) => code)).to.deep.equal(['lane_not_closed']);
  });

  it('in the middle of a write loses nothing that was acknowledged', async () => {
    const acknowledged = await runWriter('torn', place);

    const { verdict, dangling, notes } = await verify(place);

    expect(verdict).to.equal('verified');
    expect(dangling.map(({ exchange }) => exchange)).to.deep.equal(['c2']);
    expect(notes.map(({ code }) => code)).to.include('torn_tail');
    await expectAllThere(acknowledged, place);
  });

  it('has its end sealed by the next start, torn bytes and all', async () => {
    await runWriter('torn', place);
    await runWriter('closed', place);

    const { verdict, lanes, dangling, notes } = await verify(place);

    expect({ verdict, lanes, notes }).to.deep.equal({ verdict: 'verified', lanes: 2, notes: [] });
    expect(dangling.map(({ exchange }) => exchange)).to.deep.equal(['c2']);
  });

  it('at any moment, again and again, keeps every promise', async () => {
    const acknowledged: Said[] = [];
    for (const millis of [20, 60, 110, 170, 240]) {
      const child = startWriter('flood', place);
      child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), millis));
      acknowledged.push(...(await said(child)));
    }

    const { verdict, problems, lanes, intents, outcomes, dangling } = await verify(place);

    expect({ verdict, problems, lanes }).to.deep.equal({
      verdict: 'verified',
      problems: [],
      lanes: 5,
    });
    expect(dangling.length).to.equal(intents - outcomes);
    await expectAllThere(acknowledged, place);
    const answered = acknowledged.filter(({ type }) => type === 'outcome');
    const open = new Set(dangling.map(({ exchange }) => exchange));
    expect(answered.filter(({ exchange }) => open.has(exchange ?? ''))).to.deep.equal([]);
  });

  it('while it opened a lane leaves nothing that counts', async () => {
    await runWriter('closed', place);
    const lanes = join(place.dataDir, 'lanes');
    await writeFile(join(lanes, `000002-${'a'.repeat(26)}.jsonl.opening`), '{"from":1,"he');

    const before = await verify(place);
    await runWriter('closed', place);

    expect(before).to.deep.include({ verdict: 'verified', lanes: 1, notes: [] });
    expect((await verify(place)).verdict).to.equal('verified');
    expect(await readdir(lanes)).to.have.lengthOf(2);
  });

  it('by a power cut loses nothing, though blocks of its last writes are zeros', async () => {
    await runWriter('between', place);
    const [lane = ''] = await readdir(join(place.dataDir, 'lanes'));
    const zeros = Buffer.concat([Buffer.alloc(400), Buffer.from('"v":1}\n')]);
    await writeFile(join(place.dataDir, 'lanes', lane), zeros, { flag: 'a' });
    await writeFile(join(place.dataDir, 'checkpoints.jsonl'), zeros, { flag: 'a' });

    const before = await verify(place);
    await runWriter('closed', place);

    expect(before).to.deep.include({ verdict: 'verified', problems: [] });
    expect(await verify(place)).to.deep.include({ verdict: 'verified', notes: [] });
  });

  it('while it wrote a checkpoint goes on from the one before', async () => {
    await runWriter('between', place);
    const file = join(place.dataDir, 'checkpoints.jsonl');
    await writeFile(file, '{"head":"cut sho', { flag: 'a' });

    const before = await verify(place);
    await runWriter('closed', place);

    expect(before.verdict).to.equal('verified');
    expect((await verify(place)).verdict).to.equal('verified');
  });

  it('can be verified while it still lives', async () => {
    const child = startWriter('flood', place);
    await once(child.stdout, 'data');
    child.stdout.resume();

    const verdicts: string[] = [];
    for (let round = 0; round < 5; round += 1) {
      verdicts.push((await verify(place)).verdict);
    }
    child.kill('SIGKILL');
    await once(child, 'close');

    expect(new Set(verdicts)).to.deep.equal(new Set(['verified']));
  });
});

describe('a log that was rolled back before a start', function () {
  this.timeout(60_000);
  let place: LogPlace;

  beforeEach(async () => {
    place = await newLogPlace();
    await runWriter('closed', place);
    await cp(place.dataDir, `${place.dataDir}-old`, { recursive: true });
    await runWriter('closed', place);
    await rm(place.dataDir, { recursive: true });
  });

  afterEach(() => removeLog(place));

  it('says so for good, though its own checkpoints went back with it', async () => {
    await cp(`${place.dataDir}-old`, place.dataDir, { recursive: true });
    await runWriter('closed', place);

    const { verdict, problems } = await verify(place);

    expect(verdict).to.equal('tampered');
    const lost = problems.find(({ code }) => code === 'records_lost');
    expect(lost).to.deep.include({ seq: 1 });
    expect(lost?.file).to.match(/^lanes\/000002-/);
  });

  it('shows as another log beside the trust key when everything was deleted', async () => {
    await runWriter('closed', place);

    const { verdict, notes } = await verify(place);

    expect(verdict).to.equal('verified');
    expect(notes.map(({ code }) => code)).to.deep.equal(['other_logs']);
  });
});

async function verify(place: LogPlace): Promise<Verification> {
  const source = await openEvidence(place.dataDir, place.publicKeyFile);
  return verifyEvidence(source, await readTrustedKeys(place.publicKeyFile));
}

/** Every record a caller was told of is there, in its lane, under its number. */
async function expectAllThere(acknowledged: readonly Said[], place: LogPlace): Promise<void> {
  const there = new Set<string>();
  for (const lane of (await openEvidence(place.dataDir, undefined)).lanes) {
    for await (const line of lane.lines) {
      for (const { record } of readCommit(line)?.records ?? []) {
        there.add(keyOf(record));
      }
    }
  }
  const records = acknowledged.filter(({ type }) => type !== undefined);
  expect(records.length).to.be.greaterThan(0);
  expect(records.filter((record) => !there.has(keyOf(record)))).to.deep.equal([]);
}

function keyOf({ lane, seq, type, exchange }: Said): string {
  return `${lane}/${seq}/${type}/${exchange}`;
}
