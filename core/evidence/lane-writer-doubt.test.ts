// A write whose answer never came: it comes again, byte for byte, before anything else, and its calls were
// refused.

import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import { MAX_LINE_BYTES, parseCommit, type SealedCommit } from './commit.ts';
import { intentDraft, outcomeDraft, tickingClock } from './drafts.fixture.ts';
import { CommitInDoubt, LaneWriter } from './lane-writer.ts';
import { openLane } from './open-lane.ts';
import type { StoredRecord } from './parse-record.ts';
import { signerFor } from './signature.ts';

describe('a lane whose write is in doubt', () => {
  const now = tickingClock();
  let sent: string[];
  /** How the next writes end. */
  let ends: ('arrives' | 'in doubt' | 'refused')[];
  let writer: LaneWriter;

  beforeEach(() => {
    sent = [];
    ends = [];
    const signer = signerFor(generateKeyPairSync('ed25519').privateKey);
    const trust = { id: 'a'.repeat(64), signer };
    const start = openLane({ signer, trust, bootNonce: '0', version: '0', startedAt: now() });
    const write = async ({ line }: SealedCommit) => {
      sent.push(line);
      const end = ends.shift() ?? 'arrives';
      if (end === 'in doubt') throw new CommitInDoubt('ETIMEDOUT');
      if (end === 'refused') throw new Error('full');
    };
    writer = new LaneWriter({ ...start, signer, now, sink: { write } });
  });

  const append = (exchange: string) => writer.append(intentDraft(exchange, now()));
  const faultOf = (doing: Promise<unknown>) =>
    doing.then(
      () => 'none',
      ({ code }) => code,
    );

  it('sends the same bytes again before anything else, however often it takes', async () => {
    ends = ['in doubt', 'in doubt', 'refused'];

    const faults = [
      await faultOf(append('x1')),
      await faultOf(append('x2')),
      await faultOf(append('x3')),
    ];
    const receipt = await append('x4');

    expect(faults).to.deep.equal(['write_failed', 'write_failed', 'write_failed']);
    const [first, ...others] = sent;
    expect(others.slice(0, 3)).to.deep.equal([first, first, first]);
    expect(sent).to.have.length(5);
    expect(receipt.seq).to.equal(6);
  });

  it('gives each call that was refused its outcome, once, and says what was refused', async () => {
    ends = ['in doubt', 'arrives', 'refused'];

    await faultOf(append('x1'));
    await faultOf(append('x2'));
    await append('x3');
    await append('x4');

    const records = sent.filter((line, index) => sent.indexOf(line) === index).flatMap(recordsOf);
    const about = (exchange: string) =>
      records.filter((record) => record.exchange === exchange).map(({ type }) => type);
    expect(about('x1').at(0)).to.equal('intent');
    const last = recordsOf(sent.at(-2) ?? '');
    expect(last.map(({ type }) => type)).to.deep.equal([
      'outcome',
      'degraded.enter',
      'degraded.exit',
      'intent',
    ]);
    expect(last[0]?.exchange).to.equal('x1');
    expect(last[0]?.outcome).to.include({ status: 'refused', refusal: 'evidence_unavailable' });
    expect(writer.healthy).to.equal(true);
  });

  it('adds nothing to an outcome that was in doubt: it is one', async () => {
    ends = ['in doubt'];

    await faultOf(writer.append(outcomeDraft('x1', now())));
    await append('x2');

    const outcomes = recordsOf(sent.at(-1) ?? '').filter(({ type }) => type === 'outcome');
    expect(outcomes).to.deep.equal([]);
  });

  it('owes an outcome that was refused: it is there as soon as anything is, and says so', async () => {
    await append('x1');
    ends = ['refused', 'refused'];

    await faultOf(writer.append(outcomeDraft('x1', now())));
    await faultOf(append('x2'));
    await append('x3');

    const last = recordsOf(sent.at(-1) ?? '');
    expect(last.map(({ type }) => type)).to.deep.equal([
      'outcome',
      'degraded.enter',
      'degraded.exit',
      'intent',
    ]);
    expect(last[0]).to.include({ exchange: 'x1' });
    expect(last[0]?.outcome).to.include({ status: 'withheld', refusal: 'evidence_unavailable' });
    expect(last[0]?.outcome?.reason).to.equal('the outcome (ok) could not be recorded in time');
  });

  it('pays once what it owes, also when that is in doubt', async () => {
    await append('x1');
    ends = ['refused', 'in doubt'];

    await faultOf(writer.append(outcomeDraft('x1', now())));
    await faultOf(append('x2'));
    await append('x3');

    const lines = sent.slice(2).filter((line, index, all) => all.indexOf(line) === index);
    const ended = lines.flatMap(recordsOf).filter(({ type }) => type === 'outcome');
    expect(ended.map(({ exchange }) => exchange)).to.deep.equal(['x1', 'x2']);
  });

  it('pays more than a line bears on several, and all of it before the lane ends', async () => {
    const calls = Array.from({ length: 2500 }, (_, index) => `x${index}`);
    const session = 's'.repeat(2000);
    await Promise.all(calls.map(append));
    ends = Array.from({ length: 20 }, () => 'refused');
    await Promise.all(
      calls.map((each) => faultOf(writer.append({ ...outcomeDraft(each, now()), session }))),
    );
    ends = ['refused', 'in doubt'];
    await faultOf(append('y1'));
    await faultOf(append('y2'));
    const refused = sent.length - 1;

    await writer.close({ type: 'lane.close', ts: now(), detail: { reason: 'stopped' } });

    const lines = sent.slice(refused).filter((line, index, all) => all.indexOf(line) === index);
    const records = lines.flatMap(recordsOf);
    const ended = records.filter(({ type }) => type === 'outcome').map((each) => each.exchange);
    expect(Math.max(...sent.map((line) => line.length))).to.be.below(MAX_LINE_BYTES);
    expect(ended.filter((each) => each?.startsWith('x'))).to.deep.equal(calls);
    expect(records.at(-1)?.type).to.equal('lane.close');
  });

  it('owes none where the intent was refused as well', async () => {
    ends = ['refused'];

    const intent = faultOf(append('x1'));
    const outcome = faultOf(writer.append(outcomeDraft('x1', now())));
    expect(await Promise.all([intent, outcome])).to.deep.equal(['write_failed', 'write_failed']);
    await append('x2');

    const exchanges = recordsOf(sent.at(-1) ?? '').map(({ exchange }) => exchange);
    expect(exchanges).not.to.include('x1');
  });
});

function recordsOf(line: string): readonly StoredRecord[] {
  const parsed = parseCommit(line);
  return parsed.ok ? parsed.commit.records.map(({ record }) => record) : [];
}
