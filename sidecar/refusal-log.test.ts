import { expect } from 'chai';
import type { RecordDraft } from '#core/evidence/record.ts';
import type { RefusalCode } from '#core/refusal.ts';
import { MemoryLedger } from '#platform/memory/ledger.ts';
import type { Clock } from '#platform/process/clock.ts';
import { RefusalLog } from '#platform/process/refusal-log.ts';

const TIME = '2026-11-28T12:00:00.000000Z';

function refusal(code: RefusalCode, subject?: string): Omit<RecordDraft, 'ts'> {
  const principal = subject === undefined ? {} : { principal: { issuer: 'i', subject } };
  const outcome = { status: 'refused', refusal: code, reason: 'x' } as const;
  return { type: 'message.refused', ...principal, outcome };
}

function setUp() {
  let seconds = 0;
  const ledger = new MemoryLedger({ version: '0', now: () => TIME });
  const clock = { epochSeconds: () => seconds, timestamp: () => TIME } as Clock;
  const texts = () => ledger.lines.join('\n');
  return {
    ledger,
    log: new RefusalLog(ledger, clock),
    pass: (more: number) => {
      seconds += more;
    },
    count: (text: string) => texts().split(text).length - 1,
  };
}

describe('the log of refusals', () => {
  it('writes each of them down, up to a rate, and the rest as a sum', async () => {
    const { log, pass, count } = setUp();
    for (let i = 0; i < 250; i += 1) await log.record(refusal('token_missing'));
    const atOnce = count('"refusal":"token_missing"');

    pass(1);
    for (let i = 0; i < 30; i += 1) await log.record(refusal('json_invalid'));
    await log.flush();

    expect(atOnce).to.equal(200);
    expect(count('"refusal":"json_invalid"')).to.equal(20);
    expect(count('"detail":{"json_invalid":10,"token_missing":50}')).to.equal(1);
  });

  it('holds a proven caller to the same rate, under its own name, and no one else', async () => {
    const { log, count } = setUp();
    for (let i = 0; i < 201; i += 1) await log.record(refusal('json_invalid', 'mallory'));

    await log.record(refusal('json_invalid', 'alice'));
    await log.record(refusal('token_missing'));
    await log.flush();

    expect(count('"subject":"mallory"')).to.equal(201);
    expect(count('"detail":{"json_invalid":1}')).to.equal(1);
    expect(count('"subject":"alice"')).to.equal(1);
    expect(count('"refusal":"token_missing"')).to.equal(1);
  });

  it('says later what could not be written now', async () => {
    const { ledger, log, count } = setUp();
    for (let i = 0; i < 201; i += 1) await log.record(refusal('json_invalid', 'mallory'));
    ledger.failWith(new Error('full'));
    await log.flush();

    ledger.failWith(undefined);
    await log.flush();

    expect(count('"detail":{"json_invalid":1}')).to.equal(1);
  });

  it('says nothing where nothing was counted', async () => {
    const { log, ledger } = setUp();
    const before = ledger.lines.length;

    await log.flush();

    expect(ledger.lines.length).to.equal(before);
  });
});
