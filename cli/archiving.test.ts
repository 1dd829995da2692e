// Evidence leaves Redis for an archive: nothing is lost on the way, wherever an archiver dies, and nothing goes that does
// not verify.

import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { intentDraft, outcomeDraft, tickingClock } from '#core/evidence/drafts.fixture.ts';
import type { RunningLedger } from '#core/evidence/running-ledger.ts';
import type { Verification } from '#core/evidence/verify.ts';
import { testRecorder, withRecording } from '#core/recordings/recordings.fixture.ts';
import type { TestLedger } from '#platform/redis/ledgers.fixture.ts';
import { ArchivingRig } from './archiving.testkit.ts';

describe('Evidence in Redis that is archived', () => {
  let rig: ArchivingRig;
  let one: TestLedger;
  const now = tickingClock();
  const { record } = testRecorder();
  let count = 0;

  beforeEach(async () => {
    count = 0;
    rig = await ArchivingRig.start();
    one = await rig.bench.open({ now, checkpointMillis: 10 });
  });

  afterEach(async () => {
    await one.ledger.close('test').catch(() => {});
    await rig.close();
  });

  /** Each with its checkpoint: what is not under one is not archived. */
  async function calls(ledger: RunningLedger, times: number): Promise<void> {
    for (let call = 0; call < times; call += 1) {
      count += 1;
      const exchange = `x${count}`;
      await ledger.append(...withRecording(intentDraft(exchange, now()), record(exchange)));
      const { seq } = await ledger.append(outcomeDraft(exchange, now()));
      await covered(seq);
    }
  }

  async function covered(seq: number): Promise<void> {
    const { checkpoints } = await rig.keys();
    for (;;) {
      const [last] = await rig.client.xrevrange(checkpoints, '+', '-', 'COUNT', 1);
      if (JSON.parse(last?.[1][1] ?? '{"seq":0}').seq >= seq) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  const kinds = async (round: ReturnType<ArchivingRig['round']>) =>
    (await round).logs.map(({ kind }) => kind);

  function summary({ verdict, problems, records, recordings, dangling }: Verification) {
    return { verdict, problems, records, recordings, dangling };
  }

  /** Everything that was ever written by `times` calls and the opening. */
  function all(times: number, others = 1) {
    return {
      verdict: 'verified',
      problems: [],
      records: 2 * times + others,
      recordings: { named: times, intact: times, missing: 0 },
      dangling: [],
    };
  }

  it('is all there, once as an archive and once with the Redis it came from', async () => {
    await calls(one.ledger, 5);

    expect(await kinds(rig.round())).to.deep.equal(['archived']);
    const archive = await rig.verifyArchive();
    const left = await rig.client.xlen(await rig.lane());
    await calls(one.ledger, 3);
    const both = await rig.verifyBoth();
    await rig.round();

    expect(summary(archive)).to.deep.equal(all(5));
    // The newest commit stays: a start that takes the log over must find it.
    expect(left).to.equal(1);
    expect(summary(both)).to.deep.equal(all(8));
    expect(summary(await rig.verifyArchive())).to.deep.equal(all(8));
    expect(await readdir(join(rig.folder, 'archive'))).to.deep.equal(['logs']);
  });

  it('says of a Redis alone what is in the archive, and still finds there what was changed since', async () => {
    await calls(one.ledger, 3);
    await rig.round();
    await calls(one.ledger, 3);

    const { verdict, problems } = await rig.verifyRedis();
    const lane = await rig.lane();
    const entries = await rig.client.xrange(lane, '-', '+');
    await rig.client.xdel(lane, entries.at(-3)?.[0] ?? '');
    const cut = await rig.verifyRedis();

    expect(verdict).to.equal('inconclusive');
    expect(problems.map(({ code }) => code)).to.deep.equal(['archive_not_given']);
    expect(problems[0]?.message).to.match(
      /^the first 7 records of this log, .* name it with --archive$/,
    );
    expect(cut.verdict).to.equal('tampered');
  });

  it('goes on through lanes that ended, and takes them out of Redis whole', async () => {
    await calls(one.ledger, 2);
    await one.ledger.close('done');
    await rig.round();
    one = await rig.bench.open({ now, checkpointMillis: 10 });
    await calls(one.ledger, 2);

    await rig.round();
    const { lanes } = await rig.keys();

    expect(await rig.client.zcard(lanes)).to.equal(1);
    expect(summary(await rig.verifyArchive())).to.deep.equal(all(4, 3));
    expect(summary(await rig.verifyBoth())).to.deep.equal(all(4, 3));
    expect((await rig.verifyArchive()).lanes).to.equal(2);
  });

  it('stays in Redis too for as long as it is to be kept there', async () => {
    await calls(one.ledger, 3);
    const before = await rig.client.xlen(await rig.lane());

    // The records of this test are of spring; a year is more than that.
    await rig.round({ keepMillis: 365 * 86_400_000 });
    const kept = await rig.client.xlen(await rig.lane());
    await rig.round({ keepMillis: 0 });

    expect(kept).to.equal(before);
    expect(await rig.client.xlen(await rig.lane())).to.equal(1);
    expect(summary(await rig.verifyBoth())).to.deep.equal(all(3));
  });

  it('is lost nowhere, at whichever step the archiver dies', async function () {
    this.timeout(60_000);
    let deaths = 0;
    for (let at = 1; ; at += 1) {
      await calls(one.ledger, 1);
      let left = at;
      const died = await rig
        .round({
          step: () => {
            left -= 1;
            if (left === 0) throw new Error('killed');
          },
        })
        .then(({ logs }) => logs.some(({ kind }) => kind === 'failed'));
      const both = await rig.verifyBoth();
      expect(summary(both), `killed at step ${at}`).to.deep.equal(all(count));
      if (!died) break;
      deaths += 1;
      expect((await rig.verifyArchive()).problems.map(({ code }) => code)).to.deep.equal(
        (await rig.verifyArchive()).records === 0 ? ['no_evidence'] : [],
      );
    }

    expect(deaths).to.be.above(8);
    expect(summary(await rig.verifyArchive())).to.deep.equal(all(count));
  });

  it('is never cut off when it does not verify, and somebody is told', async () => {
    await calls(one.ledger, 2);
    const lane = await rig.lane();
    const entries = await rig.client.xrange(lane, '-', '+');
    const [id, [, line = '']] = entries[1] ?? ['', []];
    await rig.client.xdel(lane, id);
    const before = await rig.client.xlen(lane);
    expect(line).to.include('intent');

    const [found] = (await rig.round()).logs;

    expect(found?.kind).to.equal('unverifiable');
    const codes = found?.kind === 'unverifiable' ? found.problems.map(({ code }) => code) : [];
    // The one when something follows in the same step, the other when not.
    expect(codes.join()).to.match(/sequence_broken|checkpoint_unmet/);
    expect(await rig.client.xlen(lane)).to.equal(before);
    expect(await rig.verifyArchive()).to.include({ records: 0 });
  });

  it('is tampered with when somebody else cuts it, also with a word of their own', async () => {
    await calls(one.ledger, 4);
    const lane = await rig.lane();
    const { archived } = await rig.keys();
    await rig.client.call('XTRIM', lane, 'MINID', '5');
    expect((await rig.verifyRedis()).verdict).to.equal('tampered');

    await rig.client.set(archived, '{"v":1}');

    const { verdict, problems } = await rig.verifyRedis();
    expect(verdict).to.equal('tampered');
    expect(problems.map(({ code }) => code)).to.include('marker_invalid');
    expect(await kinds(rig.round())).to.deep.equal(['unverifiable']);
  });

  it('is tampered with when more is cut off than the archive holds', async () => {
    await calls(one.ledger, 2);
    await rig.round();
    await calls(one.ledger, 3);
    const entries = await rig.client.xrange(await rig.lane(), '-', '+');

    await rig.client.call('XTRIM', await rig.lane(), 'MINID', entries.at(-2)?.[0] ?? '');

    expect((await rig.verifyBoth()).verdict).to.equal('tampered');
    expect((await rig.verifyRedis()).verdict).to.equal('tampered');
    expect(await kinds(rig.round())).to.deep.equal(['unverifiable']);
  });

  it('is archived by one archiver at a time in a folder, and by two in two without harm', async () => {
    await calls(one.ledger, 3);

    const same = await Promise.allSettled([rig.round(), rig.round()]);
    const codes = same.flatMap((each) => (each.status === 'rejected' ? [each.reason.code] : []));
    await calls(one.ledger, 3);
    const others = await kinds(rig.round({ folder: 'other' }));
    const again = await kinds(rig.round());

    expect(codes).to.deep.equal(['archive_locked']);
    // The other folder does not hold the beginning, and says so instead of cutting off.
    expect(others).to.deep.equal(['unverifiable']);
    expect(again).to.deep.equal(['archived']);
    expect(summary(await rig.verifyArchive())).to.deep.equal(all(6));
  });

  it('by two archivers that begin together is whole in at least one place, and cut off once', async () => {
    await calls(one.ledger, 4);

    await Promise.all([rig.round(), rig.round({ folder: 'other' })]);

    // Whichever did not see the newest checkpoint before the other cut there is the incomplete one.
    const both = [await rig.verifyBoth(), await rig.verifyBoth('other')];
    const whole = both.find(({ verdict }) => verdict === 'verified');
    expect(whole && summary(whole)).to.deep.equal(all(4));
  });

  it('of a gateway that died is sealed, archived and cut off', async () => {
    await calls(one.ledger, 2);
    one.client.disconnect();
    const { writer } = await rig.keys();
    await rig.client.del(writer);

    const early = await rig.round();
    const { sealed } = await rig.round({ deadAfterMillis: 0 });
    await rig.round();

    // Records of this test are of spring, and the Redis has only just begun.
    expect(early.sealed).to.equal(0);
    expect(sealed).to.equal(1);
    const { verdict, lanes, notes } = await rig.verifyArchive();
    expect({ verdict, lanes, notes }).to.deep.equal({ verdict: 'verified', lanes: 2, notes: [] });
    expect((await rig.round({ deadAfterMillis: 0 })).sealed).to.equal(0);
  });

  it('shows when the end of the archive was cut off, and is not archived over it', async () => {
    await calls(one.ledger, 2);
    await rig.round();
    const [log = ''] = await readdir(join(rig.folder, 'archive/logs'));
    const folder = join(rig.folder, 'archive/logs', log);
    const earlier = await readFile(join(folder, 'archived.json'));
    await calls(one.ledger, 2);
    await rig.round();

    const [lane = ''] = await readdir(join(folder, 'lanes'));
    await writeFile(join(folder, 'archived.json'), earlier);
    const rolledBack = await rig.verifyArchive();
    const over = await kinds(rig.round());
    await truncate(join(folder, 'lanes', lane), 10);
    const [damaged] = (await rig.round()).logs;

    expect(rolledBack.verdict).to.equal('tampered');
    expect(over).to.deep.equal(['unverifiable']);
    expect(damaged?.kind === 'failed' && String(damaged.error)).to.match(
      /restore it from a copy of the archive/,
    );
  });

  it('is passed over where a log has no name of a log', async () => {
    const { client, bench } = rig;
    await client.sadd(`gh:{${bench.namespace}/logs}:logs`, '../../../tmp/escape');

    const { logs } = await rig.round();

    expect(logs.find(({ log }) => log.startsWith('..'))?.kind).to.equal('failed');
    expect(logs.some(({ kind }) => kind === 'archived')).to.equal(true);
  });
});
